import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../../test/support/frame-reader.ts';
import * as frames from '../../../test/support/frames.ts';
import { HpackEncoder } from '../hpack/hpack-encoder.ts';
import type { BlockEncoder } from './frame-writer.ts';
import { FrameWriter } from './frame-writer.ts';
import { PAGE_BYTES, returnPage, takePage } from './output-pages.ts';

const MAX_FRAME_BYTES = 16_384;

describe('FrameWriter', () => {
  it('writes every frame as a peer would write it by hand', () => {
    const writer = new FrameWriter();
    writer.writeRaw(frames.PREFACE);
    writer.writeSettings([1, 4_096, 4, 0xffff_ffff]);
    writer.writeSettings([]);
    writer.writeSettingsAck();
    writer.writePing(Buffer.from('..12345678..'), 2, false);
    writer.writePing(Buffer.from('12345678'), 0, true);
    writer.writeGoaway(0x7fff_ffff, 0, '');
    writer.writeGoaway(5, 11, 'calm');
    writer.writeWindowUpdate(0, 0x7fff_ffff);
    writer.writeReset(0x7fff_ffff, 8);
    writer.writePriorityUpdate(3, 'u=1, i');
    writer.writeData(1, Buffer.from('..hello..'), 2, 7, false);
    writer.writeData(0x0102_0304, Buffer.from('hello'), 0, 5, true);
    writer.writeData(1, Buffer.from('hello'), 5, 5, true);
    writer.writeHeaders(1, ['a', 'b'], literals, false, MAX_FRAME_BYTES);
    writer.writeHeaders(3, ['a', 'b'], literals, true, MAX_FRAME_BYTES);
    expect(outputOf(writer)).toEqual(
      Buffer.concat([
        frames.PREFACE,
        frames.settings([1, 4_096], [4, 0xffff_ffff]),
        frames.settings(),
        frames.SETTINGS_ACK,
        frames.ping('12345678'),
        frames.ping('12345678', true),
        frames.goaway(0x7fff_ffff, 0),
        frames.goaway(5, 11, 'calm'),
        frames.windowUpdate(0, 0x7fff_ffff),
        frames.reset(0x7fff_ffff, 8),
        frames.priorityUpdate(3, 'u=1, i'),
        frames.data(1, 'hello'),
        frames.data(0x0102_0304, 'hello', { end: true }),
        frames.data(1, '', { end: true }),
        frames.headers(1, ['a', 'b']),
        frames.headers(3, ['a', 'b'], { end: true }),
      ]),
    );
  });

  it('knows how much waits, and has nothing when it was taken', () => {
    const writer = new FrameWriter();
    expect([writer.hasOutput, writer.byteCount, writer.takeOutput()]).toEqual([false, 0, []]);
    for (let index = 0; index < 10; index++) writer.writeData(1, new Uint8Array(16_384), 0, 16_384, false);
    expect([writer.hasOutput, writer.byteCount]).toEqual([true, 10 * 16_393]);
    expect(outputOf(writer)).toHaveLength(10 * 16_393);
    expect([writer.hasOutput, writer.byteCount, writer.takeOutput()]).toEqual([false, 0, []]);
  });

  it.each([1, 2, 9, 10, 100, 300])('goes on in another page where one is full, with %d bytes left in it', (left) => {
    const writer = new FrameWriter();
    const filler = new Uint8Array(PAGE_BYTES - 4 * 9 - left);
    for (let index = 0; index < 4; index++) {
      const from = Math.floor((index * filler.length) / 4);
      writer.writeData(1, filler, from, Math.floor(((index + 1) * filler.length) / 4), false);
    }
    writer.writeHeaders(3, ['name', 'x'.repeat(120)], new HpackEncoder(), true, MAX_FRAME_BYTES);
    writer.writePing(Buffer.from('12345678'), 0, false);
    const lines = linesOf(writer).slice(4);
    expect(lines).toEqual([`HEADERS 3 name=${'x'.repeat(120)} END`, 'PING 12345678']);
  });

  it.each([
    [16_384, 1],
    [16_385, 2],
    [32_768, 2],
    [32_769, 3],
    [49_153, 4],
  ])('puts a block of %d bytes into %d frames', (blockBytes, count) => {
    const writer = new FrameWriter();
    const overhead = blockBytes < 17_000 ? 9 : 10; // name, and the lengths of both
    const fields = ['name', 'x'.repeat(blockBytes - overhead)];
    writer.writeHeaders(7, fields, literals, true, MAX_FRAME_BYTES);
    const output = outputOf(writer);
    expect(output.length).toBe(blockBytes + 9 * count);
    const more = count > 1 ? ` (${count} frames)` : '';
    expect(new TestReader().read(output)).toEqual([`HEADERS 7 name=${fields[1]} END${more}`]);
  });

  it.each([65_517, 65_518, 65_536, 200_000])('sends a block of %d bytes, which no page can hold', (size) => {
    for (const maxFrameBytes of [16_384, 16_777_215]) {
      const writer = new FrameWriter();
      writer.writePing(Buffer.from('12345678'), 0, false);
      writer.writeHeaders(7, ['name', 'x'.repeat(size)], literals, false, maxFrameBytes);
      writer.writePing(Buffer.from('12345678'), 0, false);
      const lines = linesOf(writer, maxFrameBytes).map((line) => line.replace(/ \(\d+ frames\)/, ''));
      expect(lines).toEqual(['PING 12345678', `HEADERS 7 name=${'x'.repeat(size)}`, 'PING 12345678']);
    }
  });

  it('sets END_STREAM in HEADERS, never in CONTINUATION, and END_HEADERS in the last', () => {
    const writer = new FrameWriter();
    writer.writeHeaders(7, ['name', 'x'.repeat(40_000)], literals, true, MAX_FRAME_BYTES);
    const output = outputOf(writer);
    const heads = [0, 9 + 16_384, 2 * (9 + 16_384)].map((at) => [output[at + 3], output[at + 4]]);
    expect(heads).toEqual([
      [1, 1],
      [9, 0],
      [9, 4],
    ]);
  });

  it('writes blocks that were encoded, in order: the tables of both sides stay the same', () => {
    const writer = new FrameWriter();
    const encoder = new HpackEncoder();
    const reader = new TestReader();
    for (let index = 0; index < 60; index++) {
      const fields = ['a', String(index % 7), 'long', 'y'.repeat((index * 997) % 20_000), 'b', String(index % 3)];
      writer.writeHeaders(1, fields, encoder, false, MAX_FRAME_BYTES);
      const [line] = reader.read(outputOf(writer));
      expect(line?.replace(/ \(\d+ frames\)/, '')).toBe(`HEADERS 1 a=${fields[1]} long=${fields[3]} b=${fields[5]}`);
    }
  });
});

