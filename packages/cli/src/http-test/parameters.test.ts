import { HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { decimalOf, integerOf, queryDecimal, queryInteger, queryPairs, queryText, valuesByName } from './parameters.ts';

describe('a number of the path', () => {
  it.each([
    ['3', 3],
    ['10', 10],
    ['007', 7],
  ])('may be %s', (text, value) => {
    expect(integerOf({ n: text }, 'n', RANGE)).toBe(value);
  });

  it.each(['2', '11', '-3', '+3', '3.0', '3e0', '0x3', ' 3', '3\n', '', 'a', '9'.repeat(11), '٣'])(
    'may not be %j',
    (text) => {
      const error = thrownBy(() => integerOf({ n: text }, 'n', RANGE));
      expect(error).toMatchObject({
        problem: { status: 400, detail: `n must be a whole number from 3 to 10, got ${JSON.stringify(text)}` },
      });
    },
  );

  it('may have three decimals where that makes sense', () => {
    expect(decimalOf({ n: '3.125' }, 'n', RANGE)).toBe(3.125);
    for (const text of ['3.1250', '10.001', '2.999', '.5', '3.']) {
      expect(thrownBy(() => decimalOf({ n: text }, 'n', RANGE))).toMatchObject({
        problem: { detail: `n must be a number from 3 to 10, got "${text}"` },
      });
    }
  });

  it('is cut where it is told', () => {
    expect(() => integerOf({ n: 'x'.repeat(1_000) }, 'n', RANGE)).toThrow(/got "x{50}"$/);
  });
});

describe('a number of the query', () => {
  it('has its preset only where it is missing', () => {
    expect(queryInteger(asking('a=4'), 'n', { ...RANGE, preset: 5 })).toBe(5);
    expect(queryInteger(asking('n=4'), 'n', { ...RANGE, preset: 5 })).toBe(4);
    expect(queryDecimal(asking('n=4.5'), 'n', { ...RANGE, preset: 5 })).toBe(4.5);
    expect(() => queryInteger(asking('n='), 'n', { ...RANGE, preset: 5 })).toThrow('got ""');
    expect(() => queryInteger(asking('a'), 'n', RANGE)).toThrow('got nothing');
  });
});

describe('the query', () => {
  it('is decoded', () => {
    expect(queryPairs(asking('a=%C3%A4+b&c&=d'))).toEqual([
      ['a', 'ä b'],
      ['c', ''],
      ['', 'd'],
    ]);
    expect(queryPairs(HttpRequest.from({ target: '/' }))).toEqual([]);
  });

  it('has a parameter once', () => {
    expect(queryText(asking('a=1&b=2'), 'a')).toBe('1');
    expect(() => queryText(asking('a=1&b=2&a=1'), 'a')).toThrow('a stands 2 times in the query');
  });

  it('has 1,000 parameters at most', () => {
    expect(queryPairs(asking('a&'.repeat(1_000)))).toHaveLength(1_000);
    expect(() => queryPairs(asking('a&'.repeat(1_001)))).toThrow('1001 parameters; 1000 are the most');
  });
});

describe('valuesByName', () => {
  it('makes a list of what is there more than once', () => {
    const pairs = [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['a', '4'],
    ] as const;
    expect(valuesByName(pairs)).toEqual({ a: ['1', '3', '4'], b: '2' });
  });

  it('knows no name that means something else', () => {
    const values = valuesByName([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(JSON.stringify(values)).toBe('{"__proto__":"x","constructor":"y"}');
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
  });
});

function asking(query: string): HttpRequest {
  return HttpRequest.from({ target: `/?${query}` });
}

function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

const RANGE = { min: 3, max: 10 };
