import type { Connector } from '@lamella/net-core';
import type { Lifecycle } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import { PoolGroup } from '../pool-group.ts';
import type { PoolOptions } from '../pool-options.ts';
import { fullPoolOptions, UNLIMITED } from '../pool-options.ts';
import { PoolsLife } from '../pools-life.ts';
import { openTunnel } from './open-tunnel.ts';
import { parseProxyUrl } from './proxy-server.ts';
import { SharedTunnels } from './shared-tunnels.ts';
import { tunnelConnector } from './tunnel-connector.ts';
import type { HttpProxyOptions } from './tunnel-options.ts';
import { fullProxyOptions } from './tunnel-options.ts';

/** Options of {@link httpProxyConnector}. */
export interface HttpProxyConnectorOptions
  extends HttpProxyOptions,
    Partial<Pick<PoolOptions, 'acquireTimeoutMs' | 'idleTimeoutMs' | 'maxConnectionAgeMs'>> {
  /** URL of the proxy, `http[s]://[user[:password]@]host[:port]`; port 1080 if none is given, 443 for `https`, as curl has it. */
  readonly proxy: string;
  /** Connects to the proxy: TCP, memory, or through another proxy. For one of `https` it must do TLS where that is asked for. */
  readonly connector: Connector;
  /** Where it takes part in draining: it ends when all tunnels on shared connections have. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
}

/** A connector that keeps connections to its proxy where {@link HttpProxyOptions.protocols} says so. */
export interface HttpProxyConnector extends Connector, AsyncDisposable {
  /** Opens no more tunnels, waits for those on shared connections, and closes these. */
  readonly close: () => Promise<void>;
  /** Ends now; tunnels on shared connections fail with `reason`. Those on connections of their own are left alone. */
  readonly destroy: (reason?: unknown) => void;
}

/**
 * Connects through an HTTP proxy, which it asks for a tunnel by CONNECT.
 *
 * @remarks
 * Source: RFC 9110 section 9.3.6, RFC 9113 section 8.5. Bytes that come right behind the answer are the first that the stream gives.
 * What goes through the tunnel never sees the credentials of the proxy. A chain is a connector within a connector: the outer one's proxy
 * is reached through the inner one's.
 *
 * Each tunnel has a connection of its own, by HTTP/1.1, unless there are `protocols`. Then connections are kept as those of a client, and
 * by HTTP/2 many tunnels share one; close the connector at the end.
 *
 * @example
 * const connector = httpProxyConnector({ proxy: 'http://user:secret@proxy.test:3128', connector: tcpConnector() });
 * const client = createHttpClient({ connector });
 *
 * @throws UsageError if an option is out of its range, or the proxy is none. When connecting: ConnectError with `phase: 'proxy'`,
 * `LML_ERR_CONNECT_PROXY_AUTH` for 407, `LML_ERR_CONNECT_PROXY_REFUSED` for any other answer but 2xx, `LML_ERR_CONNECT_PROXY_FAILED`
 * if there was no valid one, `LML_ERR_CONNECT_TIMEOUT` if it took too long; TimeoutError if no shared connection took the tunnel in
 * `acquireTimeoutMs`; ClosedError if it is closed.
 */
export function httpProxyConnector(options: HttpProxyConnectorOptions): HttpProxyConnector {
  const { proxy, connector, lifecycle } = options;
  const { protocols, ...common } = fullProxyOptions(options);
  const tunnelOptions = { ...common, server: parseProxyUrl(proxy) };
  const poolOptions = fullPoolOptions({ ...options, ...UNLIMITED });
  const pools = new PoolGroup(poolOptions, common.clock, () => life.check());
  const open =
    protocols === undefined
      ? openTunnel.bind(undefined, connector, tunnelOptions)
      : new SharedTunnels(pools).opener({ ...tunnelOptions, key: '', via: [], connector, protocols });
  // Asked when the target is known, since that may take its time.
  const { serve } = tunnelConnector(tunnelOptions, (request, authority) =>
    life.isClosed ? Promise.reject(new ClosedError('the connector is closed')) : open(request, authority),
  );
  const life = new PoolsLife('http-proxy-connector', [pools], protocols === undefined ? undefined : lifecycle);
  const close = (): Promise<void> => life.close();
  return {
    serve,
    close,
    destroy: (reason = new ClosedError('the connector was destroyed')) => life.destroy(reason),
    [Symbol.asyncDispose]: close,
  };
}
