import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Http2Outbound } from '../../src/protocol/http2-outbound.ts';
import { data, headers, reset, settings, windowUpdate } from '../support/frames.ts';
import { ProtocolStage } from '../support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
const INITIAL_WINDOW_SIZE = 4;
/** Resets that are allowed at once: twice as many as streams. */
const BURST = 500;

/** What makes a stream end by RST_STREAM, of either side: the frames of one round. */
const provocations: readonly (readonly [what: string, round: (id: number) => Uint8Array[], answer: string])[] = [
  ['reset by the client (CVE-2023-44487)', (id) => [headers(id, GET, { end: true }), reset(id, 8)], ''],
  ['malformed', (id) => [headers(id, ['x', 'y'], { end: true })], 'PROTOCOL_ERROR'],
  ['of the wrong length', (id) => [headers(id, [...POST, 'content-length', '1']), data(id, 'xy')], 'PROTOCOL_ERROR'],
  ['with a WINDOW_UPDATE by 0', (id) => [headers(id, POST), windowUpdate(id, 0)], 'PROTOCOL_ERROR'],
  ['whose window is overrun', (id) => [headers(id, POST), windowUpdate(id, 0x7fff_ffff)], 'FLOW_CONTROL_ERROR'],
  ['with DATA behind its end', (id) => [headers(id, GET, { end: true }), data(id, 'x')], 'STREAM_CLOSED'],
  ['with HEADERS behind its end', (id) => [headers(id, GET, { end: true }), headers(id, ['a', 'b'])], 'STREAM_CLOSED'],
  ['with trailers that do not end it', (id) => [headers(id, POST), headers(id, ['a', 'b'])], 'PROTOCOL_ERROR'],
  [
    'with a pseudo-header field in its trailers',
    (id) => [headers(id, POST), headers(id, [':a', 'b'], { end: true })],
    'PROTOCOL_ERROR',
  ],
  [
    'reset by the client, which goes on with it',
    (id) => [headers(id, POST), reset(id, 8), data(id, 'x')],
    'STREAM_CLOSED',
  ],
];

describe.each(provocations)('requests that are %s', (_what, round, answer) => {
  it('end the connection when they are more than the budget, and not before', () => {
    const stage = new ProtocolStage('server');
    // Who breaks a rule pays for four; the last one costs two: the client's own reset, and ours.
    const each = _what.includes('goes on') ? 2 : answer === '' ? 1 : 4;
    let id = 1;
    for (; id < 2 * (BURST / each); id += 2) stage.receive(...round(id));
    expect(stage.protocol.hasFailed).toBe(false);
    const resets = stage.takeFrames();
    expect(resets).toHaveLength(answer === '' ? 0 : BURST / each);
    expect(resets.every((line) => line.endsWith(answer))).toBe(true);
    stage.receive(...round(id));
    expect(stage.takeFrames().at(-1)).toBe(`GOAWAY ${id} ENHANCE_YOUR_CALM`);
    expect(stage.takeEvents().at(-1)).toBe('failed ENHANCE_YOUR_CALM LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND');
  });
});

it('streams that are refused count, too', () => {
  const stage = new ProtocolStage('server', { limits: { maxConcurrentStreams: 1 } });
  stage.receive(headers(1, POST));
  for (let index = 0; index < 200; index++) stage.receive(headers(3 + 2 * index, GET, { end: true }));
  expect(stage.protocol.hasFailed).toBe(false);
  stage.receive(headers(3 + 2 * 200, GET, { end: true }));
  expect(stage.protocol.hasFailed).toBe(true);
});

it('requests with fields that are too large count, too', () => {
  const stage = new ProtocolStage('server', { limits: { maxHeaderListBytes: 1_024, maxResetsPerSecond: 2 } });
  const large = [...GET, 'a', 'x'.repeat(1_024)];
  for (let index = 0; index < 10; index++) stage.receive(headers(1 + 2 * index, large, { end: true }));
  expect(stage.protocol.hasFailed).toBe(false);
  stage.receive(headers(21, large, { end: true }));
  expect(stage.protocol.hasFailed).toBe(true);
});

