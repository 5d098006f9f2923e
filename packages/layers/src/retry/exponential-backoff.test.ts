import { describe, expect, it } from 'vitest';
import { exponentialBackoff } from './exponential-backoff.ts';

describe('exponentialBackoff', () => {
  it('grows by factor from minDelayMs up to maxDelayMs, and stays there', () => {
    const backoff = exponentialBackoff({ minDelayMs: 10, maxDelayMs: 250, factor: 3, jitterRatio: 0 });
    expect([1, 2, 3, 4, 5, 10_000].map((attempt) => backoff.delayMs(attempt))).toEqual([10, 30, 90, 250, 250, 250]);
  });

  it('has documented defaults', () => {
    const backoff = exponentialBackoff({ random: () => 0 });
    expect([1, 2, 7, 8, 20].map((attempt) => backoff.delayMs(attempt))).toEqual([100, 200, 6_400, 10_000, 10_000]);
  });

  it.each([
    { jitterRatio: 1, random: 0, delayMs: 200 },
    { jitterRatio: 1, random: 0.75, delayMs: 50 },
    { jitterRatio: 0.5, random: 0.5, delayMs: 150 },
    { jitterRatio: 0, random: 0.99, delayMs: 200 },
  ])('leaves jitterRatio $jitterRatio to chance: $random gives $delayMs', ({ jitterRatio, random, delayMs }) => {
    expect(exponentialBackoff({ jitterRatio, random: () => random }).delayMs(2)).toBe(delayMs);
  });

  it('takes Math.random where nothing else is given: between 0 and the full wait', () => {
    const backoff = exponentialBackoff();
    for (let draw = 0; draw < 100; draw++) {
      const delayMs = backoff.delayMs(3);
      expect(delayMs).toBeGreaterThan(0);
      expect(delayMs).toBeLessThanOrEqual(400);
    }
  });

  it.each([
    [{ minDelayMs: 0 }, 'minDelayMs must be > 0, got 0'],
    [{ minDelayMs: 10, maxDelayMs: 9 }, 'maxDelayMs must be >= 10, got 9'],
    [{ maxDelayMs: Number.POSITIVE_INFINITY }, 'maxDelayMs must be finite, got Infinity'],
    [{ factor: 0.5 }, 'factor must be from 1 to 100, got 0.5'],
    [{ jitterRatio: 1.1 }, 'jitterRatio must be from 0 to 1, got 1.1'],
    [{ jitterRatio: Number.NaN }, 'jitterRatio must be from 0 to 1, got NaN'],
  ])('refuses %o', (options, message) => {
    expect(() => exponentialBackoff(options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});
