import { describe, expect, it } from 'vitest';
import { data, headers, literalBlock, ping, settings, windowUpdate } from '../support/frames.ts';
import { ProtocolStage } from '../support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
const HEADER_TABLE_SIZE = 1;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;

// `FrameReader` checks each frame: sizes, flags, reserved bits, what it belongs to, and that sections are contiguous.
describe('RFC 9113 4.3.1: a block behind a smaller table begins with an update', () => {
  it('begins with an update when the peer has made its table smaller', () => {
    const stage = served(1, 3, 5);
    respond(stage, 1, ['a', 'b']);
    stage.receive(settings([HEADER_TABLE_SIZE, 0]));
    stage.reader.setMaxTableBytes(0); // from now on, a block without an update is an error
    respond(stage, 3, ['a', 'b']);
    respond(stage, 5, ['a', 'b']);
    expect(stage.takeFrames()).toEqual([
      'HEADERS 1 :status=200 a=b END',
      'SETTINGS ACK',
      'HEADERS 3 :status=200 a=b END',
      'HEADERS 5 :status=200 a=b END',
    ]);
  });

  it('tells the smallest size and the last one, if there were several since the last block', () => {
    const stage = served(1, 3);
    respond(stage, 1, ['a', 'b']);
    stage.receive(settings([HEADER_TABLE_SIZE, 0]), settings([HEADER_TABLE_SIZE, 4_096]));
    stage.reader.setMaxTableBytes(0);
    stage.reader.setMaxTableBytes(4_096);
    respond(stage, 3, ['a', 'b']);
    expect(stage.takeFrames().at(-1)).toBe('HEADERS 3 :status=200 a=b END');
  });
});

describe('RFC 7541 7.1.3: what came as never to be indexed is sent on as that', () => {
  const NEVER = Buffer.from('1005782d6b65790131', 'hex'); // x-key: 1

  it('says so of requests, their trailers too', () => {
    const server = new ProtocolStage('server');
    server.receive(headers(1, Buffer.concat([literalBlock(POST), NEVER])), headers(1, NEVER, { end: true }));
    const { head, trailers } = heard(server);
    const client = new ProtocolStage('client');
    client.command((protocol, nowMs) => {
      const stream = protocol.openStream(['x-key', '1', 'a', 'b'], false, false, nowMs, head);
      protocol.sendTrailers(stream, ['x-key', '1'], nowMs, trailers);
    });
    expect(client.takeFrames()).toEqual(['HEADERS 1 x-key=1(never) a=b', 'HEADERS 1 x-key=1(never) END']);
  });

  it('says so of responses, interim ones and trailers behind content too', () => {
    const client = new ProtocolStage('client');
    client.open(GET);
    const status = Buffer.from('88', 'hex');
    client.receive(headers(1, Buffer.concat([status, NEVER])), headers(1, NEVER, { end: true }));
    const { head, trailers } = heard(client);
    const server = served(1);
    server.command((protocol, nowMs) => {
      const stream = server.stream(1);
      protocol.sendFields(stream, [':status', '103', 'x-key', '1'], false, nowMs, false, head);
      protocol.sendFields(stream, [':status', '200', 'x-key', '1'], false, nowMs, true, head);
      protocol.sendData(stream, Buffer.from('x'), false, nowMs);
      protocol.sendTrailers(stream, ['x-key', '1'], nowMs, trailers);
    });
    expect(server.takeFrames()).toEqual([
      'HEADERS 1 :status=103 x-key=1(never)',
      'HEADERS 1 :status=200 x-key=1(never)',
      'DATA 1 "x"',
      'HEADERS 1 x-key=1(never) END',
    ]);
  });

  it('says so of a section that takes several frames', () => {
    const stage = served(1);
    const fields = [':status', '200', 'a', '\xff'.repeat(100_000), 'x-key', '1'];
    stage.command((protocol, nowMs) =>
      protocol.sendFields(stage.stream(1), fields, true, nowMs, true, new Set(['x-key'])),
    );
    expect(stage.takeFrames().at(-1)).toMatch(/ x-key=1\(never\) END \(7 frames\)$/);
  });
});

