import type { Address, IpAddress } from '@lamella/net-core';
import { Cidr, parseCidr, tryParseIp } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** Whom to believe: by address, or so many hops, the peer of the connection being the first. */
export type TrustedProxies = readonly (string | Cidr)[] | number;

/** Decides of one hop after another, from the peer outwards, whether it is a proxy that tells the truth. */
export interface HopTrust {
  /** @param hop - Number of the hop, from 1 for the peer. @param ip - Its address, if it has one. */
  readonly trusts: (hop: number, ip: IpAddress | undefined) => boolean;
  /** Whether Unix sockets are trusted as peers. */
  readonly trustsUnix: boolean;
}

/**
 * Reads the option.
 *
 * @param trusted - Addresses, blocks of addresses and `'unix'`; or a number of hops.
 * @throws UsageError if it is neither, or holds what is no address.
 */
export function hopTrust(trusted: TrustedProxies): HopTrust {
  if (typeof trusted === 'number') {
    if (!(Number.isSafeInteger(trusted) && trusted >= 0)) {
      throw new UsageError(`trusted must be an integer >= 0 or a list of addresses, got ${trusted}`);
    }
    return { trusts: (hop) => hop <= trusted, trustsUnix: trusted > 0 };
  }
  if (!Array.isArray(trusted)) throw new UsageError('trusted must be a list of addresses or a number of hops');
  const blocks = trusted.filter((entry) => entry !== 'unix').map(blockOf);
  const trusts = (_hop: number, ip: IpAddress | undefined): boolean => {
    const plain = ip?.unmapped(); // a socket for both families shows an IPv4 client as IPv6
    return plain !== undefined && blocks.some((block) => block.contains(plain));
  };
  return { trusts, trustsUnix: trusted.includes('unix') };
}

/** Whether the other end of the connection is a proxy that is believed. */
export function trustsPeer(trust: HopTrust, peer: Address | undefined): boolean {
  if (peer === undefined) return false;
  return peer.type === 'unix' ? trust.trustsUnix : trust.trusts(1, ipOf(peer));
}

/** The IP address of one end of a connection, an IPv4-mapped one as what it is. */
export function ipOf(address: Address | undefined): IpAddress | undefined {
  return address?.type === 'tcp' && address.host.type === 'ip' ? address.host.unmapped() : undefined;
}

function blockOf(entry: string | Cidr): Cidr {
  if (typeof entry !== 'string') return entry;
  const ip = tryParseIp(entry)?.unmapped();
  return ip === undefined ? parseCidr(entry) : new Cidr(ip, ip.bytes.length * 8);
}
