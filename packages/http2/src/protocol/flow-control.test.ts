import { describe, expect, it } from 'vitest';
import { data, headers, SETTINGS_ACK, settings, windowUpdate } from '../../test/support/frames.ts';
import { ProtocolStage } from '../../test/support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
const INITIAL_WINDOW_SIZE = 4;

describe('what is sent', () => {
  it('ends a stream whose window has fallen below zero: an empty frame needs no room', () => {
    const stage = served(GET, { end: true });
    respond(stage, 'x'.repeat(1_000), false);
    stage.receive(settings([INITIAL_WINDOW_SIZE, 10])); // 990 bytes too many were sent by that
    stage.takeFrames();
    stage.command((protocol, nowMs) => protocol.sendData(stage.stream(1), new Uint8Array(0), true, nowMs));
    expect(stage.takeFrames()).toEqual(['DATA 1 "" END']);
    expect(stage.protocol.activeStreams).toBe(0);
  });

  it('waits until a window that has fallen below zero is above it again', () => {
    const stage = served(GET, { end: true });
    respond(stage, 'x'.repeat(100), false);
    stage.receive(settings([INITIAL_WINDOW_SIZE, 60])); // the window is -40
    stage.takeFrames();
    stage.command((protocol, nowMs) => protocol.sendData(stage.stream(1), Buffer.from('abc'), true, nowMs));
    stage.receive(windowUpdate(1, 40));
    expect(stage.takeFrames()).toEqual([]);
    stage.receive(windowUpdate(1, 2));
    expect(stage.takeFrames()).toEqual(['DATA 1 "ab"']);
    stage.receive(windowUpdate(1, 1));
    expect(stage.takeFrames()).toEqual(['DATA 1 "c" END']);
  });
});

describe('an end without content', () => {
  it('comes at once, though others wait for room on the connection', () => {
    const stage = served(GET, { end: true });
    stage.receive(headers(3, GET, { end: true }), settings([INITIAL_WINDOW_SIZE, 100_000]));
    respond(stage, 'x'.repeat(70_000), true);
    stage.command((protocol, nowMs) => {
      protocol.sendFields(stage.stream(3), [':status', '200'], false, stage.nowMs);
      stage.takeFrames();
      protocol.sendData(stage.stream(3), new Uint8Array(0), true, nowMs);
    });
    expect(stage.takeFrames()).toContain('DATA 3 "" END');
    expect(stage.protocol.activeStreams).toBe(1);
  });
});

describe('what is received', () => {
  it.each([1, 16_384, 32_767, 65_534])(
    'a window of %d bytes holds for streams older than its acknowledgement',
    (size) => {
      const limits = { initialStreamWindowBytes: size, maxStreamWindowBytes: size };
      const stage = new ProtocolStage('server', { limits, greeting: [settings()] });
      stage.receive(headers(1, POST), SETTINGS_ACK);
      stage.takeFrames();
      let window = size;
      for (let sent = 0; sent < 3 * size; ) {
        const length = Math.min(window, 16_384);
        stage.receive(data(1, new Uint8Array(length)));
        sent += length;
        // What was read is given back before nothing is left: else the client, which goes by the size, would be stuck.
        window += given(stage.takeFrames(true), 1) - length;
        expect(window).toBeGreaterThan(0);
      }
      stage.receive(...inFrames(1, window + 1));
      expect(stage.takeFrames()).toContain('RST_STREAM 1 FLOW_CONTROL_ERROR');
    },
  );

  it('what was read before the acknowledgement is given back, and counts', () => {
    const limits = { initialStreamWindowBytes: 1_000, maxStreamWindowBytes: 1_000 };
    const stage = new ProtocolStage('server', { limits, greeting: [settings()] });
    stage.receive(headers(1, POST), ...inFrames(1, 30_000));
    expect(given(stage.takeFrames(true), 1)).toBe(0);
    stage.receive(SETTINGS_ACK);
    expect(given(stage.takeFrames(true), 1)).toBe(30_000);
    stage.readsBodies = false;
    stage.receive(...inFrames(1, 1_000));
    expect(stage.takeFrames()).toEqual([]);
    stage.receive(data(1, 'x'));
    expect(stage.takeFrames()).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR']);
  });

  it('what came before the acknowledgement and is read later counts', () => {
    const limits = { initialStreamWindowBytes: 1_000, maxStreamWindowBytes: 1_000 };
    const stage = new ProtocolStage('server', { limits, greeting: [settings()] });
    stage.receive(headers(1, POST));
    stage.readsBodies = false;
    stage.receive(...inFrames(1, 65_535)); // the client did not know better
    stage.receive(SETTINGS_ACK);
    expect(stage.takeFrames()).not.toContain('RST_STREAM 1 FLOW_CONTROL_ERROR');
    stage.command((protocol, nowMs) => protocol.consume(stage.stream(1), 65_535, nowMs));
    expect(given(stage.takeFrames(true), 1)).toBe(65_535);
    stage.receive(...inFrames(1, 1_001));
    expect(stage.takeFrames()).toContain('RST_STREAM 1 FLOW_CONTROL_ERROR');
  });

  it('may end where the window has fallen below zero: an empty frame needs no room', () => {
    const stage = new ProtocolStage('server', { limits: { initialStreamWindowBytes: 1 }, greeting: [settings()] });
    stage.readsBodies = false;
    stage.receive(headers(1, POST), data(1, 'early'), SETTINGS_ACK, data(1, '', { end: true }));
    expect(stage.takeEvents().slice(-2)).toEqual(['data 1 early', 'end 1']);
  });
});

function served(fields: readonly string[], options: { end?: boolean }): ProtocolStage {
  const stage = new ProtocolStage('server');
  stage.receive(headers(1, fields, options));
  return stage;
}

function respond(stage: ProtocolStage, content: string, isEnd: boolean): void {
  stage.command((protocol, nowMs) => {
    protocol.sendFields(stage.stream(1), [':status', '200'], false, stage.nowMs);
    protocol.sendData(stage.stream(1), Buffer.from(content), isEnd, nowMs);
  });
}

function inFrames(streamId: number, byteCount: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let left = byteCount; left > 0; left -= 16_384)
    frames.push(data(streamId, new Uint8Array(Math.min(left, 16_384))));
  return frames;
}

/** Bytes that WINDOW_UPDATE frames give to a stream. */
function given(frames: readonly string[], streamId: number): number {
  const prefix = `WINDOW_UPDATE ${streamId} +`;
  return frames
    .filter((line) => line.startsWith(prefix))
    .reduce((sum, line) => sum + Number(line.slice(prefix.length)), 0);
}
