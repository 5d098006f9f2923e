import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('is full at the start, and fills at its rate up to its capacity', () => {
    const bucket = new TokenBucket(1_000, 100, 5);
    expect(bucket.tryTake(100, 5)).toBe(true);
    expect(bucket.tryTake(1, 5)).toBe(false);
    expect(bucket.waitMs(40, 5)).toBe(40);
    expect(bucket.tryTake(40, 44)).toBe(false);
    expect(bucket.tryTake(40, 45)).toBe(true);
    expect(bucket.tryTake(101, 1_000_000)).toBe(false);
    expect(bucket.tryTake(100, 1_000_000)).toBe(true);
  });

  it.each([1 / 3, 7, 333.3, 1e6])('gives exactly what comes, at %d tokens a second', (perSecond) => {
    const capacity = Math.max(1, perSecond / 10);
    const bucket = new TokenBucket(perSecond, capacity, 0);
    let taken = 0;
    let nowMs = 0;
    while (nowMs < 60_000) {
      const waitMs = bucket.waitMs(1, nowMs);
      nowMs += waitMs;
      if (nowMs >= 60_000) break;
      expect(bucket.tryTake(1, nowMs)).toBe(true); // whoever has waited need not wait again
      if (++taken > 200_000) break;
    }
    expect(taken).toBeLessThanOrEqual(capacity + (perSecond * nowMs) / 1_000 + 1e-3);
    if (taken < 200_000) expect(taken).toBeGreaterThanOrEqual(Math.floor(perSecond * 60) - 1);
  });
});
