import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf } from '../../../test/support/hpack.ts';
import { CODE_BITS, CODES } from './huffman-code.ts';
import { decodeHuffman } from './huffman-decoder.ts';

describe('decodeHuffman', () => {
  it('decodes every byte, wherever in a byte its code starts', () => {
    for (let symbol = 0; symbol < 256; symbol++) {
      for (let before = 0; before < 8; before++) {
        const text = `${'a'.repeat(before)}${String.fromCharCode(symbol)}`;
        for (const whole of [text, `${text}0`, `${text}${text}`]) expect(decode(bytesOf(whole))).toBe(whole);
      }
    }
  });

  it('reads nothing in front of start and behind end', () => {
    const bytes = blockOf('ffff 9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3 0000');
    expect(decodeHuffman(bytes, 2, bytes.length - 2)).toBe('https://www.example.com');
    expect(decodeHuffman(bytes, 5, 5)).toBe('');
  });

  it('decodes strings of any length', () => {
    for (const length of [8_191, 8_192, 8_193, 100_000])
      expect(decode(bytesOf('0'.repeat(length)))).toHaveLength(length);
    const longest = '\n'.repeat(50_000);
    expect(decode(bytesOf(longest))).toBe(longest);
  });

  it.each([
    ['', ''],
    ['07', '0'],
    ['1f', 'a'],
    ['003f', '00'],
  ])('decodes %j to %j', (digits, text) => {
    expect(decode(blockOf(digits))).toBe(text);
  });

  it.each([
    ['ends in 8 bits of padding', 'ff'],
    ['ends in 11 bits of padding', '1fff'],
    ['ends in 16 bits of padding', 'ffff'],
    ['ends in 110', '06'],
    ['ends in 000', '00'],
    ['ends in a byte that begins 10 bits', 'fe'],
    ['ends in 9 bits that begin more', 'fefe'],
    ['is EOS', 'ffffffff'],
    ['is EOS, padded with zeros', 'fffffffc'],
    ['has EOS behind a character', '1fffffffff'],
    ['has EOS between characters', '1ffffffffe1f'],
  ])('refuses a string that %s', (_, digits) => {
    expect(reference(blockOf(digits))).toBe(undefined);
    expect(() => decode(blockOf(digits))).toThrow(expect.objectContaining({ code: 'LML_ERR_HPACK_BAD_HUFFMAN' }));
  });

  it('agrees with a decoder that goes bit by bit about every two bytes', () => {
    for (let pair = 0; pair < 65_536; pair++) {
      const bytes = Uint8Array.of(pair >> 8, pair & 0xff);
      if (outcomeOf(bytes) !== reference(bytes)) expect.fail(`${pair.toString(16)}: ${outcomeOf(bytes)}`);
    }
  });

  it('agrees with it about any bytes, of which some are the beginning of a string', () => {
    const ones = fc.constantFrom(0xff, 0xfe, 0xfd, 0x7f, 0xf8);
    const noise = fc.array(fc.oneof(fc.nat(255), ones), { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes));
    const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
    const cut = fc.tuple(text, fc.nat(40)).map(([whole, length]) => bytesOf(whole).subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(noise, cut), (bytes) => {
        expect(outcomeOf(bytes)).toBe(reference(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});

function decode(bytes: Uint8Array): string {
  return decodeHuffman(bytes, 0, bytes.length);
}

function outcomeOf(bytes: Uint8Array): string | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

/** The same by strings of bits. */
function reference(bytes: Uint8Array): string | undefined {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  let text = '';
  let code = '';
  for (const bit of bits) {
    code += bit;
    const symbol = SYMBOLS.get(code);
    if (symbol === undefined) continue;
    if (symbol === 256) return undefined;
    text += String.fromCharCode(symbol);
    code = '';
  }
  return code.length < 8 && !code.includes('0') ? text : undefined;
}

function bytesOf(text: string): Uint8Array {
  let bits = '';
  for (let at = 0; at < text.length; at++) bits += codeOf(text.charCodeAt(at));
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Uint8Array.from({ length: bits.length / 8 }, (_, index) =>
    Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2),
  );
}

function codeOf(symbol: number): string {
  return (CODES[symbol] ?? 0).toString(2).padStart(CODE_BITS[symbol] ?? 0, '0');
}

const SYMBOLS = new Map(Array.from({ length: 257 }, (_, symbol) => [codeOf(symbol), symbol]));
