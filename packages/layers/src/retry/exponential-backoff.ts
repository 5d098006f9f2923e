import { UsageError } from '@lamella/service-core';
import { requirePositive, requireRange } from '../shared/checks.ts';

/** How long to wait before the next attempt. */
export interface Backoff {
  /**
   * The wait after a failed attempt.
   *
   * @param attempt - Number of the attempt that failed, counted from 1.
   * @returns Milliseconds, at least 0.
   */
  readonly delayMs: (attempt: number) => number;
}

/** Options of {@link exponentialBackoff}. */
export interface ExponentialBackoffOptions {
  /** Wait after the first attempt, before jitter, in milliseconds, greater than 0. Default 100. */
  readonly minDelayMs?: number;
  /** Longest wait, in milliseconds, at least `minDelayMs` and finite. Default 10_000. */
  readonly maxDelayMs?: number;
  /** What each further wait is multiplied with, from 1 to 100. Default 2. */
  readonly factor?: number;
  /** Share of the wait that is left to chance, from 0 (none) to 1 (all of it). Default 1. */
  readonly jitterRatio?: number;
  /** Source of chance, from 0 to less than 1; tests pass their own. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * Waits that grow from attempt to attempt, spread by chance.
 *
 * @remarks
 * The wait after attempt `n` is `minDelayMs * factor ** (n - 1)`, at most `maxDelayMs`, and of that the share `jitterRatio`
 * is taken by chance: with 1 it is anything from 0 to that ("full jitter"), which spreads clients that failed
 * together best. Holds no state, so one value serves any number of calls.
 *
 * @throws UsageError `LML_ERR_USAGE` when an option is out of range.
 *
 * @example
 * const backoff = exponentialBackoff({ minDelayMs: 100, maxDelayMs: 500, jitterRatio: 0 });
 * [1, 2, 3, 4].map((attempt) => backoff.delayMs(attempt)); // [100, 200, 400, 500]
 *
 * @public
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { minDelayMs = 100, maxDelayMs = 10_000, factor = 2, jitterRatio = 1, random = Math.random } = options;
  requirePositive('minDelayMs', minDelayMs);
  requireRange('maxDelayMs', maxDelayMs, minDelayMs);
  if (maxDelayMs === Number.POSITIVE_INFINITY) throw new UsageError('maxDelayMs must be finite, got Infinity');
  requireRange('factor', factor, 1, 100);
  requireRange('jitterRatio', jitterRatio, 0, 1);

  return {
    delayMs(attempt) {
      const fullMs = Math.min(maxDelayMs, minDelayMs * factor ** Math.max(0, attempt - 1));
      return fullMs * (1 - jitterRatio * random());
    },
  };
}
