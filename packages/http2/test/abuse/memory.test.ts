import { describe, expect, it } from 'vitest';
import {
  continuation,
  data,
  frame,
  headers,
  literalBlock,
  priorityUpdate,
  reset,
  settings,
} from '../support/frames.ts';
import { ProtocolStage } from '../support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];

describe('compression bombs', () => {
  it('a field that is indexed again and again is not put together', () => {
    const stage = new ProtocolStage('server');
    // A value of 4,000 bytes enters the table; 10,000 indices stand for 40 MB.
    const entry = Buffer.concat([Buffer.from('400161', 'hex'), literal(4_000)]);
    stage.receive(
      headers(1, Buffer.concat([literalBlock(GET), entry]), { end: true }),
      headers(3, Buffer.concat([literalBlock(GET), Buffer.alloc(10_000, 0xbe)]), { end: true }),
    );
    expect(stage.takeFrames()).toEqual(['HEADERS 3 :status=431 END']);
    expect(stage.takeEvents()).toHaveLength(1);
  });

  it('many small fields are counted by what they cost beside their bytes', () => {
    const stage = new ProtocolStage('server', { limits: { maxHeaders: 100_000 } });
    stage.receive(headers(1, Buffer.concat([literalBlock(GET), Buffer.alloc(3_000, 0x90)]), { end: true }));
    expect(stage.takeFrames()).toEqual(['HEADERS 1 :status=431 END']);
  });

  it('more fields than anybody has are refused', () => {
    const stage = new ProtocolStage('server', { limits: { maxHeaders: 20 } });
    const fields = Array.from({ length: 30 }, (_, index) => [`a${index}`, '']).flat();
    stage.receive(headers(1, [...GET, ...fields], { end: true }));
    expect(stage.takeFrames()).toEqual(['HEADERS 1 :status=431 END']);
  });

  it('the table stays as small as it was announced', () => {
    const stage = new ProtocolStage('server', { limits: { headerTableBytes: 0 } });
    // No update to 0 in front: the client has acknowledged that the table is gone.
    stage.receive(headers(1, GET, { end: true }));
    expect(stage.takeFrames()).toEqual(['GOAWAY 0 COMPRESSION_ERROR']);
  });
});

describe('what a connection keeps', () => {
  it('of a body that nobody reads is one window', () => {
    const limits = { initialStreamWindowBytes: 1_000, maxStreamWindowBytes: 1_000 };
    const stage = new ProtocolStage('server', { limits });
    stage.readsBodies = false;
    stage.receive(headers(1, POST), data(1, 'x'.repeat(1_000)));
    expect(stage.stream(1).unreadBytes).toBe(1_000);
    stage.receive(data(1, 'x'));
    expect(stage.takeFrames(true)).toContain('RST_STREAM 1 FLOW_CONTROL_ERROR');
    expect(stage.stream(1).unreadBytes).toBe(1_000 + 1); // given back to the connection
  });

  it('of many bodies that nobody reads is the window of the connection', () => {
    const stage = new ProtocolStage('server', { limits: { connectionWindowBytes: 65_535 } });
    stage.readsBodies = false;
    const ids = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
    stage.receive(...ids.map((id) => headers(id, POST)));
    for (const id of ids) stage.receive(data(id, 'x'.repeat(4_000)));
    expect(stage.takeFrames().at(-1)).toBe('GOAWAY 39 FLOW_CONTROL_ERROR');
    const unread = ids.reduce((sum, id) => sum + stage.stream(id).unreadBytes, 0);
    expect(unread).toBeLessThanOrEqual(65_535);
  });

  it('of priorities that came ahead is so many and no more', () => {
    const stage = new ProtocolStage('server', { limits: { maxControlFramesPerSecond: 100_000 } });
    stage.receive(settings([4, 0]));
    for (let id = 1; id < 20_000; id += 2) stage.receive(priorityUpdate(id, 'u=0'));
    // The first 64 are known, others are not: they go by the default.
    for (const id of [127, 129]) {
      stage.receive(headers(id, GET, { end: true }));
      expect(stage.stream(id).urgency).toBe(id === 127 ? 0 : 3);
    }
  });

  it('of a frame that is not whole is what may be in one', () => {
    const stage = new ProtocolStage('server');
    stage.receive(Buffer.from('00400101', 'hex'), Buffer.from('0000000001', 'hex'));
    expect(stage.takeFrames()).toEqual(['GOAWAY 0 FRAME_SIZE_ERROR']);
  });

  it('of a section that is not whole is what one may have', () => {
    const stage = new ProtocolStage('server', { limits: { maxHeaderListBytes: 20_000 } });
    stage.receive(headers(1, Buffer.alloc(16_000), { endHeaders: false }), continuation(1, Buffer.alloc(4_000), false));
    expect(stage.takeFrames()).toEqual([]);
    stage.receive(continuation(1, Buffer.alloc(1), false));
    expect(stage.takeFrames()).toEqual(['GOAWAY 0 ENHANCE_YOUR_CALM']);
  });

  it('of what a peer says at the end is 200 characters', () => {
    const stage = new ProtocolStage('client');
    stage.open(GET);
    stage.receive(frame(7, 0, 0, Buffer.concat([Buffer.from('0000000100000002', 'hex'), Buffer.alloc(16_000, 'x')])));
    expect(stage.takeEvents()).toContain(`goaway 2 ${'x'.repeat(200)}`);
  });

  it('of SETTINGS is no more than 64 of them', () => {
    const many = (count: number): Uint8Array => settings(...Array.from({ length: count }, () => [0x99, 1] as const));
    const stage = new ProtocolStage('server');
    stage.receive(many(64));
    expect(stage.takeFrames()).toEqual(['SETTINGS ACK']);
    stage.receive(many(65));
    expect(stage.takeFrames()).toEqual(['GOAWAY 0 FRAME_SIZE_ERROR']);
  });

  it('of streams that are over is how the last of them ended', () => {
    const stage = new ProtocolStage('server', { limits: { maxConcurrentStreams: 1, maxResetsPerSecond: 100_000 } });
    for (let id = 1; id < 20_000; id += 2) {
      stage.receive(headers(id, POST), reset(id, 8));
    }
    stage.takeFrames();
    stage.receive(headers(19_999, ['a', 'b'], { end: true })); // known: the client itself has reset it
    expect(stage.takeFrames()).toEqual(['RST_STREAM 19999 STREAM_CLOSED']);
    stage.receive(headers(1, ['a', 'b'], { end: true })); // forgotten: it may be on its way
    expect([stage.takeFrames(), stage.protocol.hasFailed]).toEqual([[], false]);
  });
});

/** A string of so many characters, without Huffman code. */
function literal(length: number): Uint8Array {
  const rest = length - 127;
  return Buffer.concat([Uint8Array.of(127, (rest % 128) + 128, Math.floor(rest / 128)), Buffer.alloc(length, 'x')]);
}
