import { parseHttpDate } from './http-date.ts';

/**
 * Reads a Retry-After field as a delay from now.
 *
 * @remarks
 * Source: RFC 9110 section 10.2.3: seconds, or a date. Malformed values give `undefined`: the field is advice from the peer. Callers
 * bound the result, since a peer may ask for years.
 *
 * @param value - Field value without surrounding blanks, such as `"120"`.
 * @param nowMs - Current time in milliseconds since the Unix epoch.
 * @returns Delay in milliseconds, an integer of at least 0 (a past date gives 0), or `undefined`.
 *
 * @example
 * parseRetryAfter('120', 0); // 120_000
 * parseRetryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 45_000); // 15_000
 * parseRetryAfter('soon', 0); // undefined
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (DELAY_SECONDS.test(value)) return Math.min(Number(value) * 1_000, Number.MAX_SAFE_INTEGER);
  const atMs = parseHttpDate(value, nowMs);
  return atMs === undefined ? undefined : Math.max(0, Math.ceil(atMs - nowMs));
}

const DELAY_SECONDS = /^[0-9]+$/;
