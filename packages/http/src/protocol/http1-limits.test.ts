import { describe, expect, it } from 'vitest';
import type { Http1Limits } from './http1-limits.ts';
import { fullLimits } from './http1-limits.ts';

const DEFAULTS: Http1Limits = {
  maxStartLineBytes: 16_384,
  maxHeadBytes: 65_536,
  maxHeaders: 128,
  maxChunkLineBytes: 1_024,
  maxExtensionBytes: 16_384,
  maxTrailerBytes: 8_192,
  maxTrailers: 64,
};

describe('fullLimits', () => {
  it('fills in defaults, for what is undefined too', () => {
    expect(fullLimits()).toEqual(DEFAULTS);
    const given: Record<string, number | undefined> = { maxHeaders: 7, maxTrailers: undefined };
    expect(fullLimits(given)).toEqual({ ...DEFAULTS, maxHeaders: 7 });
  });

  it.each([
    ['maxStartLineBytes', 64],
    ['maxHeadBytes', 64],
    ['maxHeaders', 1],
    ['maxChunkLineBytes', 16],
    ['maxExtensionBytes', 0],
    ['maxTrailerBytes', 2],
    ['maxTrailers', 0],
  ])('takes %s from %d up, and Infinity', (name, least) => {
    for (const value of [least, Number.POSITIVE_INFINITY]) {
      expect(fullLimits({ [name]: value })).toEqual({ ...DEFAULTS, [name]: value });
    }
    for (const value of [least - 1, Number.NaN]) {
      expect(() => fullLimits({ [name]: value })).toThrow(`${name} must be >= ${least}, got ${value}`);
    }
  });
});
