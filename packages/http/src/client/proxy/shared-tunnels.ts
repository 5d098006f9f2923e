import type { Connector, ConnectRequest } from '@lamella/net-core';
import type { HttpProtocol } from '../http-connection.ts';
import { expectedOf, offeredProtocols, openConnection } from '../open-connection.ts';
import type { PoolGroup, PoolPlan } from '../pool-group.ts';
import type { ResendOptions } from '../resend.ts';
import { serveWithResend } from '../resend.ts';
import { askForTunnel } from './ask-for-tunnel.ts';
import type { OpenedTunnel, OpenTunnel } from './tunnel-connector.ts';
import type { TunnelOptions } from './tunnel-options.ts';

/** A proxy, and how its connections come about. */
export interface SharedWay extends TunnelOptions {
  /** Tells it, who we are to it, and the way there from others: never shown. */
  readonly key: string;
  /** The proxies in front of it, for people. */
  readonly via: readonly string[];
  /** Connects to the proxy, by TLS if it is one of those. */
  readonly connector: Connector;
  /** What may be spoken with the proxy. */
  readonly protocols: readonly HttpProtocol[];
}

/**
 * Tunnels on connections to proxies that are kept in pools, as those to origins are: by HTTP/2 a connection has many of them at a time.
 *
 * @remarks
 * RFC 9113 section 8.5. A tunnel counts as a request under way. By HTTP/1.1 it is all that ever becomes of its connection.
 */
export class SharedTunnels {
  readonly #pools: PoolGroup;

  constructor(pools: PoolGroup) {
    this.#pools = pools;
  }

  /** Opens tunnels that way. */
  opener(way: SharedWay): OpenTunnel {
    return (request, authority) => this.#open(way, request, authority);
  }

  async #open(way: SharedWay, { scope }: ConnectRequest, authority: string): Promise<OpenedTunnel> {
    const pool = this.#pools.get(way.key) ?? this.#pools.add(way.key, planOf(way));
    let sent: Omit<OpenedTunnel, 'tunnel'> | undefined;
    const tunnel = await askForTunnel(authority, scope, way, (request, onAsk) => {
      const onSend: ResendOptions['onSend'] = ({ extensions }, dial) => {
        onAsk();
        sent = { store: extensions.fork('upgrade'), askedMs: way.clock.nowMs(), isFirst: dial !== undefined };
      };
      // A tunnel that comes to nothing, or that nobody uses, changes nothing anywhere.
      return serveWithResend(pool, request, { onSend, isHarmless: true });
    });
    return { ...sent, tunnel } as OpenedTunnel; // there is no answer to what was not sent
  }
}

/** Where the connections of a pool to a proxy lead. */
function planOf({ server, via, connector, protocols, clock }: SharedWay): PoolPlan {
  const { address, secure } = server;
  const offered = offeredProtocols(protocols, secure);
  const plan = { target: address, peer: address, secure, connector, offered, isToProxy: true, via, clock };
  return {
    name: via.length === 0 ? server.url : `${server.url} via ${via.join(', ')}`,
    adaptFields: undefined,
    expectedConcurrent: expectedOf(offered),
    open: (scope, expectedConcurrent) =>
      openConnection({ ...plan, name: `the proxy ${server.name}` }, scope, expectedConcurrent),
  };
}
