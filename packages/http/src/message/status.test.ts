import { STATUS_CODES } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isBodyless, reasonPhrase } from './status.ts';

describe('reasonPhrase', () => {
  it('knows what Node knows, but for names that have changed since, and for jokes', () => {
    const others = Object.entries(STATUS_CODES).filter(([status, reason]) => reasonPhrase(Number(status)) !== reason);
    expect(Object.fromEntries(others.map(([status]) => [status, reasonPhrase(Number(status))]))).toEqual({
      413: 'Content Too Large', // RFC 9110 section 15.5.14
      418: '', // unused
      422: 'Unprocessable Content', // RFC 9110 section 15.5.21
      509: '', // never registered
    });
  });

  it('is empty for every code without one', () => {
    for (const status of [0, 99, 299, 306, 420, 599, 600, 999, -1, 200.5, Number.NaN])
      expect(reasonPhrase(status)).toBe('');
  });
});

describe('isBodyless', () => {
  it('is so for 1xx, 204 and 304 alone', () => {
    const bodyless = Array.from({ length: 900 }, (_, index) => index + 100).filter(isBodyless);
    expect(bodyless).toEqual([...Array.from({ length: 100 }, (_, index) => index + 100), 204, 304]);
  });
});
