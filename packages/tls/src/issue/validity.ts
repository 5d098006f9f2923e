import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { derSequence } from '../codec/der/der-encoder.ts';
import { derTime } from '../codec/der/der-time.ts';
import { TlsMaterialError } from '../errors.ts';

/** How long a certificate is good. */
export interface ValidityOptions {
  /** How long from now on, in milliseconds, 1_000 or more; never longer than the authority's own certificate. Default: says who takes it. */
  readonly validityMs?: number;
  /** How long before now it is good already, for clients whose clocks are slow, in milliseconds, at least 0. Default 3_600_000 (1 hour). */
  readonly backdateMs?: number;
  /** Source of the time. Default: the system clock. */
  readonly clock?: Clock;
}

/** From when to when, in milliseconds since the Unix epoch, whole seconds. */
export interface Validity {
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** Checks options of {@link validityOf}. @throws UsageError if one is out of its range. */
export function checkValidity({ validityMs = MIN_VALIDITY_MS, backdateMs = 0 }: ValidityOptions): void {
  if (!(validityMs >= MIN_VALIDITY_MS && validityMs <= MAX_MS))
    throw new UsageError(`validityMs must be >= 1000, got ${validityMs}`);
  if (!(backdateMs >= 0 && backdateMs <= MAX_MS)) throw new UsageError(`backdateMs must be >= 0, got ${backdateMs}`);
}

/**
 * From when to when a certificate is good that is made now.
 *
 * @param within - The dates of the authority: a certificate that outlives it would be good for nothing.
 * @throws UsageError if an option is out of its range; TlsMaterialError if the authority has expired, or is not valid yet.
 */
export function validityOf(options: ValidityOptions, presetMs: number, within?: Validity): Validity {
  checkValidity(options);
  const { validityMs = presetMs, backdateMs = HOUR_MS, clock = systemClock } = options;
  const nowMs = clock.epochMs();
  if (within !== undefined && !(nowMs >= within.validFromMs && nowMs < within.validToMs)) {
    const [from, to] = [within.validFromMs, within.validToMs].map((ms) => new Date(ms).toISOString());
    throw new TlsMaterialError(
      `the authority is valid from ${from} to ${to}, and it is ${new Date(nowMs).toISOString()}`,
    );
  }
  return {
    validFromMs: Math.max(wholeSeconds(nowMs - backdateMs), within?.validFromMs ?? EARLIEST_MS),
    validToMs: Math.min(wholeSeconds(nowMs + validityMs), within?.validToMs ?? LATEST_MS),
  };
}

/** Encodes dates. */
export function derValidity({ validFromMs, validToMs }: Validity): Uint8Array {
  return derSequence(derTime(validFromMs), derTime(validToMs));
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

const MIN_VALIDITY_MS = 1_000;
const HOUR_MS = 3_600_000;
/** 8,000 years: what comes out is bounded by what a certificate can say. */
const MAX_MS = 252_460_800_000_000;
const EARLIEST_MS = Date.UTC(1950, 0, 1);
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
