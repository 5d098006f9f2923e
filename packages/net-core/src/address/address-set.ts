import { UsageError } from '@lamella/service-core';
import type { Address } from './address.ts';
import { Cidr, parseCidr } from './cidr.ts';
import type { IpAddress } from './ip-address.ts';
import { tryParseIp } from './ip-address.ts';
import { quoted } from './quoted.ts';

/** Places that something comes from, such as those whose word is taken. */
export interface AddressSet {
  /** Whether an address is one of them; a name never is. */
  has(address: Address | undefined): boolean;
  /** Whether an IP address is. */
  hasIp(ip: IpAddress | undefined): boolean;
}

/**
 * Makes a set of IP addresses (`'192.0.2.7'`), blocks of them (`'10.0.0.0/8'`), and `'unix'` for all Unix sockets.
 *
 * @remarks
 * An IPv4-mapped address (`::ffff:192.0.2.7`), or a block of such, counts as IPv4: in the set, and among those who ask. Zones do not
 * count.
 *
 * @param option - What the entries are called where they were written, for messages.
 * @throws UsageError if `entries` is no list, or an entry is none of these; an address with a zone is none.
 *
 * @example
 * const trusted = addressSet('trusted', ['10.0.0.0/8', '192.0.2.7']);
 * trusted.has(parseAddress('10.1.2.3:80')); // true
 */
export function addressSet(option: string, entries: readonly (string | Cidr)[]): AddressSet {
  if (!Array.isArray(entries)) throw noList(option);
  const hasUnix = entries.includes('unix');
  const blocks = entries.filter((entry) => entry !== 'unix').map((entry) => blockOf(option, entry));
  const hasIp = (ip: IpAddress | undefined): boolean => {
    const plain = ip?.unmapped();
    return plain !== undefined && blocks.some((block) => block.contains(plain));
  };
  return {
    has(address) {
      if (address?.type === 'unix') return hasUnix;
      return address?.host.type === 'ip' && hasIp(address.host);
    },
    hasIp,
  };
}

function blockOf(option: string, entry: unknown): Cidr {
  if (entry instanceof Cidr) return unmapped(entry);
  if (typeof entry !== 'string') throw noList(option, typeof entry);
  try {
    const ip = tryParseIp(entry);
    return unmapped(ip === undefined ? parseCidr(entry) : new Cidr(ip, ip.bytes.length * 8));
  } catch (cause) {
    throw noList(option, quoted(entry), { cause });
  }
}

/** A block of IPv4-mapped addresses alone would hold nobody, as whoever asks is unmapped. */
function unmapped(block: Cidr): Cidr {
  const isMapped = block.address.isIpv4Mapped && block.prefixLength >= MAPPED_BITS;
  return isMapped ? new Cidr(block.address.unmapped(), block.prefixLength - MAPPED_BITS) : block;
}

function noList(option: string, got?: string, options?: ErrorOptions): UsageError {
  const message = `${option} must be a list of addresses, blocks of them, or 'unix'`;
  return new UsageError(got === undefined ? message : `${message}; got ${got}`, options);
}

/** Those in front of the IPv4 address. */
const MAPPED_BITS = 96;
