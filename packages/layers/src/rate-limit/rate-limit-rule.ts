import { UsageError } from '@lamella/service-core';
import { requireCount, requirePositive, requireRange } from '../shared/checks.ts';
import type { RateLimitRule } from './gcra.ts';
import type { RateLimitRuleOptions } from './rate-limit-store.ts';

/** The rule that options spell. @throws {@link UsageError} if they do not spell one. */
export function toRateLimitRule(options: RateLimitRuleOptions): RateLimitRule {
  const ratePerSecond = rateOf(options);
  if (ratePerSecond === Number.POSITIVE_INFINITY) throw new UsageError('the rate must be finite, got Infinity');
  const burst = options.burst ?? options.limit ?? Math.max(1, Math.ceil(ratePerSecond));
  requireRange('burst', burst, 1);
  if (burst === Number.POSITIVE_INFINITY) throw new UsageError('burst must be finite, got Infinity');
  return { ratePerSecond, burst };
}

function rateOf({ ratePerSecond, limit, windowMs }: RateLimitRuleOptions): number {
  if (ratePerSecond !== undefined) {
    if (limit !== undefined || windowMs !== undefined) {
      throw new UsageError('ratePerSecond excludes limit and windowMs');
    }
    requirePositive('ratePerSecond', ratePerSecond);
    return ratePerSecond;
  }
  if (limit === undefined || windowMs === undefined) {
    throw new UsageError('ratePerSecond, or limit and windowMs, must be given');
  }
  requireCount('limit', limit, 1);
  requirePositive('windowMs', windowMs);
  if (windowMs === Number.POSITIVE_INFINITY) throw new UsageError('windowMs must be finite, got Infinity');
  return (limit * 1_000) / windowMs;
}