describe('RFC 9113 4.2: no frame that is sent is larger than the peer takes', () => {
  it('go on in CONTINUATION, with nothing in between, when a section is larger than a frame', () => {
    const stage = served(1, 3);
    stage.command((protocol, nowMs) => {
      protocol.sendFields(stage.stream(1), [':status', '200'], false, stage.nowMs);
      protocol.sendData(stage.stream(1), Buffer.alloc(40_000, 'x'), true, nowMs);
      protocol.sendFields(stage.stream(3), [':status', '200', 'a', '\xff'.repeat(40_000)], true, stage.nowMs);
    });
    const lines = stage.takeFrames();
    expect(lines.find((line) => line.startsWith('HEADERS 3'))).toMatch(/ END \(3 frames\)$/);
    expect(lines.filter((line) => line.startsWith('DATA 1')).length).toBe(3);
  });

  it('are no larger than the peer takes, also when it takes less than before', () => {
    const stage = served(1, 3);
    stage.receive(settings([MAX_FRAME_SIZE, 65_536]));
    stage.reader.maxFrameBytes = 65_536;
    respond(stage, 1, ['a', '\xff'.repeat(40_000)]);
    expect(stage.takeFrames().at(-1)).toMatch(/^HEADERS 1 .* END$/);
    stage.receive(settings([MAX_FRAME_SIZE, 16_384]));
    stage.reader.maxFrameBytes = 16_384;
    respond(stage, 3, ['a', '\xff'.repeat(40_000)]);
    expect(stage.takeFrames().at(-1)).toMatch(/ END \(3 frames\)$/);
  });
});

describe('RFC 9113 5.1: nothing is sent on a stream that is over', () => {
  it('get no more frames, whatever is asked for', () => {
    const stage = served(1);
    stage.command((protocol, nowMs) => {
      const stream = stage.stream(1);
      protocol.sendFields(stream, [':status', '200'], true, stage.nowMs);
      protocol.sendFields(stream, ['a', 'b'], true, stage.nowMs);
      protocol.sendData(stream, Buffer.from('x'), true, nowMs);
      protocol.sendTrailers(stream, ['a', 'b'], stage.nowMs);
      protocol.reset(stream, 'CANCEL', stage.nowMs);
      protocol.consume(stream, 100, nowMs);
    });
    expect(stage.takeFrames(true)).toEqual(['HEADERS 1 :status=200 END']);
  });

  it('may be reset once', () => {
    const stage = served(1);
    stage.command((protocol) => {
      protocol.reset(stage.stream(1), 'CANCEL', stage.nowMs);
      protocol.reset(stage.stream(1), 'INTERNAL_ERROR', stage.nowMs);
    });
    expect(stage.takeFrames()).toEqual(['RST_STREAM 1 CANCEL']);
  });
});

describe('RFC 9113 8.1: a message that is sent ends with its trailers', () => {
  it('end with their trailers, behind all content', () => {
    const stage = served(1);
    stage.receive(settings([INITIAL_WINDOW_SIZE, 2]));
    stage.takeFrames();
    stage.command((protocol, nowMs) => {
      protocol.sendFields(stage.stream(1), [':status', '200'], false, stage.nowMs);
      protocol.sendData(stage.stream(1), Buffer.from('abc'), false, nowMs);
      protocol.sendTrailers(stage.stream(1), ['t', 'u'], stage.nowMs);
    });
    expect(stage.takeFrames()).toEqual(['HEADERS 1 :status=200', 'DATA 1 "ab"']);
    stage.receive(windowUpdate(1, 5));
    expect(stage.takeFrames()).toEqual(['DATA 1 "c"', 'HEADERS 1 t=u END']);
  });
});

