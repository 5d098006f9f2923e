import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { addressSet } from './address-set.ts';
import { parseCidr } from './cidr.ts';
import { parseIp } from './ip-address.ts';

describe('addressSet', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7:1', true],
    ['192.0.2.7', '192.0.2.8:1', false],
    ['192.0.2.7', '[::ffff:192.0.2.7]:1', true],
    ['::ffff:192.0.2.7', '192.0.2.7:1', true],
    ['::FFFF:c000:207', '192.0.2.7:1', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3:1', true],
    ['::ffff:10.0.0.0/104', '[::ffff:10.1.2.3]:1', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3:1', false],
    ['::ffff:0:0/96', '11.1.2.3:1', true],
    ['::ffff:0:0/96', '[2001:db8::1]:1', false],
    ['0.0.0.0/0', '11.1.2.3:1', true],
    ['0.0.0.0/0', '[2001:db8::1]:1', false],
    ['::/0', '[2001:db8::1]:1', true],
    ['::/0', '11.1.2.3:1', false],
    ['2001:db8::/32', '[2001:db8::1]:1', true],
    ['2001:db8::1', '[2001:db8::2]:1', false],
    ['fe80::/10', '[fe80::1%25eth0]:1', true],
    ['unix', 'unix:/run/a.sock', true],
    ['192.0.2.7', 'unix:/run/a.sock', false],
    ['unix', '192.0.2.7:1', false],
    ['0.0.0.0/0', 'localhost:1', false],
  ])('of %s has %s: %s', (entry, address, isIn) => {
    expect(addressSet('trusted', [entry]).has(parseAddress(address))).toBe(isIn);
    expect(addressSet('trusted', ['198.51.100.1', entry]).has(parseAddress(address))).toBe(isIn);
    if (entry.includes('/')) {
      expect(addressSet('trusted', [parseCidr(entry)]).has(parseAddress(address))).toBe(isIn);
    }
  });

  it('has IP addresses, and nobody without one', () => {
    const set = addressSet('trusted', ['10.0.0.0/8', 'unix']);
    expect(set.hasIp(parseIp('10.1.2.3'))).toBe(true);
    expect(set.hasIp(parseIp('::ffff:10.1.2.3'))).toBe(true);
    expect(set.hasIp(parseIp('11.1.2.3'))).toBe(false);
    expect(set.hasIp(undefined)).toBe(false);
    expect(set.has(undefined)).toBe(false);
    expect(addressSet('trusted', []).has(parseAddress('10.1.2.3:1'))).toBe(false);
  });

  it.each([
    ...[
      '',
      ' ',
      '/',
      '/8',
      'all',
      'localhost',
      'UNIX',
      'unix:/run/a.sock',
      '10.0.0.1:80',
      '[::1]',
      '[::1]:80',
      ' 10.0.0.1',
    ],
    ...[
      '10.0.0.1/8',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '010.0.0.1',
      '10.0.0.0/-1',
      '10.0.0.0/8 ',
    ],
    ...['::/129', '::ffff:10.0.0.0/8', '::ffff:10.0.0.1/104', 'fe80::1%eth0', 'fe80::%eth0/10', '1'.repeat(100_000)],
    ...[7, null, undefined, {}, ['10.0.0.1']],
  ])('refuses %j', (entry) => {
    const make = (): unknown => addressSet('trusted', [entry as string]);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(/^trusted must be a list of addresses, blocks of them, or 'unix'; got .{1,110}$/);
  });

  it.each(['10.0.0.1', undefined, null, 5, new Set(['10.0.0.1'])])('refuses %j in the place of a list', (entries) => {
    expect(() => addressSet('trusted', entries as never)).toThrow(UsageError);
  });
});
