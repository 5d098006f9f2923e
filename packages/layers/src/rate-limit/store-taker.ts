import type { Clock } from '@lamella/service-core';
import { AbortScope, isCancellation, TimeoutError } from '@lamella/service-core';
import type { RateLimitDecision } from './gcra.ts';
import { RateLimitError } from './rate-limit-error.ts';
import type { RateLimitStore } from './rate-limit-store.ts';

/** What a {@link StoreTaker} needs, all set and checked. */
export interface StoreTakerOptions {
  /** Who decides. */
  readonly store: RateLimitStore;
  /** What a store that can't tell means. */
  readonly onStoreError: 'allow' | 'deny';
  /** Longest time that the store may take, in milliseconds. */
  readonly storeTimeoutMs: number;
  /** Hears of each failure of the store. */
  readonly onStoreFailure: (error: unknown) => void;
  /** Source of timers. */
  readonly clock: Clock;
}

/** Asks a store that may be slow or gone, for so long and no longer. */
export class StoreTaker {
  readonly #options: StoreTakerOptions;
  #failures = 0;

  constructor(options: StoreTakerOptions) {
    this.#options = options;
  }

  /** How often the store could not tell. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Takes, or says what the option says if the store can't tell.
   *
   * @throws RateLimitError `LML_ERR_LIMIT` with the reason `'store'`. Rejects with the reason of `caller` if that aborts.
   */
  async take(key: string, cost: number, caller: AbortScope | undefined): Promise<RateLimitDecision> {
    const { store, onStoreError, storeTimeoutMs, onStoreFailure, clock } = this.#options;
    const scope = new AbortScope(caller);
    const timer = clock.startTimer(storeTimeoutMs, () =>
      scope.abort(new TimeoutError({ limit: 'storeTimeoutMs', timeoutMs: storeTimeoutMs })),
    );
    try {
      return await scope.race(store.take(key, cost, scope.signal));
    } catch (error) {
      if (caller !== undefined && isCancellation({ scope: caller }, error)) throw error;
      this.#failures++;
      onStoreFailure(error);
      if (onStoreError === 'deny') throw new RateLimitError({ reason: 'store', rule: store.rule, cost, cause: error });
      return UNKNOWN_BUT_ALLOWED;
    } finally {
      timer.cancel();
      scope.close();
    }
  }
}

const UNKNOWN_BUT_ALLOWED: RateLimitDecision = { allowed: true, remaining: 0, retryAfterMs: 0, resetMs: 0 };
