import type { Clock } from '@lamella/service-core';
import type { RateLimitDecision, RateLimitRule } from './gcra.ts';
import { gcra } from './gcra.ts';

/**
 * One bucket for each key, at most `maxKeys` of them.
 *
 * @remarks
 * A key beyond that takes the place of a bucket that is full, which nobody will miss: 32 are looked at, in turn, the one
 * that has not been looked at for longest first. If none of those is full, the one that lacks least gives way, and its
 * key starts anew.
 */
export class KeyedBuckets {
  readonly #rule: RateLimitRule;
  readonly #maxKeys: number;
  readonly #clock: Clock;
  // Not in the order of use: to keep that would cost more than the step itself.
  readonly #buckets = new Map<string, Bucket>();

  constructor(rule: RateLimitRule, maxKeys: number, clock: Clock) {
    this.#rule = rule;
    this.#maxKeys = maxKeys;
    this.#clock = clock;
  }

  /** Buckets that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes `cost` from the bucket of `key`, if there is as much. */
  take(key: string, cost: number): RateLimitDecision {
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(key);
    const step = gcra(this.#rule, bucket?.arrivalMs, nowMs, cost);
    if (bucket === undefined) this.#add(key, step.arrivalMs, nowMs);
    else bucket.arrivalMs = step.arrivalMs;
    return step;
  }

  #add(key: string, arrivalMs: number, nowMs: number): void {
    if (this.#buckets.size >= this.#maxKeys) this.#forgetOne(nowMs);
    this.#buckets.set(key, { arrivalMs });
  }

  #forgetOne(nowMs: number): void {
    let victim: string | undefined;
    let leastMs = Number.POSITIVE_INFINITY;
    let looked = 0;
    const most = Math.min(MAX_LOOKED_AT, this.#buckets.size); // what is put to the end comes up again
    for (const [key, bucket] of this.#buckets) {
      if (bucket.arrivalMs < leastMs) {
        leastMs = bucket.arrivalMs;
        victim = key;
      }
      if (leastMs <= nowMs || ++looked === most) break;
      // To the end, so that others are looked at the next time.
      this.#buckets.delete(key);
      this.#buckets.set(key, bucket);
    }
    if (victim !== undefined) this.#buckets.delete(victim);
  }
}

interface Bucket {
  arrivalMs: number;
}

/** Bounds the work for one call. */
const MAX_LOOKED_AT = 32;
