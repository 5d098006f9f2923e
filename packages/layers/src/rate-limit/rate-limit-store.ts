import type { RateLimitDecision, RateLimitRule } from './gcra.ts';

/** Where the state of a rate limit is kept; shared by processes, if the store is. */
export interface RateLimitStore {
  /** What the store enforces. */
  readonly rule: RateLimitRule;
  /**
   * Takes `cost` from the limit of `key`, if there is as much.
   *
   * @param key - Whose limit.
   * @param cost - What the call takes, greater than 0.
   * @param signal - Aborts when nobody waits for the answer any more.
   * @returns What was decided. Rejects if the store can't tell.
   */
  readonly take: (key: string, cost: number, signal?: AbortSignal) => Promise<RateLimitDecision>;
}

/** A rate, in one of two spellings. */
export interface RateLimitRuleOptions {
  /** Calls per second in the long run, greater than 0 and finite. Required unless `limit` and `windowMs` are there. */
  readonly ratePerSecond?: number;
  /** Calls per `windowMs`, an integer of at least 1: the other spelling of the rate. */
  readonly limit?: number;
  /** What `limit` counts in, in milliseconds, greater than 0 and finite. */
  readonly windowMs?: number;
  /** Calls that may come at once after a silence, at least 1 and finite. Default: `limit`, else what a second allows. */
  readonly burst?: number;
}
