import { describe, expect, it } from 'vitest';
import { Base64Decoder } from './base64-decoder.ts';

/** Decodes text that comes in pieces. */
function decode(...pieces: string[]): string {
  const decoder = new Base64Decoder();
  const decoded = pieces.map((piece) => Buffer.from(decoder.push(Buffer.from(piece))).toString());
  decoder.end();
  return decoded.join('');
}

describe('Base64Decoder', () => {
  it.each([
    ['', ''],
    ['YQ==', 'a'],
    ['YWI=', 'ab'],
    ['YWJj', 'abc'],
    ['YQ==YmM=ZGVmYQ==', 'abcdefa'],
  ])('decodes %j however it is split', (text, expected) => {
    expect(decode(text)).toBe(expected);
    expect(decode(...text)).toBe(expected);
    for (let at = 0; at <= text.length; at++)
      expect(decode(text.slice(0, at), text.slice(at)), `at ${at}`).toBe(expected);
  });

  it.each([
    'YQ',
    'YQ=',
    'Y===',
    '====',
    '=YQ=',
    'YQ=a',
    'YWI=YQ=',
    'YW-_',
    'YW J',
    'YWJj\n',
    'YQ==\u00e9\u00e9\u00e9\u00e9',
  ])('refuses %j however it is split', (text) => {
    expect(() => decode(text)).toThrow('no Base64');
    for (let at = 0; at <= text.length; at++) {
      expect(() => decode(text.slice(0, at), text.slice(at)), `at ${at}`).toThrow('no Base64');
    }
  });

  it('takes much at once', () => {
    const text = Buffer.alloc(3_000_000, 'x').toString('base64');
    expect(decode(text).length).toBe(3_000_000);
    expect(decode('YQ=='.repeat(200_000)).length).toBe(200_000);
  });
});
