import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';

/** Options of all exporters. */
export interface OtlpExporterOptions {
  /** Longest time for an export, with all its attempts and the time in the queue, in milliseconds, greater than 0. Default 10_000. */
  readonly timeoutMs?: number;
  /** Most attempts for an export, an integer of at least 1. Default 5. */
  readonly maxAttempts?: number;
  /** Wait before the second attempt, in milliseconds, greater than 0; later ones are half as long again, all a fifth more or less. Default 1_000. */
  readonly backoffMs?: number;
  /** Longest of these waits, in milliseconds, greater than 0; a collector may ask for more. Default 5_000. */
  readonly maxBackoffMs?: number;
  /** Most exports that are under way at once, an integer of at least 1. Default 4. */
  readonly maxConcurrentExports?: number;
  /** Most exports that wait for others, an integer of at least 0; more are dropped at once. Default 16. */
  readonly maxQueuedExports?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Source of chance for waits: at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** The same with all defaults. @throws UsageError if an option is out of its range. */
export function fullOtlpExporterOptions(options: OtlpExporterOptions): Required<OtlpExporterOptions> {
  const { timeoutMs = 10_000, maxAttempts = 5, backoffMs = 1_000, maxBackoffMs = 5_000 } = options;
  const { maxConcurrentExports = 4, maxQueuedExports = 16, clock = systemClock, random = Math.random } = options;
  for (const [name, value] of Object.entries({ timeoutMs, backoffMs, maxBackoffMs })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new UsageError(`${name} must be > 0, got ${value}`);
  }
  requireCount('maxAttempts', maxAttempts, 1);
  requireCount('maxConcurrentExports', maxConcurrentExports, 1);
  requireCount('maxQueuedExports', maxQueuedExports, 0);
  return { timeoutMs, maxAttempts, backoffMs, maxBackoffMs, maxConcurrentExports, maxQueuedExports, clock, random };
}

function requireCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError(`${name} must be an integer of at least ${least}, got ${value}`);
}
