import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpAddress, parseIp } from './ip-address.ts';
import type { IpScope } from './ip-scope.ts';
import { ipScope } from './ip-scope.ts';

/** First and last address of a block, its scope, and the scopes of the neighbours outside. */
type Edge = readonly [
  first: string,
  last: string,
  scope: IpScope,
  before: IpScope | undefined,
  after: IpScope | undefined,
];

const IPV4_EDGES: readonly Edge[] = [
  ['0.0.0.0', '0.0.0.0', 'unspecified', undefined, 'reserved'],
  ['0.0.0.1', '0.255.255.255', 'reserved', 'unspecified', 'global'],
  ['10.0.0.0', '10.255.255.255', 'private', 'global', 'global'],
  ['100.64.0.0', '100.127.255.255', 'shared', 'global', 'global'],
  ['127.0.0.0', '127.255.255.255', 'loopback', 'global', 'global'],
  ['169.254.0.0', '169.254.255.255', 'link-local', 'global', 'global'],
  ['172.16.0.0', '172.31.255.255', 'private', 'global', 'global'],
  ['192.0.0.0', '192.0.0.255', 'reserved', 'global', 'global'],
  ['192.0.2.0', '192.0.2.255', 'documentation', 'global', 'global'],
  ['192.88.99.0', '192.88.99.255', 'reserved', 'global', 'global'],
  ['192.168.0.0', '192.168.255.255', 'private', 'global', 'global'],
  ['198.18.0.0', '198.19.255.255', 'benchmarking', 'global', 'global'],
  ['198.51.100.0', '198.51.100.255', 'documentation', 'global', 'global'],
  ['203.0.113.0', '203.0.113.255', 'documentation', 'global', 'global'],
  ['224.0.0.0', '239.255.255.255', 'multicast', 'global', 'reserved'],
  ['240.0.0.0', '255.255.255.255', 'reserved', 'multicast', undefined],
];

