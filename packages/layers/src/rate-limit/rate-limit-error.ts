import { LimitError } from '@lamella/service-core';
import type { RateLimitDecision, RateLimitRule } from './gcra.ts';

/**
 * Why a rate limit let a call down: the rate itself, an input without a key, a store that could not tell, a queue that
 * was full, or a wait that would have been too long.
 */
export type RateLimitReason = 'rate' | 'missing-key' | 'store' | 'queue' | 'wait';

/** Options of {@link RateLimitError}. */
export interface RateLimitErrorOptions extends ErrorOptions {
  /** Why. */
  readonly reason: RateLimitReason;
  /** The limit. */
  readonly rule: RateLimitRule;
  /** What the call asked for. */
  readonly cost: number;
  /** What the limiter said, if it said anything. */
  readonly decision?: RateLimitDecision | undefined;
}

/** A call came faster than a rate limit allows; the inner service has not seen it. */
export class RateLimitError extends LimitError {
  static {
    RateLimitError.prototype.name = 'RateLimitError';
  }

  /** Why. */
  readonly reason: RateLimitReason;
  /** When trying again makes sense, in milliseconds from the moment of the error; `undefined` if that is unknown. */
  readonly retryAfterMs: number | undefined;
  /** What was left of `burst`; `undefined` if that is unknown. */
  readonly remaining: number | undefined;
  /** When all of `burst` is there again, in milliseconds from the moment of the error; `undefined` if unknown. */
  readonly resetMs: number | undefined;

  constructor(options: RateLimitErrorOptions) {
    const { reason, rule, cost, decision, cause } = options;
    const observed = rule.burst - (decision?.remaining ?? rule.burst) + cost;
    const isHopeless = reason === 'missing-key' || cost > rule.burst;
    const facts = { layer: 'rate-limit', retryable: !isHopeless };
    super({ limit: 'burst', maximum: rule.burst, observed, facts, ...(cause === undefined ? {} : { cause }) });
    this.reason = reason;
    this.retryAfterMs = isHopeless ? undefined : decision?.retryAfterMs;
    this.remaining = decision?.remaining;
    this.resetMs = decision?.resetMs;
    const again = this.retryAfterMs === undefined ? '' : `, again in ${Math.ceil(this.retryAfterMs)} ms`;
    const limit = `${Number(rule.ratePerSecond.toPrecision(6))} per second, ${rule.burst} at once`;
    this.message = `${NOTES[reason]} (limit: ${limit})${again}`;
  }
}

const NOTES: Readonly<Record<RateLimitReason, string>> = {
  rate: 'rate limit reached',
  'missing-key': 'rate limit without a key for this input',
  store: 'rate limit unknown: its store failed',
  queue: 'rate limit reached, and its queue is full',
  wait: 'rate limit reached, and the wait would exceed maxWaitMs',
};
