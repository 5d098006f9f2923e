import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted } from './quoted.ts';

describe('quoted', () => {
  it.each([
    ['', '""'],
    ['a.example', '"a.example"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['bücher 書', '"bücher 書"'],
    ['a\0b\tc\r\nd', '"a\\u0000b\\tc\\r\\nd"'],
    ['\x7f\x80\x9b31m', '"\\u007f\\u0080\\u009b31m"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['\u202eevil\u200b\u00ad\ufeff', '"\\u202eevil\\u200b\\u00ad\\ufeff"'],
    ['\u{e0041}', '"\\udb40\\udc41"'],
    ['\ud800', '"\\ud800"'],
  ])('shows %j without what a terminal would act on', (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  it('shows 100 characters whole and cuts from 101 on', () => {
    expect(quoted('a'.repeat(100))).toBe(`"${'a'.repeat(100)}"`);
    expect(quoted('a'.repeat(101))).toBe(`"${'a'.repeat(100)}..."`);
    expect(quoted('a'.repeat(100_000))).toHaveLength(105);
  });

  it('gives one line of JSON that holds the whole of a short text', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyUnit, maxLength: 100 }), (text) => {
        expect(JSON.parse(quoted(text))).toBe(text);
        expect(quoted(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

/** Any UTF-16 unit, lone surrogates included; half of them below U+0100. */
const anyUnit = fc
  .oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff }))
  .map((unit) => String.fromCharCode(unit));
