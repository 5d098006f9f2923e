import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../test/support/frame-reader.ts';
import { settings } from '../../test/support/frames.ts';
import { FrameWriter } from '../codec/frames/frame-writer.ts';
import { fullHttp2Timeouts } from './http2-timeouts.ts';
import { PingClock } from './ping-clock.ts';

const MEASURE = 'measures';
const LIFE = 'sign-of-';
const LAST = 'farewell';

describe('PingClock', () => {
  it('measures the way to the peer and back, one PING at a time, and not too often', () => {
    const { pings, writer, sent, ack } = setup();
    expect(pings.roundTripMs).toBe(0);
    pings.measure(writer, 100);
    pings.measure(writer, 101);
    expect(sent()).toEqual([MEASURE]);
    expect(ack(MEASURE, 130)).toBe('measure');
    expect(pings.roundTripMs).toBe(30);
    pings.measure(writer, 130 + 9_999);
    expect(sent()).toEqual([]);
    pings.measure(writer, 130 + 10_000);
    expect(sent()).toEqual([MEASURE]);
  });

  it('knows the answers to what it asked, each once', () => {
    const { pings, writer, ack } = setup();
    expect(ack(MEASURE, 1)).toBeUndefined();
    expect(ack('whatever', 1)).toBeUndefined();
    pings.measure(writer, 1);
    expect(ack('measureS', 2)).toBeUndefined();
    expect([ack(MEASURE, 3), ack(MEASURE, 4)]).toEqual(['measure', undefined]);
    expect(pings.roundTripMs).toBe(2);
  });

  it('asks a silent peer for a sign of life while streams are open, and waits for the answer', () => {
    const { pings, writer, sent } = setup();
    pings.noteLife(500);
    expect([pings.nextMs(false), pings.nextMs(true)]).toEqual([Number.POSITIVE_INFINITY, 1_500]);
    expect(pings.handleTimeout(writer, 1_499, true)).toBeUndefined();
    expect(pings.handleTimeout(writer, 1_500, false)).toBeUndefined();
    expect(sent()).toEqual([]);
    expect(pings.handleTimeout(writer, 1_500, true)).toBeUndefined();
    expect([sent(), pings.nextMs(true)]).toEqual([[LIFE], 1_700]);
    expect(pings.handleTimeout(writer, 1_699, true)).toBeUndefined();
    expect(pings.handleTimeout(writer, 1_700, true)).toBe('dead');
    expect(sent()).toEqual([]);
  });

  it('takes any byte for a sign of life', () => {
    const { pings, writer, sent } = setup();
    pings.handleTimeout(writer, 1_000, true);
    expect(sent()).toEqual([LIFE]);
    pings.noteLife(1_001);
    expect(pings.handleTimeout(writer, 1_200, true)).toBeUndefined();
    expect(pings.nextMs(true)).toBe(2_200);
  });

  it('says when the last GOAWAY can be sent: when the first was heard, or a second later', () => {
    const { pings, writer, sent, ack } = setup();
    pings.sendLast(writer, 50);
    expect([sent(), pings.nextMs(false)]).toEqual([[LAST], 1_050]);
    expect(pings.handleTimeout(writer, 1_049, false)).toBeUndefined();
    expect(pings.handleTimeout(writer, 1_050, false)).toBe('last');
    expect(ack(LAST, 1_051)).toBeUndefined();
    pings.sendLast(writer, 2_000);
    expect([ack(LAST, 2_010), pings.nextMs(false)]).toEqual(['last', Number.POSITIVE_INFINITY]);
  });
});

describe('PingClock, in doubt', () => {
  it('asks where nothing has come for so long, and believes any byte', () => {
    const { pings, writer, sent } = setup();
    pings.noteLife(100);
    expect([pings.doubt(writer, 300, 500, 799), pings.isInDoubt]).toEqual([false, false]);
    expect([pings.doubt(writer, 300, 500, 800), pings.isInDoubt, sent()]).toEqual([true, true, [LIFE]]);
    expect([pings.doubt(writer, 300, 500, 900), sent()]).toEqual([false, []]);
    expect([pings.noteLife(901), pings.noteLife(902), pings.isInDoubt]).toEqual([true, false, false]);
  });

  it('gives a peer up that does not answer, whether streams are open or not', () => {
    const { pings, writer } = setup();
    pings.doubt(writer, 0, 500, 500);
    expect([pings.nextMs(false), pings.handleTimeout(writer, 699, false)]).toEqual([700, undefined]);
    expect([pings.handleTimeout(writer, 700, false), pings.isInDoubt]).toEqual(['dead', true]);
  });

  it('adds up what many have waited for in vain', () => {
    const { pings, writer } = setup();
    pings.noteLife(50);
    for (const nowMs of [100, 300, 500]) {
      pings.noteRequest(nowMs);
      expect(pings.doubt(writer, nowMs, 500, nowMs + 99)).toBe(false);
    }
    pings.noteRequest(550);
    expect(pings.doubt(writer, 550, 500, 600)).toBe(true);
  });

  it('does not doubt a slow peer all the time, nor where an answer has no limit', () => {
    const { pings, writer, ack } = setup();
    expect(pings.doubt(writer, 0, 500, 500)).toBe(true);
    expect([pings.noteLife(501), ack(LIFE, 501)]).toEqual([true, 'life']);
    expect(pings.doubt(writer, 501, 500, 30_499)).toBe(false);
    expect(pings.doubt(writer, 501, 500, 30_500)).toBe(true);
    const patient = new PingClock(fullHttp2Timeouts('client', { pingTimeoutMs: Number.POSITIVE_INFINITY }), 0);
    expect([patient.doubt(writer, 0, 500, 500), patient.isInDoubt]).toEqual([false, false]);
  });
});

function setup() {
  const pings = new PingClock(fullHttp2Timeouts('server', { keepAliveMs: 1_000, pingTimeoutMs: 200 }), 0);
  const writer = new FrameWriter();
  const reader = new FrameReader();
  reader.read(settings());
  /** Payloads of the PING frames that were written since the last time. */
  const sent = (): string[] => {
    const lines = writer.takeOutput().flatMap((chunk) => reader.read(chunk));
    return lines.map((line) => line.replace('PING ', ''));
  };
  const ack = (payload: string, nowMs: number) => pings.takeAck(Buffer.from(`..${payload}`), 2, nowMs);
  return { pings, writer, sent, ack };
}
