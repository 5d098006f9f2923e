import type { Clock } from '@lamella/service-core';
import type { RateLimitDecision, RateLimitRule } from './gcra.ts';
import { gcra } from './gcra.ts';

/**
 * One bucket for each key, at most `maxKeys` of them.
 *
 * @remarks
 * A key beyond that takes the place of a bucket that is full, which nobody will miss, looked for among the 32 that have
 * been used least recently; if none of those is full, the place of the very first of them, whose key then starts anew.
 */
export class KeyedBuckets {
  readonly #rule: RateLimitRule;
  readonly #maxKeys: number;
  readonly #clock: Clock;
  readonly #arrivalMs = new Map<string, number>(); // in the order of use, the least recent first

  constructor(rule: RateLimitRule, maxKeys: number, clock: Clock) {
    this.#rule = rule;
    this.#maxKeys = maxKeys;
    this.#clock = clock;
  }

  /** Buckets that are remembered. */
  get size(): number {
    return this.#arrivalMs.size;
  }

  /** Takes `cost` from the bucket of `key`, if there is as much. */
  take(key: string, cost: number): RateLimitDecision {
    const buckets = this.#arrivalMs;
    const nowMs = this.#clock.nowMs();
    const known = buckets.get(key);
    const step = gcra(this.#rule, known, nowMs, cost);
    if (known !== undefined) buckets.delete(key);
    else if (buckets.size >= this.#maxKeys) this.#forgetOne(nowMs);
    buckets.set(key, step.arrivalMs);
    return step;
  }

  #forgetOne(nowMs: number): void {
    let first: string | undefined;
    let looked = 0;
    for (const [key, arrivalMs] of this.#arrivalMs) {
      first ??= key;
      if (arrivalMs <= nowMs) {
        this.#arrivalMs.delete(key);
        return;
      }
      if (++looked === MAX_LOOKED_AT) break;
    }
    if (first !== undefined) this.#arrivalMs.delete(first);
  }
}

/** Bounds the work for one call. */
const MAX_LOOKED_AT = 32;
