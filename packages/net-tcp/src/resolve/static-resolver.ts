import type { IpAddress, Resolver } from '@lamella/net-core';
import { ConnectError, parseDomain, parseIp } from '@lamella/net-core';

/**
 * Answers from a table.
 *
 * @param table - Addresses by name.
 * @param fallback - Asked for names that are not in the table. Default: they do not exist.
 * @throws AddressError if a name or an address is malformed.
 */
export function staticResolver(table: Readonly<Record<string, readonly string[]>>, fallback?: Resolver): Resolver {
  const known = new Map<string, readonly IpAddress[]>();
  for (const [name, addresses] of Object.entries(table)) known.set(parseDomain(name).name, addresses.map(parseIp));
  return {
    async serve(request) {
      const { name } = request.domain;
      const addresses = known.get(name);
      if (addresses !== undefined) return addresses.filter(({ family }) => family === request.family);
      if (fallback !== undefined) return fallback.serve(request);
      const facts = { layer: 'dns', peer: name };
      const message = `${name} is not in the table of names`;
      throw new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', message, { phase: 'resolve', facts });
    },
  };
}
