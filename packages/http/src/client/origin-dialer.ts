import type { Address, Connector } from '@lamella/net-core';
import type { AbortScope, Clock } from '@lamella/service-core';
import type { HttpConnection, HttpProtocol } from './http-connection.ts';
import type { ConnectionPlan } from './open-connection.ts';
import { expectedOf, offeredProtocols, openConnection } from './open-connection.ts';
import type { Origin } from './origin.ts';
import type { PoolPlan } from './pool-group.ts';
import { proxyFields } from './proxy/proxy-fields.ts';
import type { SharedTunnels } from './proxy/shared-tunnels.ts';
import type { ChainRoute, ConnectorLayer, ProxyChain, ProxyTarget } from './proxy/via.ts';

/** How a client connects. */
export interface DialOptions {
  readonly connector: Connector;
  /** Encrypts connections; `undefined`: the connector does, or nobody. */
  readonly tls: ConnectorLayer | undefined;
  /** The preferred one first. */
  readonly protocols: readonly HttpProtocol[];
  /** For tunnels that share connections to a proxy; `undefined` where the client knows no proxies. */
  readonly tunnels: SharedTunnels | undefined;
  /** Where to connect to for an origin; `undefined`: to itself. */
  readonly connectTo: ConnectTo | undefined;
  readonly clock: Clock;
}

/** Says where to connect to for an origin; `undefined` for its own host and port. */
export type ConnectTo = (origin: ProxyTarget) => Address | undefined;

/** Opens connections to one origin, by one way. */
export class OriginDialer implements PoolPlan {
  readonly name: string;
  readonly adaptFields: PoolPlan['adaptFields'];
  readonly expectedConcurrent: number;
  readonly #origin: Origin;
  readonly #options: DialOptions;
  readonly #chain: ProxyChain | undefined;
  readonly #route: ChainRoute | undefined;
  /** Whether whole requests go to a proxy. */
  readonly #isToProxy: boolean;
  /** Whether whoever is connected to is spoken to by TLS. */
  readonly #isSecure: boolean;
  readonly #offered: readonly HttpProtocol[];

  constructor(origin: Origin, chain: ProxyChain | undefined, route: ChainRoute | undefined, options: DialOptions) {
    this.#origin = origin;
    this.#chain = chain;
    this.#options = options;
    this.name = chain === undefined ? origin.key : `${origin.key} via ${chain.names.join(', ')}`;
    this.#isToProxy = route?.target !== undefined;
    this.#route = route;
    this.#isSecure = this.#isToProxy ? route?.secure === true : origin.scheme === 'https';
    this.#offered = offeredProtocols(options.protocols, this.#isSecure);
    this.expectedConcurrent = expectedOf(this.#offered);
    this.adaptFields = options.tunnels && proxyFields(this.#isToProxy, route?.authorization);
  }

  readonly open = (scope: AbortScope, expectedConcurrent: number): Promise<HttpConnection> => {
    try {
      return openConnection(this.#plan(), scope, expectedConcurrent);
    } catch (error) {
      return Promise.reject(error); // what others have given may throw, which is no reason for a pool to wait for ever
    }
  };

  #plan(): ConnectionPlan {
    const { connector, tls, tunnels, clock } = this.#options;
    const route = this.#route;
    const way = tunnels && route ? route.connectorOn(connector, tls, tunnels) : connector;
    const { address } = this.#origin;
    return {
      name: this.name,
      target: route?.target ?? address,
      peer: address,
      secure: this.#isSecure,
      connector: this.#isToProxy ? way : this.#connectorToOrigin(way),
      offered: this.#offered,
      isToProxy: this.#isToProxy,
      via: this.#chain?.names ?? [],
      clock,
    };
  }

  /** Where else it leads is under TLS, which still asks for the origin, and judges who answers by that. */
  #connectorToOrigin(way: Connector): Connector {
    const { scheme, address } = this.#origin;
    const { tls, connectTo } = this.#options;
    const elsewhere = connectTo?.({ ...address, scheme });
    const moved: Connector =
      elsewhere === undefined ? way : { serve: (request) => way.serve(request.withTarget(elsewhere)) };
    return this.#isSecure && tls !== undefined ? tls(moved) : moved;
  }
}
