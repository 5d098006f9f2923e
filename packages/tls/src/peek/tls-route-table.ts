import type { Connection } from '@lamella/net-core';
import { tryParseDomain } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';

/** Where connections go that a client asks for. */
export interface TlsRoute {
  /** Names of hosts, or wildcards of one label such as `*.example.com`. Default: every name, and clients that send none. */
  readonly names?: readonly string[];
  /** Protocols of which the client has to offer one, such as `h2`. Default: whatever it offers, or nothing. */
  readonly alpn?: readonly string[];
  /** Serves the connection, with all of its bytes. */
  readonly service: Service<Connection, void>;
}

/** Finds routes by the name that a client asks for: exact names first, then wildcards, then routes without names. */
export class TlsRouteTable {
  readonly #exact = new Map<string, TlsRoute[]>();
  readonly #wildcards = new Map<string, TlsRoute[]>();
  readonly #nameless: TlsRoute[] = [];

  /** @throws UsageError if a route has something that is no name, or an empty list. */
  constructor(routes: readonly TlsRoute[]) {
    for (const route of routes) this.#add(route);
  }

  /** @returns All routes for a name, in the order in which they are to be tried. */
  routesFor(serverName: string | undefined): readonly TlsRoute[] {
    if (serverName === undefined) return this.#nameless;
    const parent = serverName.slice(serverName.indexOf('.') + 1);
    const wildcards = parent === serverName ? [] : (this.#wildcards.get(parent) ?? []);
    return [...(this.#exact.get(serverName) ?? []), ...wildcards, ...this.#nameless];
  }

  #add(route: TlsRoute): void {
    const { names, alpn, service } = route;
    if (typeof service?.serve !== 'function') throw new UsageError('a route has no service');
    if (names?.length === 0) throw new UsageError('names must not be empty; leave them out to match every name');
    if (alpn?.length === 0) throw new UsageError('alpn must not be empty; leave it out to match every client');
    if (names === undefined) this.#nameless.push(route);
    for (const name of new Set(names)) {
      const isWildcard = name.startsWith('*.');
      const domain = tryParseDomain(isWildcard ? name.slice(2) : name)?.toString();
      if (domain === undefined) {
        throw new UsageError(`${JSON.stringify(name)} is neither a host name nor a wildcard of one`);
      }
      const table = isWildcard ? this.#wildcards : this.#exact;
      table.set(domain, [...(table.get(domain) ?? []), route]);
    }
  }
}
