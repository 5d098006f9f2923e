import { describe, expect, it } from 'vitest';
import { formatContentRange, parseRange, requestedRanges } from './byte-ranges.ts';
import { HttpHeaders } from './http-headers.ts';

describe('parseRange', () => {
  it.each<[string, number, string]>([
    ['bytes=0-0', 10, '0-0'],
    ['bytes=0-9', 10, '0-9'],
    ['bytes=0-', 10, '0-9'],
    ['bytes=9-', 10, '9-9'],
    ['bytes=5-1000', 10, '5-9'],
    ['bytes=-1', 10, '9-9'],
    ['bytes=-10', 10, '0-9'],
    ['bytes=-1000', 10, '0-9'],
    ['BYTES=1-2', 10, '1-2'],
    ['bytes=0-0,2-3', 10, '0-0 2-3'],
    ['bytes= ,0-0 ,\t, 9-9,', 10, '0-0 9-9'],
    ['bytes=-1,0-0', 10, '9-9 0-0'],
    ['bytes=0-1,2-3', 10, '0-1 2-3'],
    ['bytes=0-1,99-', 10, '0-1'],
    ['bytes=0-99999999999999999999999999', 10, '0-9'],
  ])('reads %o of %i bytes', (value, size, expected) => {
    const ranges = parseRange(value, size);
    if (!Array.isArray(ranges)) throw new Error(`got ${ranges}`);
    expect(ranges.map(({ firstByte, lastByte }) => `${firstByte}-${lastByte}`).join(' ')).toBe(expected);
  });

  it.each([
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=99999999999999999999999999-', 10],
    ['bytes=0-5,5-9', 10], // they overlap in one byte
    ['bytes=0-,0-', 10],
    ['bytes=-5,-4', 10],
    ['bytes=4-5,0-9', 10],
  ])('finds nothing to send for %o of %i bytes', (value, size) => {
    expect(parseRange(value, size)).toBe('unsatisfiable');
  });

  it.each([
    ['', 10],
    ['bytes', 10],
    ['bytes=', 10],
    ['bytes=,', 10],
    ['bytes=-', 10],
    ['bytes=5-4', 10],
    ['bytes=a-b', 10],
    ['bytes=1', 10],
    ['bytes=1-2-3', 10],
    ['bytes=+1-2', 10],
    ['bytes=1 - 2', 10],
    ['bytes=0x1-2', 10],
    ['bytes = 0-1', 10],
    ['bytes=0-1;2-3', 10],
    ['bytes=0-1,x', 10],
    ['lines=0-1', 10],
    ['bytes=-5', 0], // the whole of an empty content is empty
  ])('ignores %o of %i bytes', (value, size) => {
    expect(parseRange(value, size)).toBeUndefined();
  });

  it('takes maxRanges ranges and refuses one more, whether or not there is anything to send for it', () => {
    const value = (count: number) => `bytes=${Array.from({ length: count }, (_, at) => `${at * 2}-${at * 2}`)}`;
    expect(parseRange(value(16), 1_000)).toHaveLength(16);
    expect(parseRange(value(17), 1_000)).toBe('unsatisfiable');
    expect(parseRange('bytes=0-0,2-2', 10, { maxRanges: 2 })).toHaveLength(2);
    expect(parseRange('bytes=0-0,2-2,99-', 10, { maxRanges: 2 })).toBe('unsatisfiable');
  });

  it('stops reading a bomb of ranges where it has seen enough', () => {
    expect(parseRange(`bytes=${'0-,'.repeat(100_000)}`, 1_000)).toBe('unsatisfiable');
    expect(parseRange(`bytes=${','.repeat(100_000)}`, 1_000)).toBeUndefined();
  });
});

describe('requestedRanges', () => {
  const ranged = (fields: Record<string, string> = {}) => HttpHeaders.from({ Range: 'bytes=0-4', ...fields });
  const some = [{ firstByte: 0, lastByte: 4 }];

  it('is for GET alone', () => {
    expect(requestedRanges({ method: 'GET', headers: ranged() }, {}, 10)).toEqual(some);
    expect(requestedRanges({ method: 'HEAD', headers: ranged() }, {}, 10)).toBeUndefined();
    expect(requestedRanges({ method: 'POST', headers: ranged() }, {}, 10)).toBeUndefined();
    expect(requestedRanges({ method: 'GET', headers: HttpHeaders.from() }, {}, 10)).toBeUndefined();
  });

  it('gives the whole where If-Range does not hold', () => {
    const headers = ranged({ 'If-Range': '"v1"' });
    expect(requestedRanges({ method: 'GET', headers }, { etag: '"v1"' }, 10)).toEqual(some);
    expect(requestedRanges({ method: 'GET', headers }, { etag: '"v2"' }, 10)).toBeUndefined();
  });
});

describe('formatContentRange', () => {
  it('writes what was sent, or only how much there is', () => {
    expect(formatContentRange({ firstByte: 0, lastByte: 4 }, 10)).toBe('bytes 0-4/10');
    expect(formatContentRange(undefined, 10)).toBe('bytes */10');
  });
});
