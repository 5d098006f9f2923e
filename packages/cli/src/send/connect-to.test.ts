import { formatAddress, parseAuthority } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { connectTo } from './connect-to.ts';

describe('connectTo', () => {
  it.each<[entries: readonly string[], origin: string, to: string | undefined]>([
    [['a.test:80:b.test:81'], 'a.test:80', 'b.test:81'],
    [['A.TEST:80:b.test:81'], 'a.test:80', 'b.test:81'],
    [['a.test:80:b.test:81'], 'a.test:81', undefined],
    [['a.test:80:b.test:81'], 'c.test:80', undefined],
    [['::b.test:81'], 'a.test:80', 'b.test:81'],
    [['a.test::b.test:'], 'a.test:443', 'b.test:443'],
    [[':80::81'], 'a.test:80', 'a.test:81'],
    [['a.test:80::'], 'a.test:80', undefined],
    [['a.test:80:a.test:80'], 'a.test:80', undefined],
    [['::A.test:'], 'a.test:80', undefined],
    [['[::1]:80:[::2]:81'], '[::1]:80', '[::2]:81'],
    [['c.test::x.test:', 'a.test::y.test:', '::z.test:'], 'a.test:1', 'y.test:1'],
    [['a.test:80::', '::z.test:'], 'a.test:80', undefined], // the first that matches, whatever it says
  ])('%j takes %s to %s', (entries, origin, to) => {
    const { host, port = 0 } = parseAuthority(origin);
    const address = connectTo(entries)?.({ scheme: 'http', host, port });
    expect(address === undefined ? undefined : formatAddress(address)).toBe(to);
  });

  it.each([
    '',
    'a.test',
    'a.test:80',
    'a:b:c:d',
    'a.test:80:b.test:81:',
    '::1:80:b.test:81',
    'a:0:b:1',
    ':::65536',
    'a b:::',
    '::[x]:1',
  ])('refuses %j', (entry) => {
    expect(() => connectTo([entry])).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining('--connect-to') }),
    );
  });
});
