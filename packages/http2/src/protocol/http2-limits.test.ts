import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import type { Http2Limits } from './http2-limits.ts';
import { fullHttp2Limits } from './http2-limits.ts';

const DEFAULTS: Http2Limits = {
  maxConcurrentStreams: 250,
  maxHeaderListBytes: 65_536,
  maxHeaders: 128,
  headerTableBytes: 4_096,
  maxFrameBytes: 16_384,
  initialStreamWindowBytes: 262_144,
  maxStreamWindowBytes: 8_388_608,
  connectionWindowBytes: 16_777_216,
  maxResetsPerSecond: 200,
  maxControlFramesPerSecond: 500,
};

describe('fullHttp2Limits', () => {
  it('fills in defaults, for what is undefined too', () => {
    expect(fullHttp2Limits()).toEqual(DEFAULTS);
    const given: Record<string, number | undefined> = { maxHeaders: 7, headerTableBytes: undefined };
    expect(fullHttp2Limits(given)).toEqual({ ...DEFAULTS, maxHeaders: 7 });
  });

  it.each([
    ['maxConcurrentStreams', 1, 0x7fff_ffff],
    ['maxHeaderListBytes', 1_024, 16_777_216],
    ['maxHeaders', 4, 100_000],
    ['headerTableBytes', 0, 65_536],
    ['maxFrameBytes', 16_384, 16_777_215],
    ['initialStreamWindowBytes', 1, 0x7fff_ffff],
    ['maxStreamWindowBytes', 1, 0x7fff_ffff],
    ['connectionWindowBytes', 65_535, 0x7fff_ffff],
    ['maxResetsPerSecond', 1, Number.POSITIVE_INFINITY],
    ['maxControlFramesPerSecond', 1, Number.POSITIVE_INFINITY],
  ])('takes %s from %d to %d', (name, least, most) => {
    for (const value of [least, most])
      expect(fullHttp2Limits({ [name]: value })).toEqual({ ...DEFAULTS, [name]: value });
    const wrong = [
      least - 1,
      Number.NaN,
      least + 0.5,
      ...(Number.isFinite(most) ? [most + 1, Number.POSITIVE_INFINITY] : []),
    ];
    for (const value of wrong) expect(() => fullHttp2Limits({ [name]: value })).toThrow(UsageError);
  });
});
