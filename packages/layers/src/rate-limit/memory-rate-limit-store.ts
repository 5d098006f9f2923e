import type { Clock } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { requireCount } from '../shared/checks.ts';
import { KeyedBuckets } from './keyed-buckets.ts';
import { toRateLimitRule } from './rate-limit-rule.ts';
import type { RateLimitRuleOptions, RateLimitStore } from './rate-limit-store.ts';

/** Options of {@link memoryRateLimitStore}. */
export interface MemoryRateLimitStoreOptions extends RateLimitRuleOptions {
  /** Most keys that are remembered, an integer of at least 1 or `Infinity`. Default 10_000. */
  readonly maxKeys?: number;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Keeps the state of a rate limit in the memory of this process.
 *
 * @remarks
 * `rateLimitLayer` has one of its own, and needs no promise for it. This one is for sharing between layers, and to stand
 * in for a store of several processes.
 *
 * @throws UsageError `LML_ERR_USAGE` when an option is out of range. `take` never rejects.
 *
 * @example
 * const store = memoryRateLimitStore({ limit: 1, windowMs: 60_000 });
 * (await store.take('ann', 1)).allowed; // true
 * (await store.take('ann', 1)).allowed; // false
 *
 * @public
 */
export function memoryRateLimitStore(options: MemoryRateLimitStoreOptions): RateLimitStore {
  const { maxKeys = 10_000, clock = systemClock } = options;
  const rule = toRateLimitRule(options);
  requireCount('maxKeys', maxKeys, 1);
  const buckets = new KeyedBuckets(rule, maxKeys, clock);
  return { rule, take: async (key, cost) => buckets.take(key, cost) };
}
