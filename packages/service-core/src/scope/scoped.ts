import type { Extensions } from '../extensions/extension-store.ts';
import type { Scope } from '../extensions/scope.ts';
import type { AbortScope } from './abort-scope.ts';

/** What changes in a {@link Scoped.fork}; what is left out stays shared with the original. */
export interface ForkOptions<S extends Scope = never> {
  /** Scope of the fork. The cheap form, used by layers. */
  readonly scope?: AbortScope;
  /** Signal of the fork, where only a standard `AbortSignal` is at hand. Ignored if `scope` is given. */
  readonly signal?: AbortSignal;
  /** Store of the fork, usually a fork of the original's store. */
  readonly extensions?: Extensions<S>;
}

/**
 * An input that crosses layers: it carries its side data and its cancellation with it.
 *
 * @remarks
 * `S` names the scopes of its store: an HTTP request is a `Scoped<HttpRequest, 'request'>`. Layers that
 * do not touch the store ask for `Scoped<Self>`, which any such input is.
 */
export interface Scoped<Self, S extends Scope = never> {
  /** Side data of this input; see {@link Extensions}. */
  readonly extensions: Extensions<S>;
  /** Cancellation of this input, for layers. */
  readonly scope: AbortScope;
  /** Cancellation of this input as a standard signal, made at the first read. Fires on cancellation only. */
  readonly signal: AbortSignal;
  /** Makes a variant. @returns The same input with another scope or store; everything else is shared. */
  fork(options: ForkOptions<S>): Self;
}
