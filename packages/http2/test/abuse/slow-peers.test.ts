import { describe, expect, it } from 'vitest';
import { data, headers, ping, settings, windowUpdate } from '../support/frames.ts';
import { ProtocolStage } from '../support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
const INITIAL_WINDOW_SIZE = 4;

describe('a client that gives no room', () => {
  it('loses its streams, all of them, after writeTimeoutMs', () => {
    const stage = answering(100, 0);
    stage.advance(59_999);
    expect(stage.takeFrames()).toEqual([]);
    stage.advance(1);
    expect(stage.takeFrames()).toEqual(Array.from({ length: 100 }, (_, index) => `RST_STREAM ${2 * index + 1} CANCEL`));
    expect(stage.protocol.activeStreams).toBe(0);
  });

  it('and nothing but a byte now and then loses them, too', () => {
    const stage = answering(10, 0);
    for (let second = 0; second < 59; second++) {
      stage.advance(1_000);
      for (let id = 1; id < 20; id += 2) stage.receive(windowUpdate(id, 1));
    }
    expect(stage.protocol.activeStreams).toBe(10);
    stage.advance(1_000);
    expect(stage.protocol.activeStreams).toBe(0);
  });

  it('on the connection loses them, though the streams have room', () => {
    const stage = answering(10, 0x10_0000, 10_000);
    expect(stage.takeFrames().filter((line) => line.startsWith('DATA')).length).toBeGreaterThan(0);
    stage.advance(59_999);
    expect(stage.protocol.activeStreams).toBe(4); // the others had all they needed of the first window
    stage.advance(1);
    expect(stage.protocol.activeStreams).toBe(0);
  });

  it('but reads slowly keeps them: 50 bytes a second are enough', () => {
    const stage = answering(2, 0, 100_000);
    for (let second = 0; second < 600; second++) {
      stage.receive(windowUpdate(1, 60), windowUpdate(3, 60), windowUpdate(0, 120));
      stage.advance(1_000);
    }
    expect(stage.protocol.activeStreams).toBe(2);
  });

  it('harms nobody else', () => {
    const stage = answering(5, 0);
    stage.receive(headers(101, GET, { end: true }), windowUpdate(101, 1_000));
    answer(stage, 101, 500);
    expect(stage.takeFrames()).toEqual(['HEADERS 101 :status=200', `DATA 101 "${'x'.repeat(500)}" END`]);
  });
});

describe('a client that sends nothing', () => {
  it('loses a stream whose body does not come, after bodyProgressTimeoutMs', () => {
    const stage = new ProtocolStage('server');
    stage.receive(headers(1, POST), data(1, 'x'));
    stage.command((protocol, nowMs) => protocol.wantBody(stage.stream(1), true, nowMs));
    stage.advance(29_999);
    expect(stage.takeFrames()).toEqual([]);
    stage.advance(1);
    expect(stage.takeEvents().at(-1)).toBe('stream-failed 1 LML_ERR_TIMEOUT');
    expect(stage.takeFrames()).toEqual(['RST_STREAM 1 CANCEL']);
  });

  it('loses a stream whose body dribbles', () => {
    const stage = new ProtocolStage('server');
    stage.receive(headers(1, POST));
    stage.command((protocol, nowMs) => protocol.wantBody(stage.stream(1), true, nowMs));
    for (let second = 0; second < 300 && stage.protocol.activeStreams > 0; second++) {
      stage.receive(data(1, 'x', { pad: 200 })); // padding is no content
      stage.advance(1_000);
    }
    expect(stage.protocol.activeStreams).toBe(0);
    expect(stage.nowMs).toBe(1_000 + 30_000);
  });

  it('loses an idle connection, whatever frames it sends that ask for nothing', () => {
    const stage = new ProtocolStage('server');
    for (let second = 0; second < 94; second++) {
      stage.advance(1_000);
      stage.receive(ping('abcdefgh'));
    }
    stage.takeEvents();
    stage.advance(1_000);
    expect(stage.takeEvents()).toEqual(['closed']);
    expect(stage.takeFrames().at(-1)).toBe('GOAWAY 0 NO_ERROR');
  });

  it('and does not answer either loses everything, if it is asked for a sign of life', () => {
    const stage = new ProtocolStage('server', { timeouts: { keepAliveMs: 5_000, pingTimeoutMs: 2_000 } });
    stage.receive(headers(1, GET, { end: true }));
    stage.advance(5_000);
    expect(stage.takeFrames()).toEqual(['PING sign-of-']);
    stage.advance(2_000);
    expect(stage.takeEvents().at(-1)).toBe('failed NO_ERROR LML_ERR_TIMEOUT');
  });
});

