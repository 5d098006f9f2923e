import type { Cidr } from './cidr.ts';
import { parseCidr } from './cidr.ts';
import { IpAddress } from './ip-address.ts';

/** What an address is good for, by the special-purpose registries. */
export type IpScope =
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'unique-local'
  | 'link-local'
  | 'shared'
  | 'multicast'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'
  | 'global';

/**
 * Says what an address is good for.
 *
 * @remarks
 * Source: the IANA special-purpose registries (RFC 6890 and its updates). `private` is RFC 1918 and the NAT64 prefix for local
 * use (RFC 8215), `unique-local` is fc00::/7 (RFC 4193), `shared` is the carrier-grade 100.64.0.0/10. An address that carries
 * an IPv4 address (mapped, NAT64, 6to4) is judged by the one inside, since that is where packets go; Teredo is `reserved`.
 *
 * Stricter than the registries in one point: the few anycast and overlay blocks in 192.0.0.0/24 and 2001::/23 that may be
 * reached globally are `reserved` like the blocks around them.
 */
export function ipScope(ip: IpAddress): IpScope {
  const inner = embeddedIpv4(ip);
  if (inner !== undefined) return ipScope(inner);
  const blocks = ip.family === 4 ? IPV4_BLOCKS : IPV6_BLOCKS;
  const entry = blocks.find(({ cidr }) => cidr.contains(ip));
  if (entry !== undefined) return entry.scope;
  return ip.family === 6 && !GLOBAL_UNICAST.contains(ip) ? 'reserved' : 'global';
}

/** The IPv4 address that packets to an IPv6 address end up at. */
function embeddedIpv4(ip: IpAddress): IpAddress | undefined {
  if (ip.family === 4) return undefined;
  if (ip.isIpv4Mapped) return ip.unmapped();
  if (NAT64.contains(ip)) return new IpAddress(ip.bytes.slice(12));
  return SIX_TO_FOUR.contains(ip) ? new IpAddress(ip.bytes.slice(2, 6)) : undefined;
}

function block(cidr: string, scope: IpScope): { readonly cidr: Cidr; readonly scope: IpScope } {
  return { cidr: parseCidr(cidr), scope };
}

/** More specific blocks stand before the ones around them. */
const IPV4_BLOCKS = [
  block('0.0.0.0/32', 'unspecified'),
  block('0.0.0.0/8', 'reserved'),
  block('10.0.0.0/8', 'private'),
  block('100.64.0.0/10', 'shared'),
  block('127.0.0.0/8', 'loopback'),
  block('169.254.0.0/16', 'link-local'),
  block('172.16.0.0/12', 'private'),
  block('192.0.0.0/24', 'reserved'),
  block('192.0.2.0/24', 'documentation'),
  block('192.88.99.0/24', 'reserved'),
  block('192.168.0.0/16', 'private'),
  block('198.18.0.0/15', 'benchmarking'),
  block('198.51.100.0/24', 'documentation'),
  block('203.0.113.0/24', 'documentation'),
  block('224.0.0.0/4', 'multicast'),
  block('240.0.0.0/4', 'reserved'),
];
const IPV6_BLOCKS = [
  block('::/128', 'unspecified'),
  block('::1/128', 'loopback'),
  block('64:ff9b:1::/48', 'private'),
  block('100::/64', 'reserved'),
  block('2001:2::/48', 'benchmarking'),
  block('2001:db8::/32', 'documentation'),
  block('2001::/23', 'reserved'),
  block('3fff::/20', 'documentation'),
  block('5f00::/16', 'reserved'),
  block('fc00::/7', 'unique-local'),
  block('fe80::/10', 'link-local'),
  block('ff00::/8', 'multicast'),
];
const NAT64 = parseCidr('64:ff9b::/96');
const SIX_TO_FOUR = parseCidr('2002::/16');
const GLOBAL_UNICAST = parseCidr('2000::/3');
