import { UsageError } from '@lamella/service-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blanks, fieldText, token } from '../../test/support/arbitraries.ts';
import { fromHead, HttpHeaders, headersOfValidFields } from './http-headers.ts';

/** Of a head about whose names nothing is known. */
const ALL_INITIALS = -1;

const MANY: readonly [string, string][] = [
  ['Accept', 'a'],
  ['x-one', '1'],
  ['ACCEPT', 'b'],
  ['X-Two', ''],
  ['accept', 'c'],
];

describe('HttpHeaders', () => {
  it('keep order, case and duplicates', () => {
    const headers = HttpHeaders.from(MANY);
    expect([...headers]).toEqual(MANY);
    expect(headers.toJSON()).toEqual(MANY);
    expect(headers.flat).toEqual(MANY.flat());
    expect([headers.size, HttpHeaders.from().size]).toEqual([5, 0]);
    expect(headers.toString()).toBe('Accept: a\r\nx-one: 1\r\nACCEPT: b\r\nX-Two: \r\naccept: c\r\n');
  });

  it('are made of pairs, of an object, of a Map, of headers', () => {
    expect([...HttpHeaders.from({ a: '1', B: ['2', '3'], c: [] })]).toEqual([
      ['a', '1'],
      ['B', '2'],
      ['B', '3'],
    ]);
    expect([...HttpHeaders.from(new Map([['a', '1']]))]).toEqual([['a', '1']]);
    const headers = HttpHeaders.from(MANY);
    const copy = HttpHeaders.from(headers);
    copy.delete('accept');
    expect([...headers]).toEqual(MANY);
  });

  it('find names in any case, and join what may be joined', () => {
    const headers = HttpHeaders.from([
      ...MANY,
      ['cookie', 'a=1'],
      ['Cookie', 'b=2'],
      ['Set-Cookie', 'a'],
      ['set-cookie', 'b'],
    ]);
    expect(headers.get('aCCept')).toBe('a, b, c');
    expect(headers.getAll('aCCept')).toEqual(['a', 'b', 'c']);
    expect([headers.get('x-two'), headers.get('x-three')]).toEqual(['', undefined]);
    expect([headers.has('X-TWO'), headers.has('x-three'), headers.has('x-tw')]).toEqual([true, false, false]);
    expect(headers.get('Cookie')).toBe('a=1; b=2');
    expect(headers.getAll('set-cookie')).toEqual(['a', 'b']);
    expect(headers.getAll('none')).toEqual([]);
  });

  it('set a field where its first one stands, and drop the others', () => {
    const headers = HttpHeaders.from(MANY);
    headers.set('accept', 'new');
    headers.set('X-Three', '3');
    expect([...headers]).toEqual([
      ['accept', 'new'],
      ['x-one', '1'],
      ['X-Two', ''],
      ['X-Three', '3'],
    ]);
  });

  it('delete by name and by rule, and say whether there was anything', () => {
    const headers = HttpHeaders.from(MANY);
    expect([headers.delete('Accept'), headers.delete('Accept')]).toEqual([true, false]);
    expect([...headers]).toEqual([
      ['x-one', '1'],
      ['X-Two', ''],
    ]);
    headers.deleteWhere(() => false);
    expect(headers.size).toBe(2);
    headers.deleteWhere((name, value) => name === 'X-Two' && value === '');
    expect([...headers]).toEqual([['x-one', '1']]);
    headers.deleteWhere(() => true);
    expect([headers.size, headers.toString()]).toEqual([0, '']);
  });

  it.each<[string, (headers: HttpHeaders) => void]>([
    ['append', (headers) => headers.append('new', '1')],
    ['set', (headers) => headers.set('accept', 'z')],
    ['set of a new one', (headers) => headers.set('new', 'z')],
    ['delete', (headers) => headers.delete('x-one')],
    ['deleteWhere', (headers) => headers.deleteWhere((name) => name === 'x-one')],
  ])('show no %s to a clone, nor one of the clone to themselves, whatever was printed before', (_what, change) => {
    for (const changesClone of [false, true]) {
      const headers = HttpHeaders.from(MANY);
      const before = headers.toString();
      const clone = headers.clone();
      const [changed, other] = changesClone ? [clone, headers] : [headers, clone];
      change(changed);
      expect([other.toString(), [...other]]).toEqual([before, MANY]);
      expect(changed.toString()).not.toBe(before);
      expect(changed.toString()).toBe([...changed].map(([name, value]) => `${name}: ${value}\r\n`).join(''));
      change(other);
      expect(other.toString()).toBe(changed.toString());
    }
  });

  it.each(['', 'a b', 'a:', 'é', 'a\n', ' a'])('refuse the name %j', (name) => {
    const headers = HttpHeaders.from(MANY);
    expect(() => headers.append(name, 'x')).toThrow(UsageError);
    expect(() => headers.set(name, 'x')).toThrow(UsageError);
    expect(() => HttpHeaders.from([[name, 'x']])).toThrow(UsageError);
    expect([...headers]).toEqual(MANY);
  });

  it.each(['a\nb', 'a\r\nb: c', '\0', '\x7f', '\u0100', 'a\r'])('refuse the value %j', (value) => {
    const headers = HttpHeaders.from(MANY);
    expect(() => headers.append('a', value)).toThrow(UsageError);
    expect(() => headers.set('accept', value)).toThrow(UsageError);
    expect(() => HttpHeaders.from({ a: ['x', value] })).toThrow(UsageError);
    expect([...headers]).toEqual(MANY);
  });

  it('refuse values that are no text, for those who do not care for types', () => {
    const init = { a: 1 } as unknown as Record<string, string>;
    expect(() => HttpHeaders.from(init)).toThrow(UsageError);
  });

  it('trim the blanks around a value, which are no part of it', () => {
    expect([...HttpHeaders.from({ a: ' \t b \t c\t ' })]).toEqual([['a', 'b \t c']]);
  });

  it('of a decoded head are what was sent, and print without the blanks around values', () => {
    const line = fc.record({ name: token, before: blanks, value: fieldText, after: blanks });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const start = 'GET / HTTP/1.1\r\n';
        const fields = lines.map(({ name, before, value, after }) => `${name}:${before}${value}${after}\r\n`).join('');
        const headers = fromHead(`${start}${fields}\r\n`, start.length, ALL_INITIALS);
        const pairs = lines.map(({ name, value }) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]);
        expect([...headers]).toEqual(pairs);
        expect(headers.toString()).toBe(pairs.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
        expect([...HttpHeaders.from([...headers])]).toEqual(pairs);
      }),
    );
  });

  it('say of a value that is no text what it is', () => {
    expect(() => HttpHeaders.from({ 'Content-Length': 5 as unknown as string })).toThrow(
      'the value of header Content-Length must be text, got number',
    );
  });
});

