import { describe, expect, it } from 'vitest';
import { printfFormat, shellWord } from './shell-word.ts';

describe('shellWord', () => {
  it.each([
    ['http://a.test/x', 'http://a.test/x'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", String.raw`'it'\''s'`],
    ['$(id) `id` $x "x" \\ ! * ? ~ # ; & | < >', '\'$(id) `id` $x "x" \\ ! * ? ~ # ; & | < >\''],
    ['-o', '-o'],
    ['two\nlines', "'two\nlines'"],
    ['é€😀', "'é€😀'"],
  ])('quotes %o', (text, word) => {
    expect(shellWord(Buffer.from(text))).toBe(word);
  });

  it.each<[string, number[], string]>([
    ['what is no UTF-8', [0x61, 0xe9], String.raw`"$(printf 'a\351')"`],
    ['an escape sequence', [0x1b, 0x5b, 0x32, 0x4a], String.raw`"$(printf '\033[2J')"`],
    ['a carriage return', [0x61, 0x0d, 0x62], String.raw`"$(printf 'a\015b')"`],
    ['all that printf understands', [0x25, 0x5c, 0x27, 0xff], String.raw`"$(printf '%%\\\047\377')"`],
    ['text that turns around', [...Buffer.from('\u202e')], String.raw`"$(printf '\342\200\256')"`],
  ])('lets printf write %s', (_name, bytes, word) => {
    expect(shellWord(Uint8Array.from(bytes))).toBe(word);
  });

  it('refuses NUL, and a line feed that the shell would drop', () => {
    expect(() => shellWord(Uint8Array.of(0x61, 0))).toThrow('NUL');
    expect(() => shellWord(Uint8Array.of(0xff, 0x0a))).toThrow('line feed');
  });
});

describe('printfFormat', () => {
  it('writes digits behind an octal number so that they stay apart', () => {
    expect(printfFormat(Uint8Array.of(0, 0x31))).toBe(String.raw`'\0001'`);
  });

  it('writes no option', () => {
    expect(printfFormat(Buffer.from('-v -x'))).toBe(String.raw`'\055v -x'`);
  });
});
