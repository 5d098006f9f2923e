import { describe, expect, it } from 'vitest';
import { data, frame, headers, ping, settings, windowUpdate } from '../../../test/support/frames.ts';
import type { FrameSink } from './frame-decoder.ts';
import { FrameDecoder } from './frame-decoder.ts';

const INPUT = Buffer.concat([
  settings([3, 100], [4, 0xffff_ffff]),
  headers(1, Buffer.from('823a', 'hex')),
  data(1, 'hello', { pad: 2 }),
  data(1, ''),
  ping('12345678'),
  frame(0xfe, 0xff, 0xffff_ffff, Buffer.from('abc')),
  windowUpdate(0x7fff_ffff, 1),
  data(3, 'x'.repeat(300), { end: true }),
]);

const LINES = [
  'header 4 0 0 12',
  'frame 4 0 0 0003000000640004ffffffff',
  'header 1 4 1 2',
  'frame 1 4 1 823a',
  'header 0 8 1 8',
  `data 8 1 02${Buffer.from('hello').toString('hex')}0000.`,
  'header 0 0 1 0',
  'data 0 1 .',
  'header 6 0 0 8',
  'frame 6 0 0 3132333435363738',
  'header 254 255 2147483647 3',
  'frame 254 255 2147483647 616263',
  'header 8 0 2147483647 4',
  'frame 8 0 2147483647 00000001',
  'header 0 1 3 300',
  `data 1 3 ${'78'.repeat(300)}.`,
];

describe('FrameDecoder', () => {
  it('decodes frames cut at every byte, whatever becomes of the memory they came in', () => {
    for (let at = 0; at <= INPUT.length; at++) {
      const [decoder, lines] = newDecoder();
      decode(decoder, INPUT.subarray(0, at));
      decode(decoder, INPUT.subarray(at));
      expect(lines()).toEqual(LINES);
      expect(decoder.isInFrame).toBe(false);
    }
  });

  it.each([1, 2, 3, 5, 9, 13])('decodes frames that come in pieces of %d bytes', (pieceBytes) => {
    const [decoder, lines] = newDecoder();
    for (let at = 0; at < INPUT.length; at += pieceBytes) decode(decoder, INPUT.subarray(at, at + pieceBytes));
    expect(lines()).toEqual(LINES);
  });

  it('begins where it is told to', () => {
    const [decoder, lines] = newDecoder();
    decoder.decode(Buffer.concat([Buffer.from('rest'), ping('12345678')]), 4);
    expect(lines()).toEqual(['header 6 0 0 8', 'frame 6 0 0 3132333435363738']);
  });

  it('passes DATA on as it comes, and no other frame before it is whole', () => {
    const [decoder, lines] = newDecoder(false);
    decode(decoder, Buffer.from('00000a000100000001', 'hex'));
    expect(lines()).toEqual(['header 0 1 1 10']);
    decode(decoder, Buffer.from('abcd'));
    decode(decoder, Buffer.from('efghij'));
    expect(lines().slice(1)).toEqual(['data 1 1 61626364', 'data 1 1 65666768696a.']);
    decode(decoder, ping('12345678').subarray(0, 16));
    expect(lines().slice(3)).toEqual(['header 6 0 0 8']);
    expect(decoder.isInFrame).toBe(true);
    decode(decoder, ping('12345678').subarray(16));
    expect(lines().slice(4)).toEqual(['frame 6 0 0 3132333435363738']);
    expect(decoder.isInFrame).toBe(false);
  });

  it('hands out frames that lie in one piece without a copy', () => {
    const seen: Uint8Array[] = [];
    const decoder = new FrameDecoder({
      onFrameHeader: () => {},
      onFrame: (_type, _flags, _streamId, bytes) => void seen.push(bytes),
      onDataPiece: (_flags, _streamId, bytes) => void seen.push(bytes),
    });
    const input = Buffer.concat([ping('12345678'), data(1, 'abc')]);
    decoder.decode(input, 0);
    expect(seen.every((bytes) => bytes === input)).toBe(true);
    expect(seen).toHaveLength(2);
  });

  it('asks before it takes memory for a frame', () => {
    const refusing = new FrameDecoder({
      onFrameHeader(_type, _flags, _streamId, length) {
        if (length > 16_384) throw new Error('too large');
      },
      onFrame: () => {},
      onDataPiece: () => {},
    });
    expect(() => decode(refusing, Buffer.from('004001010000000001', 'hex'))).toThrow('too large');
  });

  it('knows the length of the largest frame', () => {
    const [decoder, lines] = newDecoder();
    decode(decoder, Buffer.from('ffffff070000000000', 'hex'));
    expect(lines()).toEqual(['header 7 0 0 16777215']);
  });
});

/** Decodes a copy, which is overwritten afterwards. */
function decode(decoder: FrameDecoder, bytes: Uint8Array): void {
  const copy = Buffer.from(bytes);
  decoder.decode(copy, 0);
  copy.fill(0xaa);
}

/** @param joinsData - Whether pieces of one DATA frame are shown as one. */
function newDecoder(joinsData = true): [FrameDecoder, () => string[]] {
  const lines: string[] = [];
  let isOpen = false;
  const sink: FrameSink = {
    onFrameHeader: (type, flags, streamId, length) => void lines.push(`header ${type} ${flags} ${streamId} ${length}`),
    onFrame: (type, flags, streamId, bytes, start, end) =>
      void lines.push(`frame ${type} ${flags} ${streamId} ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`),
    onDataPiece(flags, streamId, bytes, start, end, isLast) {
      const piece = `${Buffer.from(bytes.subarray(start, end)).toString('hex')}${isLast ? '.' : ''}`;
      if (isOpen && joinsData) lines[lines.length - 1] += piece;
      else lines.push(`data ${flags} ${streamId} ${piece}`);
      isOpen = !isLast;
    },
  };
  return [new FrameDecoder(sink), () => lines];
}
