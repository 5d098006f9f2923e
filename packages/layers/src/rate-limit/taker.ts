import type { AbortScope, Clock } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { requireCount, requireFunction, requireOneOf, requirePositive } from '../shared/checks.ts';
import { guardedHook } from '../shared/guarded-hook.ts';
import type { RateLimitDecision, RateLimitRule } from './gcra.ts';
import { KeyedBuckets } from './keyed-buckets.ts';
import type { RateLimitLayerOptions } from './rate-limit-options.ts';
import { toRateLimitRule } from './rate-limit-rule.ts';
import { StoreTaker } from './store-taker.ts';

/** One way to ask, whoever decides. */
export interface Taker {
  /** What is enforced. */
  readonly rule: RateLimitRule;
  /** Keys that are remembered in this process. */
  readonly keys: number;
  /** How often nobody could tell. */
  readonly failures: number;
  /** Takes; rejects with the reason of `caller` if that aborts. */
  readonly take: (
    key: string,
    cost: number,
    caller: AbortScope | undefined,
  ) => RateLimitDecision | Promise<RateLimitDecision>;
}

/** The way that the options ask for. @throws {@link UsageError} if one of them is out of range. */
export function takerOf<KeyInput>(options: RateLimitLayerOptions<KeyInput>, clock: Clock): Taker {
  const { store, onStoreError = 'allow', storeTimeoutMs = 250, onStoreFailure = ignore, maxKeys = 10_000 } = options;
  requireOneOf('onStoreError', onStoreError, ['allow', 'deny']);
  requirePositive('storeTimeoutMs', storeTimeoutMs);
  requireFunction('onStoreFailure', onStoreFailure);
  requireCount('maxKeys', maxKeys, 1);
  if (store === undefined) {
    const rule = toRateLimitRule(options);
    const buckets = new KeyedBuckets(rule, maxKeys, clock);
    return {
      rule,
      failures: 0,
      get keys() {
        return buckets.size;
      },
      take: (key, cost) => buckets.take(key, cost),
    };
  }
  for (const name of ['ratePerSecond', 'limit', 'windowMs', 'burst', 'maxKeys'] as const) {
    if (options[name] !== undefined) throw new UsageError(`${name} is up to the store, and excludes store`);
  }
  const hook = guardedHook('onStoreFailure', onStoreFailure);
  const taker = new StoreTaker({ store, onStoreError, storeTimeoutMs, onStoreFailure: hook, clock });
  return {
    rule: store.rule,
    keys: 0,
    get failures() {
      return taker.failures;
    },
    take: (key, cost, caller) => taker.take(key, cost, caller),
  };
}

function ignore(): void {}
