import { describe, expect, it } from 'vitest';
import { HEX_VALUE, IS_FIELD, IS_TARGET, IS_TOKEN, isWord, latin1, writeLatin1 } from './bytes.ts';

const every = Array.from({ length: 256 }, (_, byte) => byte);

describe('byte tables', () => {
  it.each([
    ['IS_TOKEN', IS_TOKEN, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/],
    ['IS_FIELD', IS_FIELD, /^[\t\x20-\x7e\x80-\xff]$/],
    ['IS_TARGET', IS_TARGET, /^[\x21\x22\x24-\x7e]$/],
  ])('%s has the bytes of its rule, and no other', (_name, table, rule) => {
    expect(every.filter((byte) => table[byte] === 1)).toEqual(
      every.filter((byte) => rule.test(String.fromCharCode(byte))),
    );
  });

  it('HEX_VALUE knows both cases of the 16 digits, and nothing else', () => {
    const digits = '0123456789abcdefABCDEF';
    for (const byte of every) {
      const digit = String.fromCharCode(byte);
      expect(HEX_VALUE[byte], digit).toBe(digits.includes(digit) ? Number.parseInt(digit, 16) : 255);
    }
  });
});

describe('isWord', () => {
  const bytes = Buffer.from('[Content-LENGTH]');

  it('compares without regard to case, and only what stands between start and end', () => {
    expect(isWord(bytes, 1, 15, 'content-length')).toBe(true);
    expect(isWord(bytes, 0, 15, 'content-length')).toBe(false);
    expect(isWord(bytes, 1, 14, 'content-length')).toBe(false);
    expect(isWord(bytes, 1, 15, 'content-lengtx')).toBe(false);
  });

  it('folds letters alone: no other byte equals a hyphen, a digit or a letter', () => {
    for (const byte of every) {
      const folded = String.fromCharCode(byte).replace(/[A-Z]/, (letter) => letter.toLowerCase());
      for (const wanted of ['-', '0', 'a', 'z', 'k']) {
        expect(isWord(Uint8Array.of(byte), 0, 1, wanted), `${byte} as ${wanted}`).toBe(folded === wanted);
      }
    }
  });
});

describe('latin1', () => {
  it('carries every byte there and back', () => {
    const text = latin1(Uint8Array.from(every), 0, 256);
    expect(Array.from(text, (character) => character.charCodeAt(0))).toEqual(every);
    const written = new Uint8Array(258);
    expect(writeLatin1(written, text, 1)).toBe(256);
    expect([...written]).toEqual([0, ...every, 0]);
  });
});
