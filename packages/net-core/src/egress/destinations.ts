import { parseCidr } from '../address/cidr.ts';
import { IpAddress } from '../address/ip-address.ts';

/**
 * The addresses that packets to `ip` end up at: the IPv4 addresses inside it, or else itself.
 *
 * @remarks
 * IPv4-mapped, -compatible and -translated (RFC 4291, RFC 2765), NAT64 (RFC 6052) and 6to4 (RFC 3056) carry one address, Teredo
 * (RFC 4380) two: its server's, and its client's with all bits flipped.
 */
export function destinationsOf(ip: IpAddress): readonly IpAddress[] {
  if (ip.family === 4 || OWN.some((cidr) => cidr.contains(ip))) return [ip];
  const at = (start: number): IpAddress => new IpAddress(ip.bytes.slice(start, start + 4));
  if (LAST_FOUR.some((cidr) => cidr.contains(ip))) return [at(12)];
  if (SIX_TO_FOUR.contains(ip)) return [at(2)];
  if (!TEREDO.contains(ip)) return [ip];
  return [at(4), new IpAddress(ip.bytes.slice(12).map((byte) => byte ^ 0xff))];
}

/** `::` and `::1` lie among the IPv4-compatible addresses, and are none. */
const OWN = [parseCidr('::/127')];
const LAST_FOUR = ['::ffff:0:0/96', '::/96', '::ffff:0:0:0/96', '64:ff9b::/96'].map(parseCidr);
const SIX_TO_FOUR = parseCidr('2002::/16');
const TEREDO = parseCidr('2001::/32');
