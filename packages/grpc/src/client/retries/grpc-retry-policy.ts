import type { Backoff } from '@lamella/layers';
import { exponentialBackoff } from '@lamella/layers';
import { UsageError } from '@lamella/service-core';
import { GrpcStatus } from '../../codec/grpc-status.ts';

/** When a call is tried again. gRFC A6. */
export interface GrpcRetryPolicy {
  /** Most attempts for a call, the first included, an integer of at least 2. Default 3. */
  readonly maxAttempts?: number;
  /** Wait before the second attempt, in milliseconds, greater than 0; a fifth more or less, by chance. Default 100. */
  readonly initialBackoffMs?: number;
  /** Longest wait, in milliseconds, at least `initialBackoffMs`; a fifth more or less, by chance. Default 10_000. */
  readonly maxBackoffMs?: number;
  /** What each further wait is multiplied with, 1 to 100. Default 2. */
  readonly backoffMultiplier?: number;
  /** Statuses that are worth another attempt, codes of 1 to 16, at least one. Default: UNAVAILABLE. */
  readonly retryableStatuses?: readonly number[];
}

/** When a call is made several times at once. gRFC A6. Only for methods that may be served twice. */
export interface GrpcHedgingPolicy {
  /** Most attempts for a call, the first included, an integer of at least 2. Default 2. */
  readonly maxAttempts?: number;
  /** Time without an answer after which the next attempt begins, in milliseconds, at least 0: 0 begins all at once. */
  readonly hedgingDelayMs: number;
  /** Statuses that do not end the call as long as there are other attempts, codes of 1 to 16. Default: UNAVAILABLE. */
  readonly nonFatalStatuses?: readonly number[];
}

/** {@link GrpcRetryPolicy}, checked. */
export interface CheckedRetryPolicy {
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly statuses: ReadonlySet<number>;
}

/** {@link GrpcHedgingPolicy}, checked. */
export interface CheckedHedgingPolicy {
  readonly maxAttempts: number;
  readonly delayMs: number;
  readonly statuses: ReadonlySet<number>;
}

/** Fills in defaults. @throws UsageError if an option is out of its range. */
export function checkedRetryPolicy(policy: GrpcRetryPolicy, random: () => number): CheckedRetryPolicy {
  const { maxAttempts = 3, initialBackoffMs = 100, maxBackoffMs = 10_000, backoffMultiplier = 2 } = policy;
  const { retryableStatuses = [GrpcStatus.UNAVAILABLE] } = policy;
  requireAttempts(maxAttempts);
  if (retryableStatuses.length === 0) throw new UsageError('retryableStatuses must name at least one status');
  if (!(initialBackoffMs > 0)) throw new UsageError(`initialBackoffMs must be > 0, got ${initialBackoffMs}`);
  if (!(maxBackoffMs >= initialBackoffMs && maxBackoffMs < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`maxBackoffMs must be >= ${initialBackoffMs} and finite, got ${maxBackoffMs}`);
  }
  if (!(backoffMultiplier >= 1 && backoffMultiplier <= 100)) {
    throw new UsageError(`backoffMultiplier must be from 1 to 100, got ${backoffMultiplier}`);
  }
  const backoff = jitteredBackoff(initialBackoffMs, maxBackoffMs, backoffMultiplier, random);
  return { maxAttempts, backoff, statuses: checkedStatuses('retryableStatuses', retryableStatuses) };
}

/** Fills in defaults. @throws UsageError if an option is out of its range. */
export function checkedHedgingPolicy(policy: GrpcHedgingPolicy): CheckedHedgingPolicy {
  const { maxAttempts = 2, hedgingDelayMs: delayMs, nonFatalStatuses = [GrpcStatus.UNAVAILABLE] } = policy;
  requireAttempts(maxAttempts);
  if (!(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`hedgingDelayMs must be >= 0 and finite, got ${delayMs}`);
  }
  return { maxAttempts, delayMs, statuses: checkedStatuses('nonFatalStatuses', nonFatalStatuses) };
}

/** Waits that grow, and differ by a fifth to either side, as gRFC A6 has them. */
export function jitteredBackoff(minMs: number, maxMs: number, factor: number, random: () => number): Backoff {
  return exponentialBackoff({ minDelayMs: minMs * 1.2, maxDelayMs: maxMs * 1.2, factor, jitterRatio: 1 / 3, random });
}

function requireAttempts(maxAttempts: number): void {
  if (!(Number.isSafeInteger(maxAttempts) && maxAttempts >= 2)) {
    throw new UsageError(`maxAttempts must be a whole number >= 2, got ${maxAttempts}`);
  }
}

function checkedStatuses(name: string, statuses: readonly number[]): ReadonlySet<number> {
  for (const status of statuses) {
    const isCode = Number.isInteger(status) && status >= GrpcStatus.CANCELLED && status <= GrpcStatus.UNAUTHENTICATED;
    if (!isCode) throw new UsageError(`${name} must be codes of 1 to 16, got ${status}`);
  }
  return new Set(statuses);
}
