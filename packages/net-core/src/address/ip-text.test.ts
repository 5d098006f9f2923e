import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIpv4, readIpv6 } from './ip-text.ts';

describe('readIpv4', () => {
  it('reads a part of a text, to a place in an array', () => {
    const bytes = new Uint8Array(6).fill(7);
    expect(readIpv4('x127.0.0.255:80', 1, 12, bytes, 1)).toBe(true);
    expect([...bytes]).toEqual([7, 127, 0, 0, 255, 7]);
    expect(readIpv4('1.2.3.4', 0, 6, bytes, 0)).toBe(false);
  });

  it('agrees with net.isIPv4, whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom('0', '1', '9', '25', '255', '256', '.', '..', 'x', ' '),
      maxLength: 9,
    });
    const dotted = fc.array(fc.nat(300), { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'));
    fc.assert(
      fc.property(fc.oneof(text, dotted), (it) => {
        expect(readIpv4(it, 0, it.length, new Uint8Array(4), 0)).toBe(isIP(it) === 4);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('readIpv6', () => {
  it('reads a part of a text', () => {
    const bytes = new Uint8Array(16).fill(7);
    expect(readIpv6('[1::2]', 1, 5, bytes)).toBe(true);
    expect([...bytes]).toEqual([0, 1, ...new Array(13).fill(0), 2]);
    expect(readIpv6('[1::2:]', 1, 6, bytes)).toBe(false);
  });

  it('agrees with net.isIPv6, whatever the text', () => {
    const pieces = [
      '0',
      '1',
      'f',
      'ABCD',
      '00000',
      '12345',
      ':',
      '::',
      '1:',
      ':2',
      '.',
      '1.2.3.4',
      '256.1.1.1',
      'g',
      '@',
      '`',
    ];
    const text = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 18 });
    const groups = fc
      .array(fc.constantFrom('0', '1', 'ffff', '', 'Ab', '1.2.3.4'), { minLength: 2, maxLength: 10 })
      .map((parts) => parts.join(':'));
    fc.assert(
      fc.property(fc.oneof(text, groups), (it) => {
        expect(readIpv6(it, 0, it.length, new Uint8Array(16))).toBe(isIP(it) === 6);
      }),
      { numRuns: 10_000 },
    );
  });

  it('leaves nothing of an earlier address behind', () => {
    const bytes = new Uint8Array(16).fill(0xff);
    for (const text of ['::', '1::', '::1', '1::2:3', '::1.2.3.4', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8']) {
      const fresh = new Uint8Array(16);
      expect(readIpv6(text, 0, text.length, bytes)).toBe(true);
      expect(readIpv6(text, 0, text.length, fresh)).toBe(true);
      expect(bytes).toEqual(fresh);
      bytes.fill(0xff);
    }
  });
});
