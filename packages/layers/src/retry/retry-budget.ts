import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { requireRange } from '../shared/checks.ts';
import { SlidingCount } from '../shared/sliding-count.ts';

/** How many retries are allowed, in proportion to the calls that were made. */
export interface RetryBudget {
  /** Counts a call; its retries do not count. */
  readonly deposit: () => void;
  /** Takes a retry out. @returns False if none is left, and then takes nothing. */
  readonly tryWithdraw: () => boolean;
  /** Retries that could be withdrawn now, at least 0; a whole number, or `Infinity`. */
  readonly balance: number;
}

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** Retries for each call, from 0 to 1_000: 0.2 allows one retry for five calls. Default 0.2. */
  readonly ratio?: number;
  /** Retries per second that are allowed however few calls there are, at least 0; `Infinity` sets no limit. Default 10. */
  readonly minRetriesPerSecond?: number;
  /** How long a call or a retry counts, in milliseconds, from 100 to 3_600_000. Default 10_000. */
  readonly windowMs?: number;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * A budget that keeps retries from multiplying the load on a service that is failing already.
 *
 * @remarks
 * Over a sliding window of `windowMs`, at most `ratio` retries for each call plus `minRetriesPerSecond` are allowed.
 * The window slides in ten steps. Share one budget between the layers that retry against the same service: what
 * must be bounded is what that service sees. Sets no timer.
 *
 * @throws UsageError `LML_ERR_USAGE` when an option is out of range.
 *
 * @example
 * const budget = retryBudget({ ratio: 0.5, minRetriesPerSecond: 0 });
 * budget.deposit();
 * budget.deposit();
 * budget.tryWithdraw(); // true: two calls allow one retry
 * budget.tryWithdraw(); // false
 *
 * @public
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const { ratio = 0.2, minRetriesPerSecond = 10, windowMs = 10_000, clock = systemClock } = options;
  requireRange('ratio', ratio, 0, 1_000);
  requireRange('minRetriesPerSecond', minRetriesPerSecond, 0);
  requireRange('windowMs', windowMs, 100, 3_600_000);
  if (ratio === 0 && minRetriesPerSecond === 0) {
    throw new UsageError('ratio and minRetriesPerSecond must not both be 0: that allows no retry at all');
  }

  const reserve = (minRetriesPerSecond * windowMs) / 1_000;
  const calls = new SlidingCount(windowMs, clock.coarseNowMs());
  const retries = new SlidingCount(windowMs, clock.coarseNowMs());
  const balanceAt = (nowMs: number): number => {
    // Rounded, so that ten calls at 0.1 are one retry in spite of binary fractions.
    const allowed = Math.round(calls.total(nowMs) * ratio * 1e6) / 1e6 + reserve;
    return Math.max(0, Math.floor(allowed - retries.total(nowMs)));
  };

  return {
    deposit: () => calls.add(clock.coarseNowMs()),
    tryWithdraw() {
      const nowMs = clock.coarseNowMs();
      if (balanceAt(nowMs) < 1) return false;
      retries.add(nowMs);
      return true;
    },
    get balance() {
      return balanceAt(clock.coarseNowMs());
    },
  };
}
