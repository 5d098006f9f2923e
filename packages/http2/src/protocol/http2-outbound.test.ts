import { describe, expect, it } from 'vitest';
import { Http2Outbound } from './http2-outbound.ts';
import { Http2Stream } from './http2-stream.ts';
import { ReceiveWindow } from './receive-window.ts';

const HEADER_BYTES = 9;

describe('little content', () => {
  it('is written at once, up to 4 KiB', () => {
    const { outbound, give, sent } = setup();
    give(1, 4_096);
    expect([outbound.writer.byteCount, sent]).toEqual([HEADER_BYTES + 4_096, [1]]);
    give(3, 4_097);
    expect([outbound.writer.byteCount, sent]).toEqual([HEADER_BYTES + 4_096, [1]]);
    outbound.fill(1_000_000, 0);
    expect(sent).toEqual([1, 3]);
  });

  it('waits where others do, since it may not be its turn', () => {
    const { outbound, give, sent } = setup();
    give(1, 5_000);
    outbound.prioritize(give(3, 10), 0, false);
    expect([outbound.writer.byteCount, sent]).toEqual([0, []]);
    outbound.fill(1_000_000, 0);
    expect(sent).toEqual([3, 1]);
  });

  it('waits for room in either window', () => {
    const { outbound, give, sent, stream } = setup();
    const first = stream(1);
    first.sendWindow = 9;
    outbound.give(first, new Uint8Array(10), true, 0);
    outbound.fill(1_000_000, 0);
    expect([outbound.writer.byteCount, sent]).toEqual([HEADER_BYTES + 9, []]);
    outbound.widenStream(first, 1, 0);
    outbound.fill(1_000_000, 0);
    expect(sent).toEqual([1]);
    for (let id = 3; outbound.window >= 4_096; id += 2) {
      give(id, 4_096);
      outbound.fill(1_000_000, 0);
      outbound.writer.takeOutput();
    }
    const before = sent.length;
    give(101, 4_096);
    outbound.fill(1_000_000, 0);
    expect([outbound.window, sent.length]).toEqual([0, before]);
  });

  it('waits as itself, not as frames, where the peer takes nothing', () => {
    const { outbound, give } = setup();
    for (let id = 1; id < 101; id += 2) give(id, 1_024);
    expect(outbound.writer.byteCount).toBeGreaterThan(32_768);
    expect(outbound.writer.byteCount).toBeLessThan(32_768 + 2 * 1_024);
  });

  it('of a tunnel can be taken back', () => {
    const { outbound, stream, sent } = setup();
    const tunnel = stream(1);
    tunnel.isTunnel = true;
    outbound.give(tunnel, new Uint8Array(10), false, 0);
    expect([outbound.writer.byteCount, sent]).toEqual([0, []]);
    outbound.drop(tunnel);
    outbound.fill(1_000_000, 0);
    expect(outbound.writer.byteCount).toBe(0);
  });
});

function setup() {
  const sent: number[] = [];
  const outbound = new Http2Outbound<string>(4_096, 1, ({ id }) => sent.push(id));
  const stream = (id: number): Http2Stream<string> => new Http2Stream(id, 65_535, new ReceiveWindow(65_535, 0));
  const give = (id: number, byteCount: number): Http2Stream<string> => {
    const given = stream(id);
    outbound.give(given, new Uint8Array(byteCount), true, 0);
    return given;
  };
  return { outbound, give, sent, stream };
}
