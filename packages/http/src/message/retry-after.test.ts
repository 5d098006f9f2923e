import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

describe('parseRetryAfter', () => {
  it.each<[string, number, number | undefined]>([
    ['0', 0, 0],
    ['120', 0, 120_000],
    ['9999999999', 0, 9_999_999_999_000],
    ['99999999999', 0, 99_999_999_999_000],
    ['9'.repeat(400), 0, Number.MAX_SAFE_INTEGER],
    [`${'0'.repeat(20)}7`, 0, 7_000],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 45_000, 15_000],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 59_999.5, 1],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 60_001, 0],
    ['Thursday, 01-Jan-70 00:01:00 GMT', 45_000, 15_000],
    ['', 0, undefined],
    ['-1', 0, undefined],
    ['1.5', 0, undefined],
    ['1e3', 0, undefined],
    ['soon', 0, undefined],
  ])('%o at %d is %o', (value, nowMs, delayMs) => {
    expect(parseRetryAfter(value, nowMs)).toBe(delayMs);
  });
});
