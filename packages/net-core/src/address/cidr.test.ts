import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError } from '../errors.ts';
import { Cidr, parseCidr, tryParseCidr } from './cidr.ts';
import { IpAddress, parseIp } from './ip-address.ts';

describe('parseCidr', () => {
  it.each([
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.128.0.0/9', '10.128.0.0/9'],
    ['192.0.2.254/31', '192.0.2.254/31'],
    ['192.0.2.255/32', '192.0.2.255/32'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['::/0', '::/0'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['fe80::/10', 'fe80::/10'],
    ['::1/128', '::1/128'],
    ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/104'],
    ['::ffff:0:0/96', '::ffff:0.0.0.0/96'],
  ])('reads %s', (text, canonical) => {
    const cidr = parseCidr(text);
    expect(String(cidr)).toBe(canonical);
    expect(JSON.stringify(cidr)).toBe(JSON.stringify(canonical));
    expect(String(parseCidr(canonical))).toBe(canonical);
    expect(String(tryParseCidr(text))).toBe(canonical);
  });

  it.each([
    ...[
      '',
      '/',
      '/8',
      '10.0.0.0',
      '::1',
      '10.0.0.0/',
      '10.0.0.0//8',
      '10.0.0.0/8/8',
      '10.0.0.0/8/',
      '/10.0.0.0/8',
      '10/8',
      '10.0/16',
    ],
    ...[
      '10.0.0.0/08',
      '10.0.0.0/008',
      '10.0.0.0/+8',
      '10.0.0.0/-8',
      '10.0.0.0/-0',
      '10.0.0.0/8.0',
      '10.0.0.0/0x8',
      '10.0.0.0/8e0',
      '10.0.0.0/a',
    ],
    ...[
      '10.0.0.0 /8',
      '10.0.0.0/ 8',
      ' 10.0.0.0/8',
      '10.0.0.0/8 ',
      '10.0.0.0/8\n',
      '10.0.0.0/8\0',
      '10.0.0.0/８',
      '10.0.0.0／8',
      '10.0.0.0/%38',
    ],
    ...[
      '10.0.0.0/255.0.0.0',
      '012.0.0.0/8',
      '0x0a.0.0.0/8',
      'localhost/8',
      '[::1]/128',
      '::1]/128',
      '10.0.0.0/1000',
      '10.0.0.0/4294967304',
    ],
  ])('refuses %j, for it is not address/length', (text) => {
    expect(tryParseCidr(text)).toBeUndefined();
    expect(() => parseCidr(text)).toThrow(AddressError);
    expect(() => parseCidr(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_CIDR' }));
    expect(() => parseCidr(text)).toThrow(/ is not address\/length$/);
  });

  it.each([
    ['10.0.0.0/33', 'a prefix of 10.0.0.0 is 0 to 32 bits, got 33'],
    ['0.0.0.0/128', 'a prefix of 0.0.0.0 is 0 to 32 bits, got 128'],
    ['::/129', 'a prefix of :: is 0 to 128 bits, got 129'],
    ['::/999', 'a prefix of :: is 0 to 128 bits, got 999'],
    ['fe80::%eth0/64', 'a block of addresses has no zone, got fe80::%eth0'],
    ['10.0.0.1/8', '10.0.0.1/8 has bits set behind its prefix'],
    ['128.0.0.0/0', '128.0.0.0/0 has bits set behind its prefix'],
    ['192.0.2.255/31', '192.0.2.255/31 has bits set behind its prefix'],
    ['10.64.0.0/9', '10.64.0.0/9 has bits set behind its prefix'],
    ['::1/127', '::1/127 has bits set behind its prefix'],
    ['::1/0', '::1/0 has bits set behind its prefix'],
    ['2001:db8:1::/32', '2001:db8:1::/32 has bits set behind its prefix'],
    ['::ffff:10.0.0.0/8', '::ffff:10.0.0.0/8 has bits set behind its prefix'],
  ])('refuses %s, and says why', (text, message) => {
    expect(tryParseCidr(text)).toBeUndefined();
    expect(() => parseCidr(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_CIDR', message }));
  });

  it('says what was refused, shortened and on one line', () => {
    expect(() => parseCidr('a\n/8')).toThrow(/^"a\\n\/8" is not address\/length$/);
    expect(() => parseCidr('1'.repeat(100_000))).toThrow(/^"1{100}\.\.\." is not address\/length$/);
  });

  // No wall time is measured: the first slash is searched for, and what is before and behind it is bounded by its length.
  it.each(['1', '/', '1/', '::/', '0.', '\0'])('refuses %j repeated to 100 kB', (unit) => {
    const text = unit.repeat(100_000 / unit.length);
    for (const huge of [text, `10.0.0.0/${text}`, `${text}/8`]) expect(tryParseCidr(huge)).toBeUndefined();
  });

  it('never throws by its try form, whatever the text', () => {
    const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
    const near = fc.string({
      unit: fc.constantFrom('0', '1', '8', '.', ':', '::', '/', '10.0.0.0', '%'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyUnit }), near), (text) => {
        const cidr = tryParseCidr(text);
        if (cidr !== undefined) expect(parseCidr(String(cidr))).toMatchObject({ prefixLength: cidr.prefixLength });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('Cidr', () => {
  it.each([-1, 33, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a prefix of %d bits', (prefixLength) => {
    expect(() => new Cidr(parseIp('0.0.0.0'), prefixLength)).toThrow(
      expect.objectContaining({
        code: 'LML_ERR_ADDRESS_BAD_CIDR',
        message: `a prefix of 0.0.0.0 is 0 to 32 bits, got ${prefixLength}`,
      }),
    );
  });

  it.each([
    ['0.0.0.0/0', ['0.0.0.0', '127.0.0.1', '255.255.255.255'], ['::', '::1', '::ffff:1.2.3.4']],
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0', '::ffff:10.0.0.1', '::a00:1']],
    ['172.16.0.0/12', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
    ['100.64.0.0/10', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0']],
    ['192.0.2.254/31', ['192.0.2.254', '192.0.2.255'], ['192.0.2.253', '192.0.3.0']],
    ['192.0.2.7/32', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
    ['::/0', ['::', 'ffff::1', '::ffff:1.2.3.4', 'fe80::1%eth0'], ['0.0.0.0', '1.2.3.4']],
    ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'], ['2001:db7:ffff::', '2001:db9::']],
    ['fe80::/10', ['fe80::1', 'fe80::1%eth0', 'febf:ffff::'], ['fe7f:ffff::', 'fec0::']],
    ['::1/128', ['::1', '::1%lo'], ['::', '::2', '1::1']],
    [
      '::ffff:10.0.0.0/104',
      ['::ffff:10.0.0.0', '::ffff:10.255.255.255'],
      ['10.0.0.1', '::ffff:11.0.0.0', '::10.0.0.1'],
    ],
  ])('%s contains %j, and not %j', (text, inside, outside) => {
    const cidr = parseCidr(text);
    for (const ip of inside) expect(cidr.contains(parseIp(ip))).toBe(true);
    for (const ip of outside) expect(cidr.contains(parseIp(ip))).toBe(false);
  });

  it('agrees with net.BlockList about any block and any address of its family', () => {
    fc.assert(
      fc.property(fc.oneof(blockAndAddress(4), blockAndAddress(16)), ({ cidr, ip }) => {
        const type = ip.family === 4 ? 'ipv4' : 'ipv6';
        const oracle = new BlockList();
        oracle.addSubnet(String(cidr.address), cidr.prefixLength, type);
        expect(cidr.contains(ip)).toBe(oracle.check(String(ip), type));
      }),
      { numRuns: 1000 },
    );
  });
});

/** A block, and an address that shares its first bytes with it, so that the decision falls in every byte. */
function blockAndAddress(length: 4 | 16): fc.Arbitrary<{ cidr: Cidr; ip: IpAddress }> {
  const bytes = fc.uint8Array({ minLength: length, maxLength: length });
  return fc.tuple(bytes, bytes, fc.nat(length * 8), fc.nat(length * 8)).map(([first, second, shared, prefixLength]) => {
    const network = first.map((byte, index) => byte & mask(index, prefixLength));
    const ip = second.map((byte, index) => (byte & ~mask(index, shared)) | ((first[index] ?? 0) & mask(index, shared)));
    return { cidr: new Cidr(new IpAddress(network), prefixLength), ip: new IpAddress(ip) };
  });
}

function mask(index: number, bits: number): number {
  return Number.parseInt(
    '1'
      .repeat(bits)
      .padEnd(128, '0')
      .slice(index * 8, index * 8 + 8),
    2,
  );
}
