import { describe, expect, it } from 'vitest';
import { isStrongMatch, isWeakMatch, parseEntityTag, parseEntityTags } from './entity-tag.ts';

const strong = (value: string) => ({ value, isWeak: false });
const weak = (value: string) => ({ value, isWeak: true });

describe('parseEntityTag', () => {
  it.each([
    ['"v1"', strong('v1')],
    ['W/"v1"', weak('v1')],
    ['""', strong('')],
    ['"a,b"', strong('a,b')],
    ['"a\\"', strong('a\\')],
    ['"\xff"', strong('\xff')],
  ])('reads %s', (text, tag) => {
    expect(parseEntityTag(text)).toEqual(tag);
  });

  it.each(['', 'v1', '"v1', 'v1"', 'w/"v1"', 'W/v1', 'W/ "v1"', '"a b"', '"a"b"', '"a", "b"', '"a",', '"\x7f"', '*'])(
    'makes nothing of %s',
    (text) => {
      expect(parseEntityTag(text)).toBeUndefined();
    },
  );
});

describe('parseEntityTags', () => {
  it('reads a list with blanks and empty elements', () => {
    expect(parseEntityTags('"a", W/"b" ,,\t"c,d"')).toEqual([strong('a'), weak('b'), strong('c,d')]);
    expect(parseEntityTags('')).toEqual([]);
  });

  it('leaves out what follows the first mistake', () => {
    expect(parseEntityTags('"a", b, "c"')).toEqual([strong('a')]);
    expect(parseEntityTags('"a" "b"')).toEqual([]);
  });

  it('reads a list of 64 KiB of commas in no time that grows with its square', () => {
    expect(parseEntityTags(`${','.repeat(65_536)}"a"`)).toEqual([strong('a')]);
    expect(parseEntityTags(`${' ,'.repeat(32_768)}x`)).toEqual([]);
  });
});

describe('comparing', () => {
  // The table of RFC 9110 section 8.8.3.2.
  it.each([
    [weak('1'), weak('1'), false, true],
    [weak('1'), weak('2'), false, false],
    [weak('1'), strong('1'), false, true],
    [strong('1'), strong('1'), true, true],
  ])('%o and %o', (first, second, isStrong, isWeak) => {
    expect([isStrongMatch(first, second), isWeakMatch(first, second)]).toEqual([isStrong, isWeak]);
  });
});
