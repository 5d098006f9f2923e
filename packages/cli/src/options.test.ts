import { formatAddress } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import {
  addressOption,
  countOption,
  listOption,
  portsOption,
  redirectsOption,
  retriesOption,
  routesOption,
  secondsOption,
  someSecondsOption,
  usersOption,
  valueOption,
} from './options.ts';

describe('addressOption', () => {
  it.each([
    ['127.0.0.1:80', '127.0.0.1:80'],
    [':9000', '127.0.0.1:9000'],
    ['[::1]:80', '[::1]:80'],
    ['unix:/run/x.sock', 'unix:/run/x.sock'],
  ])('takes %s', (text, address) => {
    expect(formatAddress(addressOption(text))).toBe(address);
  });

  it('says what an address looks like', () => {
    expect(() => addressOption('nowhere')).toThrow(/"nowhere" is not an address: write host:port/);
  });
});

describe('secondsOption', () => {
  it.each([
    ['0', 0],
    ['2', 2_000],
    ['0.001', 1],
    ['999999', 999_999_000],
  ])('takes %s', (text, timeMs) => {
    expect(secondsOption(text)).toBe(timeMs);
  });

  it.each(['', '-1', '1s', '1.0001', '1000000', '1e3', '.5'])('refuses %j', (text) => {
    expect(() => secondsOption(text)).toThrow(/number of seconds/);
  });

  it('refuses 0 where it makes no sense', () => {
    expect(someSecondsOption('0.001')).toBe(1);
    expect(() => someSecondsOption('0')).toThrow(/greater than 0/);
  });
});

describe('countOption', () => {
  it('takes 1 and more, and nothing else', () => {
    expect([countOption('1'), countOption('999999999')]).toEqual([1, 999_999_999]);
    for (const text of ['0', '-1', '01', '1000000000', 'x', '1.5'])
      expect(() => countOption(text)).toThrow(/at least 1/);
  });
});

describe('redirectsOption', () => {
  it('takes 0 and more, and -1 for any number', () => {
    expect([redirectsOption('0'), redirectsOption('9999'), redirectsOption('-1')]).toEqual([0, 9_999, Infinity]);
    for (const text of ['-2', '10000', 'x', '']) expect(() => redirectsOption(text)).toThrow(/write a number/);
  });
});

describe('retriesOption', () => {
  it('takes 0 and more, and nothing else', () => {
    expect([retriesOption('0'), retriesOption('999999999')]).toEqual([0, 999_999_999]);
    for (const text of ['-1', '01', '1000000000', 'x', '1.5', ''])
      expect(() => retriesOption(text)).toThrow(/at least 0/);
  });
});

describe('portsOption', () => {
  it('takes ports, or any', () => {
    expect(portsOption('1,443,65535')).toEqual([1, 443, 65_535]);
    expect(portsOption('any')).toBe('any');
    for (const text of ['0', '65536', '443,', 'http', '443 80']) expect(() => portsOption(text)).toThrow(/write ports/);
  });
});

describe('usersOption', () => {
  it('splits at the first colon, and collects', () => {
    const users = usersOption('b:', usersOption('a:x:y'));
    expect(users).toEqual([
      { name: 'a', password: 'x:y' },
      { name: 'b', password: '' },
    ]);
  });

  it.each(['', 'name', ':password'])('refuses %j', (text) => {
    expect(() => usersOption(text)).toThrow(/name:password/);
  });
});

describe('routesOption', () => {
  it.each([
    ['http://up:1', { to: 'http://up:1' }],
    ['/api=http://up:1/v1', { path: '/api', to: 'http://up:1/v1' }],
    ['/api=https://up/v1', { path: '/api', to: 'https://up/v1' }],
    ['h2c://up:1', { to: 'h2c://up:1' }],
    ['a.test=http://up', { host: 'a.test', to: 'http://up' }],
    ['*.a.test/x=http://up', { host: '*.a.test', path: '/x', to: 'http://up' }],
    ['/=http://up/?a=b', { path: '/', to: 'http://up/?a=b' }],
  ])('takes %s', (text, route) => {
    expect(routesOption(text)).toEqual([route]);
  });

  it('collects', () => {
    expect(routesOption('http://b', routesOption('http://a'))).toEqual([{ to: 'http://a' }, { to: 'http://b' }]);
  });

  it.each(['', 'up:1', 'h2://up', 'x=y', '/a=up'])('refuses %j', (text) => {
    expect(() => routesOption(text)).toThrow(/http:\/\/upstream/);
  });
});

describe('listOption', () => {
  it('collects in order', () => {
    expect(listOption('b', listOption('a'))).toEqual(['a', 'b']);
  });
});

describe('valueOption', () => {
  it('shows its default as it is typed, and parses it', () => {
    const option = valueOption('--time <seconds>', 'time', secondsOption, '2.5');
    expect([option.defaultValue, option.defaultValueDescription]).toEqual([2_500, '2.5']);
  });
});
