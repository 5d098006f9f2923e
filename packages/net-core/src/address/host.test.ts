import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError } from '../errors.ts';
import { parseDomain } from './domain.ts';
import { formatHost, parseHost, tryParseBracketed, tryParseHost } from './host.ts';
import { IpAddress, parseIp } from './ip-address.ts';

describe('parseHost', () => {
  it.each([
    ['example.com', 'domain', 'example.com'],
    ['EXAMPLE.com.', 'domain', 'example.com'],
    ['bücher.example', 'domain', 'xn--bcher-kva.example'],
    ['1.2.3.4.example', 'domain', '1.2.3.4.example'],
    ['127.0.0.1', 'ip', '127.0.0.1'],
    ['::1', 'ip', '[::1]'],
    ['[::1]', 'ip', '[::1]'],
    ['[2001:DB8::0:1]', 'ip', '[2001:db8::1]'],
    ['::ffff:1.2.3.4', 'ip', '[::ffff:1.2.3.4]'],
    ['[::FFFF:102:304]', 'ip', '[::ffff:1.2.3.4]'],
    ['fe80::1%eth0', 'ip', '[fe80::1%25eth0]'],
    ['[fe80::1%25eth0]', 'ip', '[fe80::1%25eth0]'],
    ['[fe80::1%eth0]', 'ip', '[fe80::1%25eth0]'],
    // Without brackets there is no escape, so the zone is `25eth0`.
    ['fe80::1%25eth0', 'ip', '[fe80::1%2525eth0]'],
    ['[fe80::1%2525eth0]', 'ip', '[fe80::1%2525eth0]'],
  ])('takes %s as a %s', (text, type, formatted) => {
    const host = parseHost(text);
    expect(host.type).toBe(type);
    expect(formatHost(host)).toBe(formatted);
    expect(formatHost(parseHost(formatted))).toBe(formatted);
  });

  it.each([
    ...[
      '',
      '[',
      ']',
      '[]',
      '[[',
      '[]]',
      '[[]]',
      '.',
      ':',
      '::1]',
      '[::1',
      '[::1]x',
      'x[::1]',
      '[::1].',
      '[[::1]]',
      '[::1]]',
      '[[::1]',
    ],
    ...[
      '[127.0.0.1]',
      '[example.com]',
      '[v1.a]',
      '[::1]:80',
      '[ ::1]',
      '[::1 ]',
      '[::1\0]',
      '[:::]',
      '[1::2::3]',
      '[1.2.3.4',
      '1.2.3.4]',
    ],
    ...[
      '[fe80::1%]',
      '[fe80::1%25]',
      '[fe80::1%25%25eth0]',
      '[fe80::1%eth%250]',
      '[fe80::1%2525]%25',
      '%25',
      '[%25]',
      '[::%251%251]',
    ],
    ...[
      '127.1',
      '0x7f.1',
      '0177.0.0.1',
      '127.0.0.1.',
      '2130706433',
      '1.2.3.4.5',
      '127.0.0.01',
      '1.2.3.4%eth0',
      '1.2.3.256',
    ],
    ...[
      '127.0.0.1%00',
      '127.0.0.1\0',
      '127。0。0。1',
      '１２７.0.0.1',
      'example.com:80',
      'user@host',
      'a..b',
      'xn--a',
      '［::1］',
      'a b',
      'a\n',
    ],
  ])('refuses %j', (text) => {
    expect(tryParseHost(text)).toBeUndefined();
    expect(() => parseHost(text)).toThrow(AddressError);
    expect(() => parseHost(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_HOST' }));
  });

  it('says what was refused, shortened and on one line', () => {
    expect(() => parseHost('a\nb')).toThrow(/^"a\\nb" is no host: [ -~]+$/);
    expect(() => parseHost('['.repeat(100_000))).toThrow(/^"\[{100}\.\.\." is no host: [ -~]+$/);
  });

  // No wall time is measured: besides what the parsers of names and addresses do, a text is only cut, and searched for one `%25`.
  it.each(['a', '[', ']', '[]', ':', '%', '%25', '1.', '\0', 'ö'])('refuses %j repeated to 100 kB', (unit) => {
    const text = unit.repeat(100_000 / unit.length);
    for (const huge of [text, `[${text}`, `${text}]`, `[${text}]`, `[::1%25${text}]`]) {
      expect(tryParseHost(huge)).toBeUndefined();
    }
  });

  it('never throws by its try form, and gives what it formats back, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), nearHosts()), (text) => {
        const host = tryParseHost(text);
        if (host === undefined) return;
        expect(parseHost(formatHost(host))).toEqual(host);
        expect(formatHost(host)).toMatch(/^[\x21-\x7e]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives any address back, whatever its zone', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const zones = fc.option(fc.string({ unit: fc.constantFrom(...'25aZ._~-'), minLength: 1, maxLength: 32 }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(bytes, zones, (address, zone) => {
        const host = new IpAddress(address, zone);
        expect(host.equals(parseIp(String(host)))).toBe(true);
        expect(parseHost(formatHost(host))).toMatchObject({ bytes: address, zone });
      }),
    );
  });
});

describe('formatHost', () => {
  it('writes a host as it stands in a URL', () => {
    expect(formatHost(parseIp('192.0.2.1'))).toBe('192.0.2.1');
    expect(formatHost(parseIp('2001:db8::1'))).toBe('[2001:db8::1]');
    expect(formatHost(parseIp('fe80::1%eth0'))).toBe('[fe80::1%25eth0]');
    expect(formatHost(parseDomain('Bücher.example'))).toBe('xn--bcher-kva.example');
  });
});

describe('tryParseBracketed', () => {
  it('takes an IPv6 address only', () => {
    expect(tryParseBracketed('::1')?.toString()).toBe('::1');
    expect(tryParseBracketed('fe80::1%25eth0')?.zone).toBe('eth0');
    for (const text of ['', '127.0.0.1', 'example.com', '[::1]']) expect(tryParseBracketed(text)).toBeUndefined();
  });
});

/** Any string, lone surrogates included. */
function anyText(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
}

/** Texts that are hosts, or miss it by little. */
function nearHosts(): fc.Arbitrary<string> {
  const pieces = ['a', '1', '0', '.', ':', '::', '[', ']', '%', '%25', '-', 'ö', 'xn--', '1.2.3.4'];
  const text = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 8 });
  return fc.oneof(
    text,
    text.map((inner) => `[${inner}]`),
    text.map((inner) => `[::${inner}]`),
  );
}
