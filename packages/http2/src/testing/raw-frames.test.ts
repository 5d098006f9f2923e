import { expect, it } from 'vitest';
import { errorCodeName } from '../codec/error-code.ts';
import { errorCodeNames, RawFrameReader, rawFrame } from './raw-frames.ts';

const FRAMES = [
  [0x6, 0x1, 0, Buffer.from('12345678')],
  [0x0, 0x0, 0x8000_0003, Buffer.alloc(70_000, 'x')],
  [0xff, 0xff, 0xffff_ffff, Buffer.alloc(0)],
] as const;
const BYTES = Buffer.concat(FRAMES.map(([type, flags, streamId, payload]) => rawFrame(type, flags, streamId, payload)));

it.each([1, 7, 9, 16_384, BYTES.length])('frames are what they were, read %d bytes at a time', (pieceBytes) => {
  const reader = new RawFrameReader();
  const frames = [];
  for (let at = 0; at < BYTES.length; at += pieceBytes) {
    frames.push(...reader.read(BYTES.subarray(at, at + pieceBytes)));
  }
  expect(frames).toEqual(FRAMES.map(([type, flags, streamId, payload]) => ({ type, flags, streamId, payload })));
  expect(reader.restBytes).toBe(0);
  reader.read(BYTES.subarray(0, 10));
  expect(reader.restBytes).toBe(10);
});

it('a frame has the bytes that the RFC shows', () => {
  expect(rawFrame(8, 0, 1, Uint8Array.of(0, 0, 0, 5))).toEqual(Buffer.from('0000040800000000010000' + '0005', 'hex'));
});

it('error codes have the names that the engine knows', () => {
  expect(errorCodeNames.map((_, code) => errorCodeName(code))).toEqual(errorCodeNames);
});
