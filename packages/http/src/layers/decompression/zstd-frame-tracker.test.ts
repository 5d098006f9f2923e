import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { noise } from '../../../test/support/coding-tools.ts';
import { ZstdFrameError, ZstdFrameTracker } from './zstd-frame-tracker.ts';

const SKIPPABLE = Uint8Array.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 7, 8, 9]);
const EMPTY_SKIPPABLE = Uint8Array.from([0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);

const FRAMES: [string, Uint8Array][] = [
  ['of nothing', zstdCompressSync(new Uint8Array(0))],
  ['of a byte', zstdCompressSync(Uint8Array.of(1))],
  ['of text', zstdCompressSync('hello '.repeat(100))],
  ['of one byte again and again', zstdCompressSync(new Uint8Array(300_000))],
  ['of noise in several blocks', zstdCompressSync(noise(300_000))],
  ['with a checksum', zstdCompressSync('hello', { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
  ['without its size', zstdCompressSync('hello', { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } })],
  ['that is skipped', SKIPPABLE],
  ['that is skipped and empty', EMPTY_SKIPPABLE],
];

describe('a frame', () => {
  it.each(FRAMES)('%s ends where it ends, and nowhere else', (_, frame) => {
    const two = Buffer.concat([frame, frame]);
    expect(new ZstdFrameTracker().advance(two, 0)).toBe(frame.length);

    const tracker = new ZstdFrameTracker();
    const ends: number[] = [];
    expect(tracker.isBetweenFrames).toBe(true);
    for (let at = 0; at < two.length; at++) {
      tracker.advance(two.subarray(at, at + 1), 0);
      if (tracker.isBetweenFrames) ends.push(at + 1);
    }
    expect(ends).toEqual([frame.length, two.length]);
  });

  it.each(FRAMES.filter(([, { length }]) => length < 200))('%s may be cut at every byte', (_, frame) => {
    for (let cut = 1; cut < frame.length; cut++) {
      const tracker = new ZstdFrameTracker();
      expect(tracker.advance(frame.subarray(0, cut), 0)).toBe(cut);
      expect(tracker.isBetweenFrames).toBe(false);
      expect(tracker.advance(Buffer.concat([frame.subarray(cut), frame]), 0)).toBe(frame.length - cut);
      expect(tracker.isBetweenFrames).toBe(true);
    }
  });
});

it.each([
  ['what is none', Buffer.from('<html>')],
  ['a magic number that is off by one', Buffer.from([0x29, 0xb5, 0x2f, 0xfd])],
  ['the number below those of frames that are skipped', Buffer.from([0x4f, 0x2a, 0x4d, 0x18])],
  ['the number above those', Buffer.from([0x60, 0x2a, 0x4d, 0x18])],
  ['a block of the reserved type', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x07, 0x00, 0x00])],
])('refuses %s', (_, bytes) => {
  expect(() => new ZstdFrameTracker().advance(bytes, 0)).toThrow(ZstdFrameError);
});

it.each<[string, Uint8Array, 'data' | 'skippable']>([
  ['data', zstdCompressSync('hello'), 'data'],
  ['what is to be skipped', SKIPPABLE, 'skippable'],
])('tells a frame of %s by its first four bytes, until the next one begins', (_, frame, type) => {
  const tracker = new ZstdFrameTracker();
  const types = Array.from(Buffer.concat([frame, frame]), (byte) => {
    tracker.advance(Uint8Array.of(byte), 0);
    return tracker.frameType;
  });
  const expected = Array.from(frame, (_byte, index) => (index < 3 ? undefined : type));
  expect(types).toEqual([...expected, ...expected]);
});

it('goes on where it is told to', () => {
  const bytes = Buffer.concat([Buffer.from('xx'), EMPTY_SKIPPABLE, Buffer.from('yy')]);
  expect(new ZstdFrameTracker().advance(bytes, 2)).toBe(2 + EMPTY_SKIPPABLE.length);
});
