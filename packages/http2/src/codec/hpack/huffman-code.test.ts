import { describe, expect, it } from 'vitest';
import { CODE_BITS, CODES, EOS, MAX_CODE_BITS } from './huffman-code.ts';

describe('the Huffman code', () => {
  // Rows of RFC 7541 appendix B: the first and the last of it, and one of each length that fields are made of.
  it.each([
    [0x00, 0x1ff8, 13],
    [0x0a, 0x3ffffffc, 30],
    [0x16, 0x3ffffffe, 30],
    [0x20, 0x14, 6],
    [0x21, 0x3f8, 10],
    [0x2b, 0x7fb, 11],
    [0x30, 0x0, 5],
    [0x3c, 0x7ffc, 15],
    [0x3e, 0xffb, 12],
    [0x5c, 0x7fff0, 19],
    [0x5e, 0x3ffc, 14],
    [0x7a, 0x7b, 7],
    [0x5a, 0xfd, 8],
    [0xc3, 0x7fff1, 19],
    [0xc8, 0x3ffffe2, 26],
    [0xf9, 0xffffffe, 28],
    [0xff, 0x3ffffee, 26],
    [EOS, 0x3fffffff, 30],
  ])('has the code of RFC 7541 for symbol %i', (symbol, code, bits) => {
    expect([CODES[symbol], CODE_BITS[symbol]]).toEqual([code, bits]);
  });

  it('is complete, and no code begins another one', () => {
    const codes = Array.from({ length: 257 }, (_, symbol) => bitsOf(symbol)).sort();
    for (const [index, code] of codes.entries()) expect(codes[index + 1]?.startsWith(code)).not.toBe(true);
    const share = codes.reduce((sum, code) => sum + 2 ** -code.length, 0);
    expect(share).toBe(1);
    expect(Math.max(...codes.map((code) => code.length))).toBe(MAX_CODE_BITS);
  });
});

function bitsOf(symbol: number): string {
  return (CODES[symbol] ?? 0).toString(2).padStart(CODE_BITS[symbol] ?? 0, '0');
}
