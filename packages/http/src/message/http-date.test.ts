import { describe, expect, it } from 'vitest';
import { formatHttpDate, parseHttpDate } from './http-date.ts';

const IN_2026 = Date.UTC(2026, 10, 25);

describe('parseHttpDate', () => {
  it.each([['Sun, 06 Nov 1994 08:49:37 GMT'], ['Sunday, 06-Nov-94 08:49:37 GMT'], ['Sun Nov  6 08:49:37 1994']])(
    'reads %s',
    (text) => {
      expect(parseHttpDate(text, IN_2026)).toBe(784_111_777_000);
    },
  );

  it('takes a year of two digits for one of the last 50 years or the next 50', () => {
    expect(parseHttpDate('Wednesday, 01-Jan-76 00:00:00 GMT', IN_2026)).toBe(Date.UTC(2076, 0, 1));
    expect(parseHttpDate('Saturday, 01-Jan-77 00:00:00 GMT', IN_2026)).toBe(Date.UTC(1977, 0, 1));
  });

  it('takes a leap second, and the 29th of February of a leap year', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT')).toBe(Date.UTC(2024, 1, 29));
  });

  it.each([
    '',
    'tomorrow',
    '0',
    '2024-02-29T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Wed, 29 Feb 2023 00:00:00 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun, 06 Nov +994 08:49:37 GMT',
  ])('makes nothing of %o', (text) => {
    expect(parseHttpDate(text, IN_2026)).toBeUndefined();
  });
});

describe('formatHttpDate', () => {
  it('writes what parseHttpDate reads, without the parts of a second', () => {
    expect(formatHttpDate(784_111_777_999)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    expect(parseHttpDate(formatHttpDate(0))).toBe(0);
    expect(parseHttpDate('Fri, 01 Jan 0099 00:00:00 GMT')).toBe(new Date(0).setUTCFullYear(99, 0, 1));
  });
});
