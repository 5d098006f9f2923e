import type { Address, Cidr, IpAddress } from '@lamella/net-core';
import { addressSet } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** Whom to believe: by address, or so many hops, the peer of the connection being the first. */
export type TrustedProxies = readonly (string | Cidr)[] | number;

/** Decides of one hop after another, from the peer outwards, whether it is a proxy that tells the truth. */
export interface HopTrust {
  /** @param hop - Number of the hop, from 1 for the peer. @param ip - Its address, if it has one. */
  readonly trusts: (hop: number, ip: IpAddress | undefined) => boolean;
  /** Whether the other end of the connection is one. */
  readonly trustsPeer: (peer: Address | undefined) => boolean;
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
    return { trusts: (hop) => hop <= trusted, trustsPeer: (peer) => peer !== undefined && trusted > 0 };
  }
  const { has, hasIp } = addressSet('trusted', trusted);
  return { trusts: (_hop, ip) => hasIp(ip), trustsPeer: has };
}

/** The IP address of one end of a connection, an IPv4-mapped one as what it is. */
export function ipOf(address: Address | undefined): IpAddress | undefined {
  return address?.type === 'tcp' && address.host.type === 'ip' ? address.host.unmapped() : undefined;
}