describe('a server that sends nothing', () => {
  it('loses a request whose response does not begin', () => {
    const stage = new ProtocolStage('client');
    stage.open(GET);
    stage.advance(119_999);
    expect(stage.takeFrames()).not.toContain('RST_STREAM 1 CANCEL');
    stage.advance(1);
    expect(stage.takeFrames()).toEqual(['RST_STREAM 1 CANCEL', 'PING sign-of-']);
    expect(stage.takeEvents()).toContain('stream-failed 1 LML_ERR_TIMEOUT');
  });

  it('loses one whose body does not come on, though interim responses did', () => {
    const stage = new ProtocolStage('client');
    stage.open(GET);
    stage.receive(headers(1, [':status', '103']), headers(1, [':status', '200']));
    stage.command((protocol, nowMs) => protocol.wantBody(stage.stream(1), true, nowMs));
    stage.advance(120_000);
    expect(stage.takeEvents()).toContain('stream-failed 1 LML_ERR_TIMEOUT');
  });

  it('can not keep a request waiting by interim responses', () => {
    const stage = new ProtocolStage('client');
    stage.open(GET);
    for (let second = 0; second < 119; second++) {
      stage.receive(headers(1, [':status', '103']));
      stage.advance(1_000);
    }
    expect(stage.protocol.activeStreams).toBe(1);
    stage.advance(1_000);
    expect(stage.protocol.activeStreams).toBe(0);
  });
});

describe('a server that gives no room', () => {
  it('loses a request writeTimeoutMs after it has taken some of it, and not a window later', () => {
    const stage = new ProtocolStage('client');
    const stream = stage.open(POST, false);
    stage.command((protocol, nowMs) => protocol.sendData(stream, Buffer.alloc(1_000_000), true, nowMs));
    stage.advance(20_000);
    stage.receive(windowUpdate(1, 3_000), windowUpdate(0, 3_000)); // 50 bytes a second
    stage.advance(59_999);
    stage.takeEvents();
    expect(stage.protocol.activeStreams).toBe(1);
    stage.advance(1);
    expect(stage.takeEvents()).toContain('stream-failed 1 LML_ERR_TIMEOUT');
    expect(stage.lastError).toMatchObject({ limit: 'writeTimeoutMs', facts: { phase: 'request' } });
  });
});

/** A server with so many streams that want to send, to a client that gives them so much room. */
function answering(count: number, windowBytes: number, contentBytes = 100): ProtocolStage {
  const stage = new ProtocolStage('server');
  stage.receive(settings([INITIAL_WINDOW_SIZE, windowBytes]));
  for (let id = 1; id < 2 * count; id += 2) {
    stage.receive(headers(id, GET, { end: true }));
    answer(stage, id, contentBytes);
  }
  if (windowBytes === 0) stage.takeFrames();
  return stage;
}

function answer(stage: ProtocolStage, id: number, contentBytes: number): void {
  stage.command((protocol, nowMs) => {
    protocol.sendFields(stage.stream(id), [':status', '200'], false, stage.nowMs);
    protocol.sendData(stage.stream(id), Buffer.alloc(contentBytes, 'x'), true, nowMs);
  });
}
