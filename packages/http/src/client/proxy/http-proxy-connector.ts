import type { Connection, Connector, ConnectRequest, TcpAddress } from '@lamella/net-core';
import {
  AlpnSelected,
  addConnectTimings,
  ConnectError,
  ConnectionId,
  connectRequest,
  formatAuthority,
  nextConnectionId,
  PeerAddress,
  resolveRequest,
  ServerName,
  TlsSession,
  ViaProxies,
} from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { openTunnel } from './open-tunnel.ts';
import type { ProxyServer } from './proxy-server.ts';
import { parseProxyUrl } from './proxy-server.ts';
import type { HttpProxyOptions, TunnelOptions } from './tunnel-options.ts';
import { fullProxyOptions } from './tunnel-options.ts';

/** Options of {@link httpProxyConnector}. */
export interface HttpProxyConnectorOptions extends HttpProxyOptions {
  /** URL of the proxy, `http[s]://[user[:password]@]host[:port]`; port 1080 if none is given, 443 for `https`, as curl has it. */
  readonly proxy: string;
  /** Connects to the proxy: TCP, memory, or through another proxy. For one of `https` it must do TLS where that is asked for. */
  readonly connector: Connector;
}

/**
 * Connects through an HTTP proxy, which it asks for a tunnel by CONNECT. Each connection has a tunnel of its own.
 *
 * @remarks
 * Source: RFC 9110 section 9.3.6. Bytes that come right behind the answer are the first that the stream gives. What goes through
 * the tunnel never sees the credentials of the proxy. A chain is a connector within a connector: the outer one's proxy is
 * reached through the inner one's.
 *
 * @example
 * const connector = httpProxyConnector({ proxy: 'http://user:secret@proxy.test:3128', connector: tcpConnector() });
 * const client = createHttpClient({ connector });
 *
 * @throws UsageError if an option is out of its range, or the proxy is none. When connecting: ConnectError with `phase: 'proxy'`,
 * `LML_ERR_CONNECT_PROXY_AUTH` for 407, `LML_ERR_CONNECT_PROXY_REFUSED` for any other answer but 2xx, `LML_ERR_CONNECT_PROXY_FAILED`
 * if there was no valid one, `LML_ERR_CONNECT_TIMEOUT` if it took too long.
 */
export function httpProxyConnector(options: HttpProxyConnectorOptions): Connector {
  const { proxy, connector } = options;
  return tunnelConnector({ ...fullProxyOptions(options), server: parseProxyUrl(proxy), connector });
}

/** A connector that goes through one proxy. */
export function tunnelConnector(options: TunnelOptions): Connector {
  const { server, connector, clock } = options;
  return {
    async serve(request) {
      const startMs = clock.nowMs();
      const target = await targetFor(request, options);
      const resolvedMs = clock.nowMs();
      const { scope, extensions } = request;
      const toProxy = connectRequest({ target: server.address, secure: server.secure, scope, extensions });
      const connection = await connector.serve(toProxy);
      if (server.secure && connection.extensions.get(TlsSession) === undefined) throw withoutTls(connection, server);
      const askedMs = clock.nowMs();
      const tunnel = ownStore(await openTunnel(connection, formatAuthority(target), request.scope, options));
      tunnel.extensions.insert(ConnectionId, nextConnectionId()); // that to the proxy may carry many
      tunnel.extensions.insert(PeerAddress, target);
      tunnel.extensions.insert(ViaProxies, [...(tunnel.extensions.get(ViaProxies) ?? []), server.address]);
      addConnectTimings(tunnel, { proxyMs: clock.nowMs() - askedMs });
      if (options.resolver !== undefined) addConnectTimings(tunnel, { resolveMs: resolvedMs - startMs });
      return tunnel;
    },
  };
}

/** That the proxy is spoken to by TLS says nothing of whoever is behind it: what goes there is in clear, until it has TLS of its own. */
function ownStore(tunnel: Connection): Connection {
  const extensions = tunnel.extensions.fork('upgrade', { hide: [TlsSession, AlpnSelected, ServerName] });
  return tunnel.fork({ extensions });
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

function withoutTls({ stream }: Connection, { name }: ProxyServer): UsageError {
  stream.destroy();
  return new UsageError(`the proxy ${name} needs TLS: give a layer for it, such as tlsConnectLayer of @lamella/tls`);
}
