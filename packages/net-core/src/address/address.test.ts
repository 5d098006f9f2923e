import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError } from '../errors.ts';
import type { Address } from './address.ts';
import { formatAddress, parseAddress, socketAddress, tryParseAddress } from './address.ts';
import { formatHost, parseHost } from './host.ts';
import { parseIp } from './ip-address.ts';

describe('parseAddress', () => {
  it.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['[::1]:8080', '[::1]', 8080],
    ['[::]:0', '[::]', 0],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
    ['localhost:8080', 'localhost', 8080],
    ['LOCALHOST.:8080', 'localhost', 8080],
    ['[fe80::1%eth0]:80', '[fe80::1%25eth0]', 80],
    ['[fe80::1%25eth0]:80', '[fe80::1%25eth0]', 80],
    ['bücher.example:80', 'xn--bcher-kva.example', 80],
    [':8080', '127.0.0.1', 8080],
    ['8080', '127.0.0.1', 8080],
    [':0', '127.0.0.1', 0],
    ['0', '127.0.0.1', 0],
    ['65535', '127.0.0.1', 65_535],
  ])('reads %s', (text, host, port) => {
    const address = parseAddress(text);
    expect(address).toEqual({ type: 'tcp', host: parseHost(host), port });
    expect(formatAddress(address)).toBe(`${host}:${port}`);
    expect(parseAddress(formatAddress(address))).toEqual(address);
    expect(tryParseAddress(text)).toEqual(address);
  });

  it.each([
    ['unix:/run/x.sock', '/run/x.sock'],
    ['unix:x.sock', 'x.sock'],
    ['unix:80', '80'],
    ['unix:./x.sock', './x.sock'],
    ['unix:/a b/%00:80', '/a b/%00:80'],
    ['unix:unix:/x', 'unix:/x'],
    ['unix:/run/ö\n', '/run/ö\n'],
    ['unix:@abstract', '\0abstract'],
    ['unix:@@', '\0@'],
    ['unix:@a@b', '\0a@b'],
    ['unix:/@a', '/@a'],
  ])('reads %j as a Unix socket', (text, path) => {
    const address = parseAddress(text);
    expect(address).toEqual({ type: 'unix', path });
    expect(formatAddress(address)).toBe(text);
  });

  it.each([
    ...[
      '',
      ' ',
      ':',
      '::',
      '::1',
      '[::1]',
      'localhost',
      '127.0.0.1',
      'example.com',
      'localhost:',
      '[::1]:',
      '[::1',
      '::1]:80',
      '[::1]x:80',
    ],
    ...[
      '65536',
      ':65536',
      '99999',
      '100000',
      '00080',
      ':00080',
      '080',
      '00',
      '-1',
      '+1',
      '1.5',
      '0x50',
      ':-1',
      ':+80',
      ':80:',
      '::80',
      '80:',
    ],
    ...[
      ' 80',
      '80 ',
      '80\n',
      ':80\n',
      ': 80',
      '８０',
      ':８０',
      '80\0',
      '80%00',
      'localhost:65536',
      'localhost:00080',
      'localhost:http',
    ],
    ...[
      'host:80:80',
      'user@host:80',
      'http://host:80',
      'tcp:host:80',
      'host:80/',
      '*:80',
      '127.1:80',
      '0x7f.1:80',
      '0:80',
      '127.0.0.1.:80',
    ],
    ...[
      'a..b:80',
      '-a:80',
      'xn--a:80',
      'ⓔxample.com:80',
      'exam\u00adple.com:80',
      '127。0。0。1:80',
      'host\0:80',
      'ho\tst:80',
      '[127.0.0.1]:80',
    ],
    ...[
      'unix',
      'unix:',
      'unix:@',
      'UNIX:/x',
      ' unix:/x',
      'unix :/x',
      'unix:\0',
      'unix:\0abstract',
      'unix:/a\0b',
      'unix:@a\0b',
      'unix:@\0',
    ],
    ...['unix:/\ud800', 'unix:@\udc00', 'unix:/\udc00\ud800'],
  ])('refuses %j', (text) => {
    expect(tryParseAddress(text)).toBeUndefined();
    expect(() => parseAddress(text)).toThrow(AddressError);
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_ADDRESS' }));
  });

  it('says what was refused, shortened and on one line, and what is possible', () => {
    const rest = 'is not an address: write host:port, \\[ipv6\\]:port, :port or unix:/path$';
    expect(() => parseAddress('localhost')).toThrow(new RegExp(`^"localhost" ${rest}`));
    expect(() => parseAddress('127.0.0.1:65536')).toThrow(
      /^"127.0.0.1:65536" is not an address: a port is 0 to 65535$/,
    );
    expect(() => parseAddress(':99999')).toThrow(/: a port is 0 to 65535$/);
    expect(() => parseAddress('a..b:65535')).toThrow(new RegExp(rest));
    expect(() => parseAddress('a\nb')).toThrow(new RegExp(`^"a\\\\nb" ${rest}`));
    expect(() => parseAddress('7'.repeat(100_000))).toThrow(new RegExp(`^"7{100}\\.\\.\\." ${rest}`));
    expect(() => parseAddress(`unix:/${'x'.repeat(100_000)}`)).toThrow(new RegExp(`^"unix:/x{94}\\.\\.\\." ${rest}`));
  });

  it.each([
    ['a path', `/${'x'.repeat(106)}`],
    ['a path in UTF-8', `/${'é'.repeat(53)}`],
    ['a path beyond the BMP', `/xx${'💩'.repeat(26)}`],
    ['an abstract name', `@${'x'.repeat(106)}`],
  ])('takes %s of 107 bytes, and refuses 108', (_, longest) => {
    expect(Buffer.byteLength(longest)).toBe(107);
    expect(formatAddress(parseAddress(`unix:${longest}`))).toBe(`unix:${longest}`);
    expect(() => parseAddress(`unix:${longest}x`)).toThrow(AddressError);
  });

  // No wall time is measured: the digits are matched by an anchored expression of at most 6 characters, a path is only searched
  // and counted, and the rest is an authority.
  it.each(['8', ':', ':8', 'a', '[', ']', '@', '/', '\0', '\ud800', 'ö', 'unix:'])(
    'refuses %j repeated to 100 kB',
    (unit) => {
      const text = unit.repeat(100_000 / unit.length);
      for (const huge of [text, `:${text}`, `${text}:80`, `unix:${text}`, `unix:@${text}`]) {
        expect(() => parseAddress(huge)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_ADDRESS' }));
      }
    },
  );

  it('throws nothing but its error, and gives what it formats back, whatever the text', () => {
    const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
    const pieces = ['a', '1', '.', ':', '::', '[', ']', '@', '/', 'unix:', '80', '\0', 'ö', '%25'];
    const near = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 8 });
    const unix = fc.string({ unit: anyUnit }).map((path) => `unix:${path}`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyUnit }),
          near,
          unix,
          near.map((text) => `${text}:1`),
        ),
        (text) => {
          const address = addressOrCode(text);
          if (address === 'LML_ERR_ADDRESS_BAD_ADDRESS') return;
          expect(parseAddress(formatAddress(address))).toEqual(address);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('formatAddress', () => {
  it('keeps a file whose name starts with @ apart from the abstract socket', () => {
    expect(formatAddress({ type: 'unix', path: '\0name' })).toBe('unix:@name');
    expect(formatAddress({ type: 'unix', path: '@name' })).toBe('unix:./@name');
    expect(parseAddress('unix:./@name')).toEqual({ type: 'unix', path: './@name' });
  });
});

describe('socketAddress', () => {
  it('takes the addresses that the system gives', () => {
    expect(socketAddress('127.0.0.1', 80)).toEqual({ type: 'tcp', host: parseIp('127.0.0.1'), port: 80 });
    expect(formatHost(socketAddress('fe80::1%eth0', 80)?.host ?? parseIp('::'))).toBe('[fe80::1%25eth0]');
    expect(formatHost(socketAddress('::ffff:127.0.0.1', 80)?.host ?? parseIp('::'))).toBe('[::ffff:127.0.0.1]');
  });

  it.each(['', 'localhost', '[::1]', '127.1'])('gives undefined for %j', (ip) => {
    expect(socketAddress(ip, 80)).toBeUndefined();
  });
});

function addressOrCode(text: string): Address | 'LML_ERR_ADDRESS_BAD_ADDRESS' {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof AddressError && error.code === 'LML_ERR_ADDRESS_BAD_ADDRESS') return error.code;
    throw error;
  }
}