describe('names that are never indexed', () => {
  it('are none, until somebody adds one', () => {
    const headers = HttpHeaders.from({ 'X-Key': '1' });
    expect(headers.neverIndexed).toBeUndefined();
    headers.neverIndex('X-Key');
    headers.neverIndex('x-other');
    expect(headers.neverIndexed).toEqual(new Set(['x-key', 'x-other']));
  });

  it('come along with copies, and are added to each for itself', () => {
    const headers = HttpHeaders.from({ 'X-Key': '1' });
    headers.neverIndex('x-key');
    const copies = [headers.clone(), HttpHeaders.from(headers)];
    headers.neverIndex('x-later');
    copies[0]?.neverIndex('x-own');
    expect(copies.map(({ neverIndexed }) => neverIndexed)).toEqual([new Set(['x-key', 'x-own']), new Set(['x-key'])]);
    expect(headers.neverIndexed).toEqual(new Set(['x-key', 'x-later']));
  });

  it('are those of valid fields that an engine says', () => {
    const neverIndexed = new Set(['a']);
    expect(headersOfValidFields(['a', '1'], neverIndexed).neverIndexed).toBe(neverIndexed);
  });

  it('are tokens', () => {
    expect(() => HttpHeaders.from().neverIndex('a b')).toThrow(UsageError);
  });
});
