import type { AbortScope, ExtensionKey, ExtensionStore, Extensions } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** An input that can be tried more than once: its store can be forked for each attempt. Every request is one. */
export interface Attemptable<Self> {
  /** Side data of the input; each attempt gets a store below it. */
  readonly extensions: ExtensionStore<never, never, 'attempt'>;
  /** Cancellation of the input. */
  readonly scope: AbortScope;
  /** Makes a variant with another scope or store. */
  fork(options: AttemptForkOptions): Self;
}

/** What changes in a fork for an attempt; what is left out stays shared with the original. */
export interface AttemptForkOptions {
  /** Scope of the fork. */
  readonly scope?: AbortScope;
  /** Store of the fork. */
  readonly extensions?: Extensions<'attempt'>;
}

/**
 * Number of the attempt that an input belongs to, counted from 1; `retryLayer` and `hedgeLayer` write it.
 *
 * @remarks
 * A key of requests, so that services for requests can read it. It is written to the store of the attempt alone: the
 * caller's input has none.
 */
export const AttemptNumber: ExtensionKey<number, 'request'> = extensionKey('layers/attempt-number', {
  scope: 'request',
});

/**
 * The input of one attempt, with a store of its own.
 *
 * @remarks
 * The store always forks from that of the caller's input, also where `input` is a variant that carries another one: so
 * nothing that an earlier attempt wrote can be seen.
 *
 * @param input - What the attempt is made of.
 * @param caller - The input as the layer got it.
 */
export function attemptInput<Input extends Attemptable<Input>>(
  input: Input,
  caller: Attemptable<Input>,
  attempt: number,
  scope: AbortScope = caller.scope,
): Input {
  const extensions = caller.extensions.fork('attempt');
  extensions.insert(AttemptNumber, attempt);
  return input.fork({ extensions, scope });
}