const MAX = 'ffff:ffff:ffff:ffff:ffff:ffff';
const IPV6_EDGES: readonly Edge[] = [
  ['::', '::', 'unspecified', undefined, 'loopback'],
  ['::1', '::1', 'loopback', 'unspecified', 'reserved'],
  ['64:ff9b:1::', `64:ff9b:1:ffff:ffff:ffff:ffff:ffff`, 'private', 'reserved', 'reserved'],
  ['100::', '100::ffff:ffff:ffff:ffff', 'reserved', 'reserved', 'reserved'],
  ['2000::', '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'global', 'reserved', 'reserved'],
  ['2001::', '2001:1:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved', 'global', 'benchmarking'],
  ['2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff', 'benchmarking', 'reserved', 'reserved'],
  ['2001:2:1::', `2001:1ff:${MAX}`, 'reserved', 'benchmarking', 'global'],
  ['2001:db8::', `2001:db8:${MAX}`, 'documentation', 'global', 'global'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', 'documentation', 'global', 'global'],
  ['5f00::', `5f00:ffff:${MAX}`, 'reserved', 'reserved', 'reserved'],
  ['4000::', `fbff:ffff:${MAX}`, 'reserved', 'global', 'unique-local'],
  ['fc00::', `fdff:ffff:${MAX}`, 'unique-local', 'reserved', 'reserved'],
  ['fe80::', `febf:ffff:${MAX}`, 'link-local', 'reserved', 'reserved'],
  ['fec0::', `feff:ffff:${MAX}`, 'reserved', 'link-local', 'multicast'],
  ['ff00::', `ffff:ffff:${MAX}`, 'multicast', 'reserved', undefined],
];

describe('ipScope', () => {
  it.each([...IPV4_EDGES, ...IPV6_EDGES])('puts %s to %s into %s, and what is beside into %s and %s', (...edge) => {
    const [first, last, scope, before, after] = edge;
    expect(ipScope(parseIp(first))).toBe(scope);
    expect(ipScope(parseIp(last))).toBe(scope);
    expect(scopeBeside(first, -1n)).toBe(before);
    expect(scopeBeside(last, 1n)).toBe(after);
  });

  it.each([
    ['1.1.1.1', 'global'],
    ['8.8.8.8', 'global'],
    ['168.63.129.16', 'global'],
    ['223.255.255.255', 'global'],
    ['169.254.169.254', 'link-local'],
    ['100.100.100.200', 'shared'],
    ['255.255.255.255', 'reserved'],
    ['192.0.0.192', 'reserved'],
    ['2606:4700:4700::1111', 'global'],
    ['2a00:1450::', 'global'],
    ['fd00:ec2::254', 'unique-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['::1%lo', 'loopback'],
    ['ff02::1', 'multicast'],
    ['100:0:0:1::1', 'reserved'],
  ] as const)('puts %s into %s', (text, scope) => {
    expect(ipScope(parseIp(text))).toBe(scope);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['169.254.169.254', 'link-local'],
    ['100.64.0.1', 'shared'],
    ['0.0.0.0', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['192.0.2.1', 'documentation'],
    ['198.18.0.1', 'benchmarking'],
    ['1.1.1.1', 'global'],
  ] as const)('judges what carries %s as %s: packets go there', (inner, scope) => {
    expect(ipScope(parseIp(inner))).toBe(scope);
    expect(ipScope(parseIp(`::ffff:${inner}`))).toBe(scope);
    expect(ipScope(parseIp(`::ffff:${inner}%eth0`))).toBe(scope);
    expect(ipScope(parseIp(`64:ff9b::${inner}`))).toBe(scope);
    expect(ipScope(sixToFour(inner, 0))).toBe(scope);
    expect(ipScope(sixToFour(inner, 0xff))).toBe(scope);
  });

  it.each([
    ['an IPv4-compatible address', '::127.0.0.1'],
    ['an IPv4-compatible global address', '::1.1.1.1'],
    ['an IPv4-translated address', '::ffff:0:127.0.0.1'],
    ['what looks mapped but is not, below', '::fffe:1.1.1.1'],
    ['what looks mapped but is not, above', '::1:ffff:1.1.1.1'],
    ['what looks like NAT64, before', '64:ff9a::1.1.1.1'],
    ['what looks like NAT64, behind', '64:ff9b::1:1.1.1.1'],
    ['Teredo with a global server', '2001:0:0808:0808::1'],
  ])('does not trust %s', (_, text) => {
    expect(ipScope(parseIp(text))).toBe('reserved');
  });

  it('calls global nothing that lies in a block of the registries', () => {
    const special = blockList(
      ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
      ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
      ...['224.0.0.0/4', '240.0.0.0/4'],
    );
    const octet = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0, 2, 10, 51, 88, 99, 100, 113, 127, 168, 169, 172, 192, 198, 203, 254),
    );
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const ip = parseIp(octets.join('.'));
        expect(ipScope(ip) === 'global').toBe(!special.check(String(ip), 'ipv4'));
      }),
      { numRuns: 2000 },
    );
  });

  it('calls global only what lies in 2000::/3, unless it carries an IPv4 address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const scope = ipScope(new IpAddress(bytes));
        if (((bytes[0] ?? 0) & 0xe0) !== 0x20) expect(scope).not.toBe('global');
      }),
    );
  });
});

/** The scope of the address before or behind another one; `undefined` beyond the first and the last. */
function scopeBeside(text: string, step: 1n | -1n): IpScope | undefined {
  const { bytes } = parseIp(text);
  const digits = bytes.length * 2;
  const beside = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) + step;
  if (beside < 0n || beside.toString(16).length > digits) return undefined;
  return ipScope(new IpAddress(Uint8Array.from(Buffer.from(beside.toString(16).padStart(digits, '0'), 'hex'))));
}

/** 2002:a.b.c.d::/48, the rest filled with `fill`. */
function sixToFour(inner: string, fill: number): IpAddress {
  const bytes = new Uint8Array(16).fill(fill);
  bytes.set([0x20, 0x02, ...parseIp(inner).bytes]);
  return new IpAddress(bytes);
}

function blockList(...blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', prefix] = block.split('/');
    list.addSubnet(network, Number(prefix), 'ipv4');
  }
  return list;
}
