import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import type { Http2Timeouts } from './http2-timeouts.ts';
import { fullHttp2Timeouts } from './http2-timeouts.ts';

const SERVER: Http2Timeouts = {
  settingsTimeoutMs: 10_000,
  headerTimeoutMs: 20_000,
  idleTimeoutMs: 95_000,
  responseHeadTimeoutMs: 120_000,
  bodyProgressTimeoutMs: 30_000,
  minBodyBytesPerSecond: 50,
  writeTimeoutMs: 60_000,
  keepAliveMs: Number.POSITIVE_INFINITY,
  pingTimeoutMs: 20_000,
};

describe('fullHttp2Timeouts', () => {
  it('fills in the defaults of a side, for what is undefined too', () => {
    expect(fullHttp2Timeouts('server')).toEqual(SERVER);
    expect(fullHttp2Timeouts('client')).toEqual({
      ...SERVER,
      bodyProgressTimeoutMs: 120_000,
      minBodyBytesPerSecond: 0,
      keepAliveMs: 330_000,
    });
    const given: Record<string, number | undefined> = { keepAliveMs: 5, idleTimeoutMs: undefined };
    expect(fullHttp2Timeouts('server', given)).toEqual({ ...SERVER, keepAliveMs: 5 });
  });

  it.each(Object.keys(SERVER))('takes %s above its least, and Infinity', (name) => {
    for (const value of [0.5, Number.POSITIVE_INFINITY]) {
      expect(fullHttp2Timeouts('server', { [name]: value })).toEqual({ ...SERVER, [name]: value });
    }
    const isRate = name === 'minBodyBytesPerSecond';
    if (isRate) expect(fullHttp2Timeouts('server', { [name]: 0 })).toEqual({ ...SERVER, [name]: 0 });
    for (const value of isRate ? [-1, Number.NaN] : [0, -1, Number.NaN]) {
      expect(() => fullHttp2Timeouts('server', { [name]: value })).toThrow(UsageError);
    }
  });
});
