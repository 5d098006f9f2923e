import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { validityOf } from './validity.ts';

const NOW_MS = Date.parse('2026-06-01T12:00:00.700Z');
const clock = new FakeClock({ epochMs: NOW_MS });
const at = (text: string): number => Date.parse(text);

describe('validityOf', () => {
  it('begins an hour ago, and lasts as long as is said, in whole seconds', () => {
    expect(validityOf({ clock }, 10_000)).toEqual({
      validFromMs: at('2026-06-01T11:00:00Z'),
      validToMs: at('2026-06-01T12:00:10Z'),
    });
    expect(validityOf({ clock, validityMs: 60_000, backdateMs: 0 }, 10_000)).toEqual({
      validFromMs: at('2026-06-01T12:00:00Z'),
      validToMs: at('2026-06-01T12:01:00Z'),
    });
  });

  it('never goes beyond the dates of the authority', () => {
    const within = { validFromMs: at('2026-06-01T11:59:00Z'), validToMs: at('2026-06-01T12:00:05Z') };
    expect(validityOf({ clock }, 60_000, within)).toEqual(within);
  });

  it.each([
    ['expired', NOW_MS - 10_000, NOW_MS],
    ['not valid yet', NOW_MS + 1, NOW_MS + 10_000],
  ])('refuses an authority that is %s', (_, validFromMs, validToMs) => {
    expect(() => validityOf({ clock }, 60_000, { validFromMs, validToMs })).toThrow(
      expect.objectContaining({ code: 'LML_ERR_TLS_MATERIAL' }),
    );
  });

  it('takes an authority from its first moment to its last', () => {
    expect(() => validityOf({ clock }, 60_000, { validFromMs: NOW_MS, validToMs: NOW_MS + 1 })).not.toThrow();
  });

  it.each([
    { validityMs: 999 },
    { validityMs: Number.NaN },
    { validityMs: Number.POSITIVE_INFINITY },
    { backdateMs: -1 },
    { backdateMs: Number.NaN },
  ])('refuses %j', (options) => {
    expect(() => validityOf({ clock, ...options }, 60_000)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it('stays within what a certificate can say', () => {
    expect(validityOf({ clock, validityMs: 252_460_800_000_000, backdateMs: 252_460_800_000_000 }, 1)).toEqual({
      validFromMs: at('1950-01-01T00:00:00Z'),
      validToMs: at('9999-12-31T23:59:59Z'),
    });
  });
});
