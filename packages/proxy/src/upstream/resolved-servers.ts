import type { FollowNameOptions } from '@lamella/net-core';
import { followName, formatAuthority } from '@lamella/net-core';
import type { Cell } from '@lamella/service-core';
import { cell, UsageError } from '@lamella/service-core';
import type { UpstreamServer } from './upstream-server.ts';

/** Options of {@link resolvedServers}. */
export interface ResolvedServersOptions extends FollowNameOptions {
  /** Port of all servers, 1 to 65535. Default 80. */
  readonly port?: number;
}

/** The servers behind a name: a cell that follows the name. */
export interface ResolvedServers extends Cell<readonly UpstreamServer[]>, Disposable {
  /** Looks the name up soon, such as after a failure; at most once in `minIntervalMs`. */
  readonly refresh: () => void;
  /** Ends the lookups; the servers stay as they are. */
  readonly close: () => void;
}

/**
 * Follows the addresses of a name, as servers of an upstream group.
 *
 * @remarks
 * The name is looked up at once, then every `intervalMs`, however many requests there are. A family whose lookup fails keeps the addresses
 * that it had, whatever becomes of the other one; and if nothing is found at all, nothing changes: names fail more often than all servers
 * go away. Whoever knows better, such as a control plane, may `set` the cell.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const servers = resolvedServers({ resolver: systemResolver(), host: 'api.internal', port: 8080 });
 * const api = upstreamGroup({ name: 'api', client, servers, onHealthChange: () => servers.refresh() });
 */
export function resolvedServers(options: ResolvedServersOptions): ResolvedServers {
  const { port = 80 } = options;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`port must be 1 to 65535, got ${port}`);
  }
  const addresses = followName(options);
  const servers = cell<readonly UpstreamServer[]>([]);
  addresses.watch((found) => {
    const urls = found.map((host) => `http://${formatAuthority({ host, port })}`);
    servers.set(urls.sort().map((url) => ({ url })));
  });
  const { refresh, close } = addresses;
  return { ...servers, refresh, close, [Symbol.dispose]: close };
}
