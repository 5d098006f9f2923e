import type { Connection, Connector, ConnectRequest, TcpAddress } from '@lamella/net-core';
import {
  addConnectTimings,
  ConnectError,
  ConnectionId,
  ConnectTimings,
  formatAuthority,
  nextConnectionId,
  PeerAddress,
  resolveRequest,
  ViaProxies,
} from '@lamella/net-core';
import type { Extensions } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { TunnelOptions } from './tunnel-options.ts';

/** A tunnel, and how it came about. */
export interface OpenedTunnel {
  readonly tunnel: Connection;
  /** What is known of the connection to the proxy, without the stream that the tunnel may be. */
  readonly store: Extensions<'upgrade'>;
  /** When the proxy was asked, on the monotonic clock. */
  readonly askedMs: number;
  /** Whether the connection to the proxy was opened for it. */
  readonly isFirst: boolean;
}

/** Opens a tunnel to an authority, for whoever asks to be connected. */
export type OpenTunnel = (request: ConnectRequest, authority: string) => Promise<OpenedTunnel>;

/** A connector whose connections lead through one proxy. */
export function tunnelConnector(options: TunnelOptions, open: OpenTunnel): Connector {
  const { server, resolver, clock } = options;
  return {
    async serve(request) {
      const startMs = clock.nowMs();
      const target = await targetFor(request, options);
      const resolvedMs = clock.nowMs();
      const opened = await open(request, formatAuthority(target));
      const tunnel = ownStore(opened);
      tunnel.extensions.insert(ConnectionId, nextConnectionId()); // that to the proxy may carry many
      tunnel.extensions.insert(PeerAddress, target);
      tunnel.extensions.insert(ViaProxies, [...(tunnel.extensions.get(ViaProxies) ?? []), server.address]);
      addConnectTimings(tunnel, { proxyMs: clock.nowMs() - opened.askedMs });
      if (resolver !== undefined) addConnectTimings(tunnel, { resolveMs: resolvedMs - startMs });
      return tunnel;
    },
  };
}

/**
 * That the proxy is spoken to by TLS says nothing of whoever is behind it: what goes there is in clear, until it has TLS of its own. How
 * long it took to reach the proxy is for the tunnel that this was done for.
 */
function ownStore({ tunnel, store, isFirst }: OpenedTunnel): Connection {
  const hide = isFirst ? [] : [ConnectTimings];
  return tunnel.fork({ extensions: store.fork('upgrade', { hide, hidePeerScoped: true }) });
}

/** Where the tunnel shall lead: to a name, unless names are to be looked up here. */
async function targetFor(request: ConnectRequest, { resolver }: TunnelOptions): Promise<TcpAddress> {
  const { target, scope, extensions } = request;
  if (target.type === 'unix') throw new UsageError('a proxy leads to a host and a port, not to a Unix socket');
  const { host } = target;
  if (resolver === undefined || host.type === 'ip') return target;
  let failure: unknown;
  // IPv4 first: it is the proxy that connects, and more proxies reach that.
  for (const family of [4, 6] as const) {
    try {
      const [address] = await resolver.serve(resolveRequest(host, family, { scope, extensions }));
      if (address !== undefined) return { ...target, host: address };
    } catch (error) {
      scope.throwIfAborted();
      failure ??= error;
    }
  }
  const facts = { layer: 'dns', peer: host.name };
  throw (
    failure ?? new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', `${host} has no address`, { phase: 'resolve', facts })
  );
}
