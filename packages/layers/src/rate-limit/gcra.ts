/** A rate and how far it may be run ahead of. */
export interface RateLimitRule {
  /** Calls per second in the long run, greater than 0. */
  readonly ratePerSecond: number;
  /** Calls that may come at once after a silence, at least 1. */
  readonly burst: number;
}

/** What a limiter says to one call. */
export interface RateLimitDecision {
  /** Whether the call may go on; if so, its cost has been taken. */
  readonly allowed: boolean;
  /** Cost that could be taken now on top of this, at least 0, a whole number. */
  readonly remaining: number;
  /** When a call of the same cost would be allowed, in milliseconds from now; 0 if this one was, `Infinity` if never. */
  readonly retryAfterMs: number;
  /** When all of `burst` is there again if nothing more is taken, in milliseconds from now. */
  readonly resetMs: number;
}

/** A {@link RateLimitDecision}, and what to remember until the next call. */
export interface GcraStep extends RateLimitDecision {
  /** The new state, on the time line of `nowMs`; the old one if the call was not allowed. */
  readonly arrivalMs: number;
}

/**
 * One step of the generic cell rate algorithm: a token bucket whose whole state is one number.
 *
 * @remarks
 * The state is the time at which the bucket will be full, the "theoretical arrival time" of ITU-T I.371. Pure: time is
 * an argument. A state in the past stands for a full bucket, so a bucket may be forgotten as soon as it is full.
 *
 * @param rule - The limit.
 * @param arrivalMs - The state that the step before gave; `undefined` for a full bucket.
 * @param nowMs - Monotonic time, in milliseconds.
 * @param cost - What the call takes, greater than 0.
 * @throws Never.
 *
 * @example
 * const rule = { ratePerSecond: 10, burst: 1 };
 * const first = gcra(rule, undefined, 0, 1); // allowed, and so much the next 100 ms later
 * gcra(rule, first.arrivalMs, 60, 1).retryAfterMs; // 40
 *
 * @public
 */
export function gcra(rule: RateLimitRule, arrivalMs: number | undefined, nowMs: number, cost: number): GcraStep {
  const costMs = 1_000 / rule.ratePerSecond;
  const burstMs = rule.burst * costMs;
  const fullMs = Math.max(arrivalMs ?? nowMs, nowMs);
  const nextMs = fullMs + cost * costMs;
  const waitMs = nextMs - burstMs - nowMs;
  if (waitMs > ROUNDING_MS) {
    const retryAfterMs = cost > rule.burst ? Number.POSITIVE_INFINITY : waitMs;
    return step(false, fullMs, retryAfterMs, nowMs, burstMs, costMs);
  }
  return step(true, nextMs, 0, nowMs, burstMs, costMs);
}

function step(
  allowed: boolean,
  arrivalMs: number,
  retryAfterMs: number,
  nowMs: number,
  burstMs: number,
  costMs: number,
): GcraStep {
  const resetMs = arrivalMs - nowMs;
  const remaining = Math.max(0, Math.floor((burstMs - resetMs + ROUNDING_MS) / costMs));
  return { allowed, arrivalMs, remaining, retryAfterMs, resetMs };
}

/** Less than any wait that matters, more than what sums of binary fractions are off by. */
const ROUNDING_MS = 1e-6;
