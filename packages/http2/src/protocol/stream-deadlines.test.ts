import { describe, expect, it } from 'vitest';
import { Http2Stream } from './http2-stream.ts';
import type { Http2Timeouts } from './http2-timeouts.ts';
import { fullHttp2Timeouts } from './http2-timeouts.ts';
import { ReceiveWindow } from './receive-window.ts';
import { StreamDeadlines } from './stream-deadlines.ts';

const TIMEOUTS = {
  responseHeadTimeoutMs: 1_000,
  bodyProgressTimeoutMs: 2_000,
  minBodyBytesPerSecond: 10, // 20 in each window
  writeTimeoutMs: 4_000, // 200 bytes in each
};

describe('StreamDeadlines, the head of a response', () => {
  it('is awaited so long and no longer', () => {
    const { deadlines, stream, expiredAt } = setup();
    deadlines.awaitHead(stream, 500);
    expect([deadlines.nextMs, expiredAt(1_499)]).toEqual([1_500, []]);
    expect(expiredAt(1_500)).toEqual([['responseHeadTimeoutMs', 'response-head']]);
  });

  it('is awaited no more once it is there', () => {
    const { deadlines, stream, expiredAt } = setup();
    deadlines.awaitHead(stream, 0);
    deadlines.stop(stream);
    expect(expiredAt(100_000)).toEqual([]);
    expect(deadlines.nextMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('StreamDeadlines, a body', () => {
  it('must come on by so many bytes in each window', () => {
    const { deadlines, stream, expiredAt } = setup();
    deadlines.wantBody(stream, true, 0);
    deadlines.noteBody(stream, 20, 1_999);
    expect(expiredAt(2_000)).toEqual([]);
    deadlines.noteBody(stream, 19, 2_001);
    expect([deadlines.nextMs, expiredAt(3_999)]).toEqual([4_000, []]);
    expect(expiredAt(4_000)).toEqual([['bodyProgressTimeoutMs', 'request-body']]);
  });

  it('may take its time while nobody wants it, and gets no new time by that', () => {
    const { deadlines, stream, expiredAt } = setup();
    deadlines.wantBody(stream, true, 0);
    deadlines.wantBody(stream, false, 1_500); // 500 are left
    expect(expiredAt(60_000)).toEqual([]);
    deadlines.wantBody(stream, true, 60_000);
    expect(expiredAt(60_499)).toEqual([]);
    expect(expiredAt(60_500)).toHaveLength(1);
  });

  it('counts in its window also what has come before its reader went for a moment', () => {
    const { deadlines, stream, expiredAt } = setup();
    // As every reader does that takes pieces: it waits, gets one, and waits again. 10 in 1,000 milliseconds is the slowest rate.
    for (let nowMs = 0; nowMs < 20_000; nowMs += 500) {
      expect(expiredAt(nowMs)).toEqual([]);
      deadlines.wantBody(stream, true, nowMs);
      deadlines.noteBody(stream, 5, nowMs + 400);
      deadlines.wantBody(stream, false, nowMs + 400);
    }
    deadlines.wantBody(stream, true, 20_000);
    expect(expiredAt(22_000)).toEqual([]); // the window in which the last of them came
    expect(expiredAt(24_000)).toHaveLength(1);
  });

  it('without a rate must only come on at all', () => {
    const { deadlines, stream, expiredAt } = setup({ minBodyBytesPerSecond: 0 }, false);
    deadlines.wantBody(stream, true, 0);
    for (let nowMs = 1_999; nowMs < 20_000; nowMs += 1_999) {
      expect(expiredAt(nowMs)).toEqual([]);
      deadlines.noteBody(stream, 1, nowMs);
    }
    expect(expiredAt(21_989)).toEqual([]);
    expect(expiredAt(21_990)).toEqual([['bodyProgressTimeoutMs', 'response-body']]);
  });
});

describe('StreamDeadlines, content that waits', () => {
  it('must get room in time', () => {
    const { deadlines, stream, expiredAt } = setup();
    stream.stalledSinceMs = 1_000;
    deadlines.noteStall(stream);
    expect([deadlines.nextMs, expiredAt(4_999)]).toEqual([5_000, []]);
    expect(expiredAt(5_000)).toEqual([['writeTimeoutMs', 'write']]);
  });

  it('has its time from the moment on at which it came on last', () => {
    const { deadlines, stream, expiredAt } = setup();
    stream.stalledSinceMs = 0;
    deadlines.noteStall(stream);
    stream.stalledSinceMs = 3_000;
    expect([expiredAt(4_000), deadlines.nextMs]).toEqual([[], 7_000]);
    expect(expiredAt(6_999)).toEqual([]);
    expect(expiredAt(7_000)).toHaveLength(1);
  });

  it('holds up the request of a client', () => {
    const { deadlines, stream, expiredAt } = setup({}, false);
    stream.stalledSinceMs = 0;
    deadlines.noteStall(stream);
    expect(expiredAt(4_000)).toEqual([['writeTimeoutMs', 'request']]);
  });
});

it('StreamDeadlines looks at every stream, and gives all that are due at once', () => {
  const { deadlines } = setup();
  const streams = [1, 3, 5].map((id) => newStream(id));
  for (const [index, stream] of streams.entries()) deadlines.awaitHead(stream, 10 * index);
  const ids = (nowMs: number) => deadlines.expired(streams, nowMs).map(({ stream }) => stream.id);
  expect([ids(999), ids(1_010), deadlines.nextMs]).toEqual([[], [1, 3], 1_020]);
});

function setup(timeouts: Partial<Http2Timeouts> = {}, isServer = true) {
  const deadlines = new StreamDeadlines<string>(fullHttp2Timeouts('server', { ...TIMEOUTS, ...timeouts }), isServer);
  const stream = newStream(1);
  /** Limit and phase of those that have expired. */
  const expiredAt = (nowMs: number) =>
    deadlines.expired([stream], nowMs).map(({ error }) => [Reflect.get(error, 'limit'), error.facts?.phase]);
  return { deadlines, stream, expiredAt };
}

function newStream(id: number): Http2Stream<string> {
  return new Http2Stream<string>(id, 65_535, new ReceiveWindow(65_535, 0));
}