describe('honest clients', () => {
  it.each([
    ['5,000', 5_000],
    ['twice 5,000', 10_000],
  ])('may abort %s requests in a minute, minute by minute', (_what, perMinute) => {
    const stage = new ProtocolStage('server');
    let id = 1;
    for (let index = 0; index < 3 * perMinute; index++, id += 2) {
      stage.nowMs += 60_000 / perMinute;
      stage.receive(headers(id, GET, { end: true }), reset(id, 8));
      stage.takeEvents();
      stage.streams.clear();
    }
    expect(stage.protocol.hasFailed).toBe(false);
    expect(stage.protocol.activeStreams).toBe(0);
  });

  it.each([
    ['all they have under way at once, 5,000 a minute', 1, 3_000],
    ['that, and all that came in its place at the same moment', 2, 6_000],
    ['all they have under way at once, twice as often', 1, 1_500],
  ])('may abort %s', (_what, times, everyMs) => {
    const stage = new ProtocolStage('server');
    let id = 1;
    for (let round = 0; round < 60; round++) {
      stage.nowMs += everyMs;
      for (let time = 0; time < times; time++) {
        const ids = Array.from({ length: 250 }, () => (id += 2));
        for (const each of ids) stage.receive(headers(each, GET, { end: true }));
        for (const each of ids) stage.receive(reset(each, 8));
      }
    }
    expect(stage.protocol.hasFailed).toBe(false);
  });

  it.each([
    [250, 200, 500],
    [1_000, 200, 1_000],
    [0x7fff_ffff, 200, 1_000],
    [1, 200, 200],
    [250, 2, 10],
  ])('who may have %i streams and %i resets a second may reset %i at once', (streams, perSecond, burst) => {
    const limits = { maxConcurrentStreams: streams, maxResetsPerSecond: perSecond };
    const stage = new ProtocolStage('server', { limits });
    let id = 1;
    for (let index = 0; index < burst; index++, id += 2) stage.receive(headers(id, GET, { end: true }), reset(id, 8));
    expect(stage.protocol.hasFailed).toBe(false);
    stage.receive(headers(id, GET, { end: true }), reset(id, 8));
    expect(stage.protocol.hasFailed).toBe(true);
  });

  it('hear that we have had enough of what they send, which costs them nothing', () => {
    const stage = new ProtocolStage('server');
    for (let id = 1; id < 10_000; id += 2) {
      stage.receive(headers(id, POST));
      stage.command((protocol) => protocol.sendFields(stage.stream(id), [':status', '413'], true, stage.nowMs));
      stage.command((protocol) => protocol.reset(stage.stream(id), 'NO_ERROR', stage.nowMs));
    }
    expect(stage.protocol.hasFailed).toBe(false);
  });
});

describe('servers', () => {
  it('may reset as many requests of a client as they like, one by one', () => {
    const stage = new ProtocolStage('client');
    for (let index = 0; index < 3_000; index++) {
      const { id } = stage.open(GET);
      stage.receive(reset(id, 7));
    }
    expect(stage.protocol.hasFailed).toBe(false);
    expect(stage.protocol.activeStreams).toBe(0);
  });

  it('can not make a client send one RST_STREAM after the other', () => {
    const stage = new ProtocolStage('client', { limits: { maxResetsPerSecond: 2 } });
    for (let index = 0; index < 3; index++) {
      const { id } = stage.open(GET);
      stage.receive(headers(id, ['a', 'b'])); // each counts as four of ten
    }
    expect(stage.takeFrames().at(-1)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM');
  });
});

it('settings that say the size of windows many times change the windows of all streams once', () => {
  const stage = new ProtocolStage('server');
  for (let id = 1; id < 20; id += 2) stage.receive(headers(id, POST));
  const changes = vi.spyOn(Http2Outbound.prototype, 'widenStream');
  onTestFinished(() => changes.mockRestore());
  stage.receive(
    settings(...Array.from({ length: 63 }, (_, index) => [INITIAL_WINDOW_SIZE, index % 2] as const), [4, 10]),
  );
  expect(changes).toHaveBeenCalledTimes(10);
  expect(stage.stream(1).sendWindow).toBe(10);
});

it('settings that push windows below zero and back cost no more than the budget', () => {
  const stage = new ProtocolStage('server', { limits: { maxControlFramesPerSecond: 10 } });
  for (let id = 1; id < 200; id += 2) {
    stage.receive(headers(id, GET, { end: true }));
    stage.command((protocol, nowMs) => {
      protocol.sendFields(stage.stream(id), [':status', '200'], false, stage.nowMs);
      protocol.sendData(stage.stream(id), new Uint8Array(100), true, nowMs);
    });
  }
  const waiting = new ProtocolStage('server', { limits: { maxControlFramesPerSecond: 10 } });
  waiting.receive(settings([INITIAL_WINDOW_SIZE, 10]));
  for (let id = 1; id < 200; id += 2) {
    waiting.receive(headers(id, GET, { end: true }));
    waiting.command((protocol, nowMs) => {
      protocol.sendFields(waiting.stream(id), [':status', '200'], false, waiting.nowMs);
      protocol.sendData(waiting.stream(id), new Uint8Array(100), true, nowMs);
    });
  }
  for (let round = 0; round < 49; round++) waiting.receive(settings([INITIAL_WINDOW_SIZE, round % 2 === 0 ? 0 : 10]));
  expect(waiting.protocol.hasFailed).toBe(false);
  expect(waiting.takeFrames().filter((line) => line.startsWith('DATA')).length).toBe(100);
  waiting.receive(settings([INITIAL_WINDOW_SIZE, 10]), settings([INITIAL_WINDOW_SIZE, 0]));
  expect(waiting.takeFrames().at(-1)).toBe('GOAWAY 199 ENHANCE_YOUR_CALM');
});
