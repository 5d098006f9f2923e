import type { Domain } from '../address/domain.ts';
import { parseDomain } from '../address/domain.ts';
import type { IpAddress } from '../address/ip-address.ts';
import { parseIp } from '../address/ip-address.ts';
import type { Resolver } from '../connection/resolver.ts';
import { resolveRequest } from '../connection/resolver.ts';

/** Names, or `*.` and a name for all names below it, with their addresses, or with the name to look up instead. */
export type OverrideTable = Readonly<Record<string, readonly string[] | string>>;

/**
 * Answers some names by itself, as a hosts file does, and asks another resolver for all others.
 *
 * @remarks
 * A name itself comes before a wildcard, a longer wildcard before a shorter one. A name that stands for another one is looked up
 * by `inner`, not in the table again: there are no loops.
 *
 * @param inner - Asked for names that are not in the table, and for those that stand for another one.
 * @param table - Read once.
 * @throws AddressError if a name or an address is malformed.
 *
 * @example
 * const network = memoryNetwork();
 * const resolver = overrideResolver(network.resolver, { 'api.test': ['192.0.2.7'], '*.dev.test': ['127.0.0.1', '::1'], 'db.test': 'db-1.test' });
 * await resolver.serve(resolveRequest(parseDomain('shop.dev.test'), 4)); // 127.0.0.1
 */
export function overrideResolver(inner: Resolver, table: OverrideTable): Resolver {
  const names = new Map<string, Override>();
  const wildcards = new Map<string, Override>();
  for (const [name, value] of Object.entries(table)) {
    const override = typeof value === 'string' ? parseDomain(value) : value.map(parseIp);
    if (name.startsWith('*.')) wildcards.set(parseDomain(name.slice(2)).name, override);
    else names.set(parseDomain(name).name, override);
  }
  return {
    async serve(request) {
      const { domain, family, scope, extensions } = request;
      scope.throwIfAborted();
      const override = names.get(domain.name) ?? findWildcard(wildcards, domain.name);
      if (override === undefined) return inner.serve(request);
      if (isDomain(override)) return inner.serve(resolveRequest(override, family, { scope, extensions }));
      return override.filter((ip) => ip.family === family);
    },
  };
}

type Override = Domain | readonly IpAddress[];

function isDomain(override: Override): override is Domain {
  return !Array.isArray(override);
}

function findWildcard(wildcards: ReadonlyMap<string, Override>, name: string): Override | undefined {
  if (wildcards.size === 0) return undefined;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const found = wildcards.get(name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
