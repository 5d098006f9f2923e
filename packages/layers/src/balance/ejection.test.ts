import { describe, expect, it } from 'vitest';
import { EjectionLength, fullEjectionOptions } from './ejection.ts';

describe('EjectionLength', () => {
  const newLength = () =>
    new EjectionLength(fullEjectionOptions({ baseEjectionMs: 100, maxEjectionMs: 350, decayMs: 1_000 }));

  it('grows with each ejection, up to maxEjectionMs', () => {
    const length = newLength();
    let nowMs = 0;
    const found: number[] = [];
    for (let ejection = 0; ejection < 6; ejection++) {
      const lengthMs = length.next(nowMs);
      found.push(lengthMs);
      nowMs += lengthMs + 999; // a millisecond before it would be forgiven
    }
    expect(found).toEqual([100, 200, 300, 350, 350, 350]);
  });

  it.each([
    [0, 350],
    [999, 350],
    [1_000, 350],
    [1_999, 350],
    [2_000, 300],
    [3_000, 200],
    [3_999, 200],
    [4_000, 100],
    [1_000_000, 100],
  ])('%i ms after a row of long ones, the next one lasts %i ms', (afterMs, lengthMs) => {
    const length = newLength();
    let nowMs = 0;
    for (let ejection = 0; ejection < 50; ejection++) nowMs += length.next(nowMs);
    expect(length.next(nowMs + afterMs)).toBe(lengthMs);
  });

  it('never forgets where decayMs is Infinity', () => {
    const length = new EjectionLength(
      fullEjectionOptions({ baseEjectionMs: 100, decayMs: Number.POSITIVE_INFINITY, maxEjectionMs: 1_000 }),
    );
    expect([length.next(0), length.next(1e12)]).toEqual([100, 200]);
  });

  it('lasts for maxEjectionMs where that is less than baseEjectionMs', () => {
    const length = new EjectionLength(fullEjectionOptions({ baseEjectionMs: 100, maxEjectionMs: 30 }));
    expect([length.next(0), length.next(30)]).toEqual([30, 30]);
  });
});
