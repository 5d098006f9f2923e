import { describe, expect, it } from 'vitest';
import { directiveSeconds, formatCacheDirectives, parseCacheDirectives } from './cache-directives.ts';

describe('parseCacheDirectives', () => {
  it.each<[string | undefined, Record<string, string | true>]>([
    [undefined, {}],
    ['', {}],
    [' , ,', {}],
    ['no-store', { 'no-store': true }],
    ['Max-Age=60, PUBLIC', { 'max-age': '60', public: true }],
    ['max-age="60"', { 'max-age': '60' }],
    ['private="a, b", max-age=1', { private: 'a, b', 'max-age': '1' }],
    ['ext="a\\"b"', { ext: 'a"b' }],
    ['max-age=60, max-age=30', { 'max-age': '30' }],
    ['max-age=30, max-age=x', { 'max-age': 'x' }],
    ['max-age = 60', { 'max-age': true }],
    ['__proto__=1', { ['__proto__']: '1' }],
    ['a="unclosed, no-store', { a: true, 'no-store': true }],
  ])('%j', (value, expected) => {
    expect([...parseCacheDirectives(value)]).toEqual(Object.entries(expected));
  });

  it('gives the same directives once written and read again', () => {
    const directives = parseCacheDirectives('private="a, \\"b", max-age=60, no-cache');
    expect(parseCacheDirectives(formatCacheDirectives(directives))).toEqual(directives);
  });

  it('does not take longer than a scan for a value that is made to be slow', () => {
    const hostile = `a="${'\\"'.repeat(30_000)},${'b='.repeat(30_000)}`;
    expect(parseCacheDirectives(hostile).has('a')).toBe(true);
  });
});

describe('directiveSeconds', () => {
  it.each([
    ['max-age=0', 0],
    ['max-age=60', 60],
    ['max-age', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['max-age=99999999999999999999', 2 ** 31],
    ['public', undefined],
  ])('%s', (value, expected) => {
    expect(directiveSeconds(parseCacheDirectives(value), 'max-age')).toBe(expected);
  });
});
