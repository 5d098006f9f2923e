import { describe, expect, it } from 'vitest';
import { continuation, data, frame, headers, literalBlock, settings } from '../../test/support/frames.ts';
import { ProtocolStage } from '../../test/support/protocol-stage.ts';
import type { Http2Protocol } from './http2-protocol.ts';
import type { Http2Stream } from './http2-stream.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
type EndStream = (protocol: Http2Protocol<string>, stream: Http2Stream<string>, nowMs: number) => void;
const CONNECT = [':method', 'CONNECT', ':authority', 'a.test:443'];

describe('the last stream that GOAWAY names', () => {
  it('never grows, though later streams came that were not served', () => {
    const stage = new ProtocolStage('server');
    stage.receive(headers(1, POST));
    stage.command((protocol, nowMs) => protocol.shutdown(nowMs, true));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 NO_ERROR']);
    stage.receive(headers(3, GET, { end: true }), frame(0x6, 0, 0, Buffer.from('short')));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 FRAME_SIZE_ERROR']);
  });
});

describe('an end of the whole connection', () => {
  it.each(['client', 'server'] as const)('cuts messages that are not complete, which is no reset: %s', (role) => {
    const stage = new ProtocolStage(role);
    if (role === 'client') for (let count = 0; count < 2; count++) stage.open(POST, false);
    const head = role === 'client' ? [':status', '200'] : POST;
    stage.receive(headers(1, head, { end: true }), headers(3, head));
    stage.takeEvents();
    stage.takeFrames();
    stage.command((protocol, nowMs) => protocol.receiveEnd(nowMs));
    expect(stage.takeEvents().filter((line) => line !== 'capacity')).toEqual(['cut 3']);
    expect(stage.takeFrames()).toEqual([]);
  });
});

describe('a connection whose last stream has ended', () => {
  it.each([
    ['by a head', (protocol, stream, nowMs) => protocol.sendFields(stream, [':status', '204'], true, nowMs)],
    [
      'by content',
      (protocol, stream, nowMs) => {
        protocol.sendFields(stream, [':status', '200'], false, nowMs);
        protocol.sendData(stream, Buffer.from('x'), true, nowMs);
      },
    ],
    [
      'by trailers',
      (protocol, stream, nowMs) => {
        protocol.sendFields(stream, [':status', '200'], false, nowMs);
        protocol.sendTrailers(stream, ['a', 'b'], nowMs);
      },
    ],
    ['by a reset', (protocol, stream, nowMs) => protocol.reset(stream, 'CANCEL', nowMs)],
  ] satisfies readonly (readonly [string, EndStream])[])(
    'is idle from then on, and not from when it was last heard: %s',
    (_, end) => {
      const stage = new ProtocolStage('server', { timeouts: { idleTimeoutMs: 1_000 } });
      stage.receive(headers(1, GET, { end: true }));
      stage.advance(5_000); // the answer takes its time
      stage.command((protocol, nowMs) => end(protocol, stage.stream(1), nowMs));
      stage.takeFrames();
      stage.advance(999);
      expect(stage.takeFrames()).toEqual([]);
      stage.advance(1);
      expect(stage.takeFrames()).toEqual(['GOAWAY 1 NO_ERROR']);
    },
  );
});

describe('a field section that comes slowly', () => {
  it('is kept, whatever becomes of the memory that its pieces came in', () => {
    const stage = new ProtocolStage('server');
    const block = literalBlock(GET);
    stage.receive(headers(1, block.subarray(0, 9), { end: true, endHeaders: false })); // in a Buffer, which is overwritten
    stage.receive(continuation(1, block.subarray(9, 20), false));
    stage.receive(continuation(1, block.subarray(20), true));
    expect(stage.takeEvents()).toEqual(['request 1 GET https a.test /']);
  });

  it('has its time from its own begin on, even if another ended in the same bytes', () => {
    const stage = new ProtocolStage('server', { timeouts: { headerTimeoutMs: 1_000 } });
    const block = literalBlock(GET);
    stage.receive(headers(1, block, { end: true, endHeaders: false }));
    stage.advance(999);
    stage.receive(continuation(1, new Uint8Array(0), true), headers(3, block, { end: true, endHeaders: false }));
    stage.advance(999);
    expect(stage.protocol.hasFailed).toBe(false);
    stage.advance(1);
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 PROTOCOL_ERROR']);
    expect(stage.takeEvents().at(-1)).toBe('failed PROTOCOL_ERROR LML_ERR_TIMEOUT');
  });
});