describe('pages', () => {
  it('are used again, if they come back from their begin', () => {
    const page = takePage();
    returnPage(page.subarray(0, 10));
    expect(takePage().buffer).toBe(page.buffer);
    returnPage(page.subarray(1, 10)); // not from the begin: somebody may have the rest
    expect(takePage().buffer).not.toBe(page.buffer);
    returnPage(new Uint8Array(10)); // no page
    expect(takePage()).toHaveLength(PAGE_BYTES);
  });

  it('are not kept without end', () => {
    const taken = Array.from({ length: 100 }, () => takePage());
    for (const page of taken) returnPage(page);
    const again = new Set(Array.from({ length: 100 }, () => takePage().buffer));
    expect(taken.filter(({ buffer }) => again.has(buffer))).toHaveLength(64);
  });
});

/** Blocks of literals that enter no table. */
const literals: BlockEncoder = {
  encode(fields, target, offset) {
    const block = frames.literalBlock(fields);
    if (block.length > target.length - offset) return -1;
    target.set(block, offset);
    return offset + block.length;
  },
  maxEncodedBytes: (fields) => frames.literalBlock(fields).length,
};

/** Frames may come without SETTINGS in front here. */
class TestReader extends FrameReader {
  constructor() {
    super();
    this.read(frames.settings());
  }
}

function outputOf(writer: FrameWriter): Buffer {
  return Buffer.concat(writer.takeOutput().map((chunk) => Buffer.from(chunk)));
}

function linesOf(writer: FrameWriter, maxFrameBytes = MAX_FRAME_BYTES): string[] {
  const reader = new TestReader();
  reader.maxFrameBytes = maxFrameBytes;
  return reader.read(outputOf(writer));
}

it('takes no memory of others for its own, whatever its size', () => {
  const content = Buffer.alloc(PAGE_BYTES, 'x');
  const writer = new FrameWriter();
  writer.writeData(1, content, 0, MAX_FRAME_BYTES, false);
  for (const chunk of writer.takeOutput()) returnPage(chunk);
  const pages = Array.from({ length: 20 }, () => takePage().fill(0));
  expect(content.every((byte) => byte === 0x78)).toBe(true);
  for (const page of pages) returnPage(page);
});
