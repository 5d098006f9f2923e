import { describe, expect, it } from 'vitest';
import { gcra } from './gcra.ts';

const RULE = { ratePerSecond: 10, burst: 3 };

describe('gcra', () => {
  it('allows burst at once, then one for each interval', () => {
    const { arrivalMs } = takeAll(0, 3);
    expect(gcra(RULE, arrivalMs, 0, 1)).toMatchObject({
      allowed: false,
      retryAfterMs: 100,
      remaining: 0,
      resetMs: 300,
    });
    expect(gcra(RULE, arrivalMs, 99, 1)).toMatchObject({ allowed: false, retryAfterMs: 1 });
    expect(gcra(RULE, arrivalMs, 100, 1)).toMatchObject({ allowed: true, retryAfterMs: 0, remaining: 0, resetMs: 300 });
  });

  it('takes nothing for a call that it does not allow', () => {
    const { arrivalMs } = takeAll(0, 3);
    expect(gcra(RULE, arrivalMs, 50, 1).arrivalMs).toBe(arrivalMs);
  });

  it('says what remains', () => {
    expect([1, 2, 3].map((calls) => takeAll(0, calls).remaining)).toEqual([2, 1, 0]);
  });

  it('saves up no more than burst', () => {
    const { arrivalMs } = takeAll(0, 1);
    expect(gcra(RULE, arrivalMs, 1_000_000, 3)).toMatchObject({ allowed: true, remaining: 0, resetMs: 300 });
    expect(gcra(RULE, arrivalMs, 1_000_000, 4)).toMatchObject({
      allowed: false,
      retryAfterMs: Number.POSITIVE_INFINITY,
    });
  });

  it('takes more for a call that costs more', () => {
    const first = gcra(RULE, undefined, 0, 2);
    expect(first).toMatchObject({ allowed: true, remaining: 1, resetMs: 200 });
    expect(gcra(RULE, first.arrivalMs, 0, 2)).toMatchObject({ allowed: false, retryAfterMs: 100 });
  });

  it('allows exactly the rate in the long run, at any start of the clock', () => {
    for (const startMs of [0, 0.1, 123_456.789, 1e12]) {
      let arrivalMs: number | undefined;
      let allowed = 0;
      // Asked every millisecond, so that a wait which came out too long by rounding would be seen.
      for (let ms = 0; ms < 10_000; ms++) {
        const step = gcra(RULE, arrivalMs, startMs + ms, 1);
        arrivalMs = step.arrivalMs;
        if (step.allowed) allowed++;
      }
      // At 1e12 the clock itself has no more than 0.0001 ms, which may cost each call the next millisecond.
      expect(allowed).toBeGreaterThanOrEqual(startMs < 1e9 ? 102 : 100);
      expect(allowed).toBeLessThanOrEqual(102);
    }
  });

  it('calls a state in the past a full bucket', () => {
    expect(gcra(RULE, 5, 10, 1)).toEqual(gcra(RULE, undefined, 10, 1));
  });
});

function takeAll(nowMs: number, calls: number) {
  let step = gcra(RULE, undefined, nowMs, 1);
  for (let call = 1; call < calls; call++) step = gcra(RULE, step.arrivalMs, nowMs, 1);
  expect(step.allowed).toBe(true);
  return step;
}
