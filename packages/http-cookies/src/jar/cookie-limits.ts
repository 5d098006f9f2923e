import { UsageError } from '@lamella/service-core';

/** How much a jar takes. */
export interface CookieLimits {
  /** Most cookies in all, an integer of at least 1; then those that were not used for longest give way. Default 3_000. */
  readonly maxCookies: number;
  /** Most cookies of one domain, an integer of at least 1; then its own that were not used for longest give way. Default 180. */
  readonly maxCookiesPerDomain: number;
  /** Longest name and value together, in bytes, an integer of at least 1; longer ones are refused. Default 4_096. */
  readonly maxCookieBytes: number;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullCookieLimits(options: Partial<CookieLimits>): CookieLimits {
  const { maxCookies = 3_000, maxCookiesPerDomain = 180, maxCookieBytes = 4_096 } = options;
  const limits = { maxCookies, maxCookiesPerDomain, maxCookieBytes };
  for (const [name, value] of Object.entries(limits)) {
    const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY;
    if (!isCount || value < 1) throw new UsageError(`${name} must be an integer >= 1 or Infinity, got ${value}`);
  }
  return limits;
}