describe('RFC 9113 6.8: a server leaves in two steps, and serves what is on its way', () => {
  it('says so in two steps, serves what is on its way, and closes when all is done', () => {
    const stage = served(1);
    stage.command((protocol, nowMs) => protocol.shutdown(nowMs));
    expect(stage.takeFrames()).toEqual(['GOAWAY 2147483647 NO_ERROR', 'PING farewell']);
    stage.receive(headers(3, GET, { end: true }), ping('farewell', true), headers(5, GET, { end: true }));
    expect(stage.takeFrames()).toEqual(['GOAWAY 3 NO_ERROR']);
    respond(stage, 1, []);
    respond(stage, 3, []);
    expect(stage.takeFrames()).toEqual(['HEADERS 1 :status=200 END', 'HEADERS 3 :status=200 END']);
    expect(stage.takeEvents().at(-1)).toBe('closed');
  });

  it('names no later stream than before, when an error follows', () => {
    const stage = served(1);
    stage.command((protocol, nowMs) => protocol.shutdown(nowMs, true));
    stage.receive(headers(3, GET, { end: true }), windowUpdate(0, 0));
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 NO_ERROR', 'GOAWAY 1 PROTOCOL_ERROR']);
  });

  it('looks at no stream behind the last one, and still counts its content', () => {
    const stage = served(1);
    stage.command((protocol, nowMs) => protocol.shutdown(nowMs, true));
    for (let id = 3; id < 403; id += 2) {
      stage.receive(headers(id, POST), ...Array.from({ length: 10 }, () => data(id, 'x'.repeat(16_000))));
    }
    expect(stage.takeEvents()).toEqual([]);
    expect(stage.takeFrames()).toEqual(['GOAWAY 1 NO_ERROR']);
    expect(stage.protocol.hasFailed).toBe(false);
  });
});

describe('RFC 9218 10: responses share the connection as their priorities say', () => {
  it('streams of use bit by bit take turns, others come one after the other', () => {
    for (const [priority, order] of [
      ['i', [1, 3, 5, 1, 3, 5]],
      ['u=3', [1, 1, 3, 3, 5, 5]],
    ] as const) {
      const stage = new ProtocolStage('server');
      stage.receive(settings([INITIAL_WINDOW_SIZE, 0]), windowUpdate(0, 1_000_000));
      for (const id of [1, 3, 5]) {
        stage.receive(headers(id, [...GET, 'priority', priority], { end: true }));
        stage.command((protocol, nowMs) => {
          protocol.sendFields(stage.stream(id), [':status', '200'], false, stage.nowMs);
          protocol.sendData(stage.stream(id), new Uint8Array(2 * 16_384), true, nowMs);
        });
      }
      stage.takeFrames();
      stage.receive(settings([INITIAL_WINDOW_SIZE, 65_535]));
      const ids = stage.takeFrames().flatMap((line) => /^DATA (\d+)/.exec(line)?.[1] ?? []);
      expect(ids.map(Number)).toEqual(order);
    }
  });
});

/** A server with requests on these streams. */
function served(...ids: readonly number[]): ProtocolStage {
  const stage = new ProtocolStage('server');
  for (const id of ids) stage.receive(headers(id, GET, { end: true }));
  stage.takeEvents();
  return stage;
}

function respond(stage: ProtocolStage, id: number, fields: readonly string[]): void {
  stage.command((protocol) => protocol.sendFields(stage.stream(id), [':status', '200', ...fields], true, stage.nowMs));
}

/** What a message said of its fields that must never be indexed. */
function heard({ seen }: ProtocolStage): Record<'head' | 'trailers', ReadonlySet<string> | undefined> {
  let head: ReadonlySet<string> | undefined;
  let trailers: ReadonlySet<string> | undefined;
  for (const event of seen) {
    if (event.type === 'request' || event.type === 'response') head = event.head.neverIndexed;
    if (event.type === 'end') trailers = event.neverIndexed;
  }
  return { head, trailers };
}
