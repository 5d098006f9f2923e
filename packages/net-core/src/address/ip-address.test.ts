import { isIP, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError } from '../errors.ts';
import { IpAddress, isIpv4Text, parseIp, tryParseIp } from './ip-address.ts';

describe('parseIp', () => {
  it.each([
    ['0.0.0.0', [0, 0, 0, 0]],
    ['127.0.0.1', [127, 0, 0, 1]],
    ['1.20.199.200', [1, 20, 199, 200]],
    ['9.10.99.100', [9, 10, 99, 100]],
    ['249.250.254.255', [249, 250, 254, 255]],
    ['255.255.255.255', [255, 255, 255, 255]],
  ])('reads %s', (text, bytes) => {
    const ip = parseIp(text);
    expect([...ip.bytes]).toEqual(bytes);
    expect(ip).toMatchObject({ type: 'ip', family: 4, zone: undefined });
    expect(String(ip)).toBe(text);
  });

  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1::3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['::1.2.3.4', '::102:304'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::ffff:102:304', '::ffff:1.2.3.4'],
    ['0:0:0:0:0:FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:0:1.2.3.4', '::ffff:0:102:304'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['FE80::A%Eth0', 'fe80::a%Eth0'],
    ['fe80::1%3', 'fe80::1%3'],
    ['fe80::1%25eth0', 'fe80::1%25eth0'],
    ['fe80::1%a.b_c~d-e', 'fe80::1%a.b_c~d-e'],
  ])('reads %s as %s', (text, canonical) => {
    const ip = parseIp(text);
    expect(ip).toMatchObject({ type: 'ip', family: 6 });
    expect(String(ip)).toBe(canonical);
    expect(JSON.stringify(ip)).toBe(JSON.stringify(canonical));
  });

  it.each([
    ...['', ' ', '.', '...', ':', '%', '[', ']', '/'],
    // What inet_aton reads: short, octal, hexadecimal, zero-padded, one number.
    ...['127.1', '127.0.1', '0177.0.0.1', '0x7f.0.0.1', '0x7f.1', '0X7F.0.0.1', '127.0.0.01', '127.0.0.001'],
    ...['2130706433', '017700000001', '0x7f000001', '00.0.0.0', '127.0.0.00', '0x.0.0.0'],
    // Almost four numbers.
    ...['127.0.0.1.', '.127.0.0.1', '127..0.1', '127.0.0.', '1.2.3', '1.2.3.4.5', '1,2,3,4', '127.0.0.1:80'],
    ...['256.0.0.1', '0.256.0.0', '0.0.0.256', '0.0.0.260', '0.0.0.300', '0.0.0.999', '0.0.0.1000', '4294967296.0.0.0'],
    ...['-1.0.0.0', '+1.0.0.0', '1e1.0.0.0', '1_0.0.0.0', 'a.b.c.d', '127.0.0.1a', '1.2.3.4/32', '1.2.3.4%eth0'],
    // Blanks, NUL, percent-encoding.
    ...[
      ' 127.0.0.1',
      '127.0.0.1 ',
      '127.0.0.1\n',
      '\t127.0.0.1',
      '127.0.0.1\r\n',
      '127.0.0.1\0',
      '127.0.0.1\0.example',
    ],
    ...['127.0.0.1%00', '%31.2.3.4', '127%2e0.0.1', '::1 ', ' ::1', '::1\n', '::1\0', '::\t1', '::1%00\n', ':%3a1'],
    // Digits, dots and colons of other scripts.
    ...['１２７.0.0.1', '127．0．0．1', '127。0。0。1', '127｡0｡0｡1', '١٢٧.0.0.1', '①.0.0.1', '：：1', '::１', '::ａ'],
    ...['127.0.0.1\u00ad', '127.0.\u200b0.1', '\ufeff127.0.0.1', '::\u00ad1'],
    // Broken IPv6.
    ...[
      ':::',
      '::::',
      ':1',
      '1:',
      ':1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:',
      '1:::2',
      ':::1',
      '1:::',
      '1::2::3',
      '::1::',
      '1::2:',
    ],
    ...['1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2:3:4:5:6:7:8', '::1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8::', '::12345'],
    ...['00001::', '0x1::', 'g::', '-1::', '+1::', '1::-1', 'localhost:', '::localhost', '[::1]', '[::1', '::1]'],
    ...['[127.0.0.1]', '::1/128', '::1:80:', 'fe80::1%25%25'],
    // Broken IPv4 in IPv6.
    ...['::1.2.3', '::1.2.3.4.5', '::1.2.3.256', '::1.2.3.04', '::0x1.2.3.4', '::ffff:127.1', '::ffff:0177.0.0.1'],
    ...[
      '1.2.3.4::',
      '::1.2.3.4:5',
      '::1.2.3.4:1.2.3.4',
      '1:2:3:4:5:6:7:1.2.3.4',
      '1:2:3:4:5:1.2.3.4',
      '1:2:3:4:5:6::1.2.3.4',
    ],
    // Zones.
    ...[
      '::1%',
      'fe80::1%%eth0',
      'fe80::1%eth0%1',
      'fe80::1%eth 0',
      'fe80::1%eth0]',
      'fe80::1%e/0',
      'fe80::1%é',
      '%eth0',
    ],
    ...['fe80::%eth0:80', `fe80::1%${'a'.repeat(33)}`, '%::1', '1%::'],
  ])('refuses %j', (text) => {
    expect(tryParseIp(text)).toBeUndefined();
    expect(isIpv4Text(text)).toBe(false);
    expect(() => parseIp(text)).toThrow(AddressError);
    expect(() => parseIp(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_IP' }));
  });

  // No wall time is measured: a text of more than 78 characters is refused by its length before anything looks into it, and
  // the expressions for shorter ones are anchored, with alternatives that no character can take two of.
  it.each(['1', ':', '1:', '1.', '0', '::', '%', '1%', '\0', '１', '🂡'])('refuses %j repeated to 100 kB', (unit) => {
    const text = unit.repeat(100_000 / unit.length);
    for (const huge of [text, `::${text}`, `::%${text}`, `1.2.3.4${text}`]) expect(tryParseIp(huge)).toBeUndefined();
  });

  it('says what was refused, shortened and on one line', () => {
    expect(() => parseIp('0x7f.1')).toThrow(/^"0x7f\.1" is not an IP address: write four/);
    expect(() => parseIp('1\r\n2')).toThrow(/^"1\\r\\n2" is not an IP address: it /);
    expect(() => parseIp('9'.repeat(100_000))).toThrow(/^"9{100}\.\.\." is not an IP address: it /);
  });

  it('takes a zone of 32 characters behind the longest address, and no more', () => {
    const longest = 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255';
    expect(tryParseIp(`${longest}%${'z'.repeat(32)}`)?.zone).toBe('z'.repeat(32));
    expect(tryParseIp(`${longest}%${'z'.repeat(33)}`)).toBeUndefined();
    expect(tryParseIp(`::%${'z'.repeat(33)}`)).toBeUndefined();
  });

  it('takes every octet from 0 to 255 in one spelling only', () => {
    for (let value = 0; value < 1000; value++) {
      expect(tryParseIp(`0.0.${value}.0`)?.bytes[2]).toBe(value <= 255 ? value : undefined);
      if (value < 100) expect(tryParseIp(`0.0.${String(value).padStart(3, '0')}.0`)).toBeUndefined();
    }
  });

  it('never throws by its try form, and agrees with net.isIP, whatever the text', () => {
    const nearAddresses = fc.string({ unit: fc.constantFrom(...'0123456789abfFx.:::%g-'), maxLength: 45 });
    fc.assert(
      fc.property(fc.oneof(anyText(), nearAddresses, groups()), (text) => {
        const ip = tryParseIp(text);
        expect(isIpv4Text(text)).toBe(isIPv4(text));
        // net.isIP takes any characters as a zone.
        if (!text.includes('%')) expect(ip?.family ?? 0).toBe(isIP(text));
        else if (ip !== undefined) expect(isIPv6(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same address back for the text of any IPv4 address', () => {
    fc.assert(
      fc.property(bytesOf(4), (bytes) => {
        const text = String(new IpAddress(bytes));
        expect(isIPv4(text)).toBe(true);
        expect(parseIp(text).bytes).toEqual(bytes);
      }),
    );
  });

  it('gives the same address back for the text of any IPv6 address, which is the one of a URL', () => {
    fc.assert(
      fc.property(fc.oneof(bytesOf(16), sparseBytes()), (bytes) => {
        const ip = new IpAddress(bytes);
        const text = String(ip);
        expect(parseIp(text).bytes).toEqual(bytes);
        expect(isIPv6(text)).toBe(true);
        // A URL does not write the mapped form with dots.
        if (!ip.isIpv4Mapped) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('IpAddress', () => {
  it.each([0, 3, 5, 15, 17])('refuses %i bytes', (length) => {
    expect(() => new IpAddress(new Uint8Array(length))).toThrow(
      expect.objectContaining({
        code: 'LML_ERR_ADDRESS_BAD_IP',
        message: `an IP address has 4 or 16 bytes, got ${length}`,
      }),
    );
  });

  it.each([
    [4, 'eth0'],
    [4, ''],
    [16, ''],
    [16, ']:80'],
    [16, 'a%b'],
    [16, 'a\n'],
    [16, 'z'.repeat(33)],
  ])('refuses %i bytes with the zone %j, which would not parse again', (length, zone) => {
    expect(() => new IpAddress(new Uint8Array(length), zone)).toThrow(
      expect.objectContaining({
        code: 'LML_ERR_ADDRESS_BAD_IP',
        message: expect.stringContaining(`is no zone of an IPv${length === 4 ? 4 : 6} address`),
      }),
    );
  });

  it('equals what has the same bytes and the same zone', () => {
    expect(parseIp('2001:DB8::1').equals(parseIp('2001:db8:0:0:0:0:0:1'))).toBe(true);
    expect(parseIp('fe80::1%a').equals(parseIp('fe80::1%a'))).toBe(true);
    expect(parseIp('fe80::1%a').equals(parseIp('fe80::1%b'))).toBe(false);
    expect(parseIp('fe80::1%a').equals(parseIp('fe80::1'))).toBe(false);
    expect(parseIp('::ffff:1.2.3.4').equals(parseIp('1.2.3.4'))).toBe(false);
    expect(parseIp('1.2.3.4').equals(parseIp('1.2.3.5'))).toBe(false);
  });

  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:0:0', '0.0.0.0'],
    ['::ffff:ffff:ffff', '255.255.255.255'],
    ['::ffff:1.2.3.4%eth0', '1.2.3.4'],
  ])('takes the IPv4 address out of the mapped %s', (text, inner) => {
    const ip = parseIp(text);
    expect(ip.isIpv4Mapped).toBe(true);
    expect(String(ip.unmapped())).toBe(inner);
    expect(ip.unmapped().family).toBe(4);
  });

  it.each([
    ...[
      '1.2.3.4',
      '255.255.0.0',
      '::1.2.3.4',
      '::fffe:1.2.3.4',
      '::1:ffff:1.2.3.4',
      '::ffff:0:1.2.3.4',
      '::ffff:1:2:3',
      '::ffff:1:2:3%1.2.3.4',
      '1::ffff:1.2.3.4',
    ],
  ])('leaves %s as it is, for it is not mapped', (text) => {
    const ip = parseIp(text);
    expect(ip.isIpv4Mapped).toBe(false);
    expect(ip.unmapped()).toBe(ip);
  });

  it('keeps the bytes of the mapped address apart from those of the IPv4 one', () => {
    const mapped = parseIp('::ffff:1.2.3.4');
    mapped.unmapped().bytes[0] = 9;
    expect(mapped.bytes[12]).toBe(1);
  });
});

/** Any string, lone surrogates included. */
function anyText(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
}

/** Texts that are IPv6 addresses, or miss it by little. */
function groups(): fc.Arbitrary<string> {
  const group = fc.constantFrom('0', '1', 'ab', '0fF0', '', '', '12345', '1.2.3.4', '1.2.3.04');
  return fc.array(group, { minLength: 2, maxLength: 10 }).map((parts) => parts.join(':'));
}

function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** 16 bytes in which runs of zeros are likely. */
function sparseBytes(): fc.Arbitrary<Uint8Array> {
  const group = fc.constantFrom([0, 0], [0, 0], [0, 1], [1, 0], [0xff, 0xff]);
  return fc.array(group, { minLength: 8, maxLength: 8 }).map((pairs) => Uint8Array.from(pairs.flat()));
}