describe('a tunnel', () => {
  it('has no length, though the positive answer to its CONNECT says one', () => {
    const stage = new ProtocolStage('client');
    stage.open(CONNECT, false);
    stage.receive(headers(1, [':status', '200', 'content-length', '3']), data(1, 'more than three', { end: true }));
    expect(stage.takeEvents()).toEqual(['response 1 200 content-length=3 +body', 'data 1 more than three', 'end 1']);
  });

  it('has no length, though its CONNECT says that there is no content', () => {
    const stage = new ProtocolStage('server');
    stage.receive(headers(1, [...CONNECT, 'content-length', '0']), data(1, 'abc'));
    expect(stage.takeEvents()).toEqual(['request 1 CONNECT a.test:443 content-length=0 +body', 'data 1 abc']);
  });

  it('is none if the answer is negative, which has a length', () => {
    const stage = new ProtocolStage('client');
    stage.open(CONNECT, false);
    stage.receive(headers(1, [':status', '403', 'content-length', '3']), data(1, 'more than three', { end: true }));
    expect(stage.takeEvents()).toContain('stream-failed 1 LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH');
  });
});

describe('frames that nobody is asked to pay for otherwise', () => {
  const limits = { maxControlFramesPerSecond: 2 }; // 10 at once

  it('count if they are DATA of nothing but padding', () => {
    const stage = new ProtocolStage('server', { limits });
    stage.receive(headers(1, POST), ...Array.from({ length: 10 }, () => data(1, '', { pad: 3 })));
    expect(stage.takeFrames()).toEqual([]);
    stage.receive(data(1, 'x', { pad: 3 }), data(1, '', { pad: 0 }));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 ENHANCE_YOUR_CALM']);
  });

  it('count if they are HEADERS of a stream that we have reset', () => {
    const stage = new ProtocolStage('server', { limits });
    stage.receive(headers(1, POST));
    stage.command((protocol) => protocol.reset(stage.stream(1), 'CANCEL', stage.nowMs));
    stage.receive(...Array.from({ length: 10 }, () => headers(1, GET)));
    expect(stage.takeFrames()).toEqual(['RST_STREAM 1 CANCEL']);
    stage.receive(headers(1, GET));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 ENHANCE_YOUR_CALM']);
  });

  it('count if they are HEADERS of streams that come behind the end', () => {
    const stage = new ProtocolStage('server', { limits });
    stage.receive(headers(1, POST));
    stage.command((protocol, nowMs) => protocol.shutdown(nowMs, true));
    stage.receive(...Array.from({ length: 10 }, (_, index) => headers(3 + 2 * index, GET)));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 NO_ERROR']);
    stage.receive(headers(101, GET));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 ENHANCE_YOUR_CALM']);
  });
});

describe('errors of a stream', () => {
  it('say that they are, unlike those of the connection', () => {
    const stage = new ProtocolStage('server');
    stage.receive(headers(1, POST), frame(0x8, 0, 1, Buffer.alloc(4)));
    expect(stage.lastError).toMatchObject({ scope: 'stream', streamId: 1, errorCode: 'PROTOCOL_ERROR' });
    stage.receive(headers(3, GET, { end: true }), data(3, 'x'));
    expect(stage.lastError).toMatchObject({ scope: 'stream', streamId: 3, errorCode: 'STREAM_CLOSED' });
    stage.receive(headers(5, POST), frame(0x8, 0, 5, Buffer.from('7fffffff', 'hex')));
    expect(stage.lastError).toMatchObject({ scope: 'stream', streamId: 5, errorCode: 'FLOW_CONTROL_ERROR' });
    stage.receive(headers(7, POST), frame(0x8, 0, 0, Buffer.from('7fffffff', 'hex')));
    expect(stage.lastError).toMatchObject({ scope: 'connection', streamId: 0, errorCode: 'FLOW_CONTROL_ERROR' });
  });
});

it('a stream that was left out can not be opened, unlike one that has ended', () => {
  const stage = new ProtocolStage('server');
  stage.receive(settings(), headers(5, GET, { end: true }), headers(3, GET, { end: true }));
  expect(stage.takeFrames()).toEqual(['SETTINGS ACK', 'GOAWAY 5 PROTOCOL_ERROR']);
});
