import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHuffman } from './huffman-decoder.ts';
import { huffmanBytes, writeHuffman } from './huffman-encoder.ts';

describe('writeHuffman', () => {
  it.each([
    ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', 'a8eb10649cbf'],
    ['302', '6402'],
    ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ])('writes %j as RFC 7541 does in its examples', (text, digits) => {
    expect(write(text)).toBe(digits);
    expect(huffmanBytes(text)).toBe(digits.length / 2);
  });

  it.each(['', 'GET', '307', 'Z', '\\', '\n\n', 'a\n', '{}', `aaaa${'\xff'.repeat(9)}`, '\0\0'])(
    'says that %j gets no shorter, and has written nothing behind it',
    (text) => {
      expect(huffmanBytes(text)).toBeGreaterThanOrEqual(text.length);
      expect(write(text)).toBe(undefined);
    },
  );

  it('writes what is decoded to the same, in as many bytes as huffmanBytes says', () => {
    const common = fc.integer({ min: 0x20, max: 0x7e });
    const unit = fc.oneof({ weight: 12, arbitrary: common }, fc.nat(255)).map((code) => String.fromCharCode(code));
    let shorter = 0;
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        const bytes = huffmanBytes(text);
        const digits = write(text);
        if (bytes >= text.length) {
          expect(digits).toBe(undefined);
          return;
        }
        shorter++;
        expect(digits).toHaveLength(bytes * 2);
        expect(decodeHuffman(Buffer.from(digits ?? '', 'hex'), 0, bytes)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
    expect(shorter).toBeGreaterThan(100);
  });

  it('takes the lowest 8 bits of each character', () => {
    expect(write('\u0161bcdefgh')).toBe(write('abcdefgh'));
    expect(huffmanBytes('\u0161')).toBe(huffmanBytes('a'));
  });
});

/** What is written, in hexadecimal digits; `undefined` when it gets no shorter. */
function write(text: string): string | undefined {
  const before = 'here';
  const target = Buffer.alloc(before.length + text.length + 8, before);
  const end = writeHuffman(target, text, before.length);
  // Around the room that it has, nothing may change.
  expect(target.toString('latin1', 0, before.length)).toBe(before);
  const limit = before.length + text.length;
  expect(target.subarray(limit)).toEqual(Buffer.alloc(target.length, before).subarray(limit));
  return end < 0 ? undefined : target.toString('hex', before.length, end);
}
