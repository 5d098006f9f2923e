import type { Clock } from '@lamella/service-core';
import type { RateLimitDecision } from './gcra.ts';
import type { RateLimitRuleOptions, RateLimitStore } from './rate-limit-store.ts';

/** Options of `rateLimitLayer`: a rate, or a store that has one. */
export interface RateLimitLayerOptions<in Input = unknown> extends RateLimitRuleOptions {
  /** Whose limit an input counts against. Default: one limit for all. */
  readonly key?: (input: Input) => string | undefined;
  /** What happens to an input whose key is `undefined`. Default `'deny'`. */
  readonly missingKey?: 'allow' | 'deny';
  /** What an input takes, greater than 0. Default: 1 each. */
  readonly cost?: (input: Input) => number;
  /** Most keys that are remembered, an integer of at least 1 or `Infinity`; not with `store`. Default 10_000. */
  readonly maxKeys?: number;
  /** What happens to an input that comes too fast. Default `'fail'`. */
  readonly onLimit?: 'fail' | 'wait';
  /** Longest wait with `onLimit: 'wait'`, in milliseconds, greater than 0. Default 10_000. */
  readonly maxWaitMs?: number;
  /** Most inputs that wait, over all keys, an integer of at least 1 or `Infinity`. Default 1_000. */
  readonly maxQueued?: number;
  /** Where the state is kept. It has a rule of its own, so it excludes the rate. Default: this process. */
  readonly store?: RateLimitStore;
  /** What a store that fails or is too slow means for a call. Default `'allow'`. */
  readonly onStoreError?: 'allow' | 'deny';
  /** Longest time the store may take, in milliseconds, greater than 0. Default 250. */
  readonly storeTimeoutMs?: number;
  /** Called each time the store fails or is too slow. Default: nothing; see the gauge `storeFailures`. */
  readonly onStoreFailure?: (error: unknown) => void;
  /** Called once for each input that has a key, with the first decision on it, such as to tell what remains. Default: nothing. */
  readonly onDecision?: (told: { readonly input: Input; readonly decision: RateLimitDecision }) => void;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}
