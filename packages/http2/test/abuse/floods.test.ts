import { describe, expect, it } from 'vitest';
import {
  continuation,
  data,
  frame,
  headers,
  literalBlock,
  ping,
  priority,
  priorityUpdate,
  reset,
  SETTINGS_ACK,
  settings,
  windowUpdate,
} from '../support/frames.ts';
import { ProtocolStage } from '../support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
/** Frames that carry nothing, per second, by default, and how many of them at once. */
const PER_SECOND = 500;
const BURST = 5 * PER_SECOND;

/** What a peer may send without end, if nobody counts it. */
const floods: readonly (readonly [what: string, flood: Uint8Array])[] = [
  ['PING', ping('abcdefgh')],
  ['answers to PING', ping('abcdefgh', true)],
  ['SETTINGS', settings([4, 65_535])],
  ['empty SETTINGS', settings()],
  ['acknowledgements of SETTINGS', SETTINGS_ACK],
  ['PRIORITY', priority(1, 0)],
  ['PRIORITY of streams that never were', priority(101, 0)],
  ['PRIORITY_UPDATE', priorityUpdate(1, 'u=1')],
  ['PRIORITY_UPDATE of streams that never were', priorityUpdate(101, 'u=1')],
  ['WINDOW_UPDATE of the connection', windowUpdate(0, 1)],
  ['WINDOW_UPDATE of a stream', windowUpdate(1, 1)],
  ['WINDOW_UPDATE of a stream that is over', windowUpdate(3, 1)],
  ['RST_STREAM of a stream that is over', reset(3, 8)],
  ['empty DATA', data(1, '')],
  ['DATA of padding alone', data(1, '', { pad: 5 })],
  ['HEADERS of a stream that was reset', headers(3, ['a', 'b'])],
  ['frames of unknown types', frame(0x7a, 0, 0, Buffer.alloc(50))],
  ['GOAWAY', frame(7, 0, 0, Buffer.alloc(8))],
];

describe.each(floods)('a flood of %s', (_what, flood) => {
  it('ends the connection when it is more than the budget, and not before', () => {
    const stage = opened();
    stage.receive(...Array.from({ length: BURST }, () => flood));
    expect(stage.protocol.hasFailed).toBe(false);
    stage.receive(flood, flood);
    expect(stage.takeEvents().at(-1)).toBe('failed ENHANCE_YOUR_CALM LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND');
    expect(stage.takeFrames().at(-1)).toBe('GOAWAY 3 ENHANCE_YOUR_CALM');
  });

  it('never ends it at the rate that is allowed', () => {
    const stage = opened();
    for (let second = 0; second < 20; second++) {
      stage.nowMs += 1_010;
      stage.receive(...Array.from({ length: PER_SECOND }, () => flood));
    }
    expect(stage.protocol.hasFailed).toBe(false);
  });

  it('ends it at twice that rate', () => {
    const stage = opened();
    for (let second = 0; second < 10 && !stage.protocol.hasFailed; second++) {
      stage.nowMs += 1_000;
      stage.receive(...Array.from({ length: 2 * PER_SECOND }, () => flood));
    }
    expect(stage.protocol.hasFailed).toBe(true);
  });
});

describe('a flood of frames that are paid for', () => {
  it('WINDOW_UPDATE for what was sent is no flood, however much that is', () => {
    const stage = new ProtocolStage('server', { limits: { maxControlFramesPerSecond: 10 } });
    stage.receive(headers(1, GET, { end: true }), settings([4, 0x7fff_fff0]), windowUpdate(0, 0x7000_0000));
    stage.command((protocol) => protocol.sendFields(stage.stream(1), [':status', '200'], false, stage.nowMs));
    const chunk = new Uint8Array(16_384);
    for (let index = 0; index < 200; index++) {
      stage.command((protocol, nowMs) => protocol.sendData(stage.stream(1), chunk, false, nowMs));
      stage.receive(windowUpdate(0, 16_384), windowUpdate(1, 1), windowUpdate(0, 1));
    }
    expect(stage.protocol.hasFailed).toBe(false);
  });

  it('DATA with content is no flood, however small', () => {
    const stage = opened();
    stage.receive(...Array.from({ length: 10_000 }, () => data(1, 'x')));
    expect(stage.protocol.hasFailed).toBe(false);
  });
});

describe('a flood of CONTINUATION', () => {
  const limits = { maxHeaderListBytes: 4_096 };

  it('of empty frames ends after 64 of them', () => {
    const stage = new ProtocolStage('server', { limits });
    stage.receive(headers(1, literalBlock(GET), { end: true, endHeaders: false }));
    for (let index = 0; index < 63; index++) stage.receive(continuation(1, Buffer.alloc(0), false));
    expect(stage.protocol.hasFailed).toBe(false);
    stage.receive(continuation(1, Buffer.alloc(0), false));
    expect(stage.takeFrames()).toEqual(['GOAWAY 0 ENHANCE_YOUR_CALM']);
    expect(stage.takeEvents().at(-1)).toBe('failed ENHANCE_YOUR_CALM LML_ERR_HTTP2_HEADERS_TOO_LARGE');
  });

  it('of full ones ends when they are larger than a section may be', () => {
    const stage = new ProtocolStage('server', { limits });
    stage.receive(headers(1, literalBlock(GET), { end: true, endHeaders: false }));
    const room = 4_096 - literalBlock(GET).length;
    stage.receive(continuation(1, Buffer.alloc(room, 0x82), false));
    expect(stage.protocol.hasFailed).toBe(false);
    stage.receive(continuation(1, Buffer.alloc(1, 0x82), false));
    expect(stage.takeFrames()).toEqual(['GOAWAY 0 ENHANCE_YOUR_CALM']);
  });

  it('that dribbles ends when the section has taken too long', () => {
    const stage = new ProtocolStage('server', { limits });
    stage.receive(headers(1, literalBlock(GET), { end: true, endHeaders: false }));
    for (let second = 0; second < 19; second++) {
      stage.advance(1_000);
      stage.receive(continuation(1, Buffer.alloc(0), false));
    }
    expect(stage.protocol.hasFailed).toBe(false);
    stage.advance(1_000);
    expect(stage.takeEvents().at(-1)).toBe('failed PROTOCOL_ERROR LML_ERR_TIMEOUT');
  });
});

/** A server with a stream that is open, and one that it has reset. */
function opened(): ProtocolStage {
  const stage = new ProtocolStage('server');
  stage.receive(headers(1, POST), headers(3, POST));
  stage.command((protocol) => protocol.reset(stage.stream(3), 'CANCEL', stage.nowMs));
  stage.takeEvents();
  stage.takeFrames();
  return stage;
}
