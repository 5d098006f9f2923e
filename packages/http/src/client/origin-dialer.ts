import type { Connection, Connector } from '@lamella/net-core';
import { AlpnSelected, ConnectError, connectRequest, formatAddress, TlsSession } from '@lamella/net-core';
import type { AbortScope, Clock } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpConnection, HttpProtocol } from './http-connection.ts';
import type { Origin } from './origin.ts';
import type { ChainRoute, ConnectorLayer, ProxyChain } from './proxy/via.ts';
import { chainRoute } from './proxy/via.ts';

/** How a client connects. */
export interface DialOptions {
  readonly connector: Connector;
  /** Encrypts connections; `undefined`: the connector does, or nobody. */
  readonly tls: ConnectorLayer | undefined;
  /** The preferred one first. */
  readonly protocols: readonly HttpProtocol[];
  readonly clock: Clock;
}

/** Opens connections to one origin, by one way. */
export class OriginDialer {
  /** The origin and the way, for people. */
  readonly name: string;
  /** Whether whole requests go to a proxy. */
  readonly isToProxy: boolean;
  /** Credentials of the proxy that gets whole requests. */
  readonly authorization: string | undefined;
  readonly #origin: Origin;
  readonly #options: DialOptions;
  readonly #chain: ProxyChain | undefined;
  readonly #route: ChainRoute | undefined;
  /** Whether whoever is connected to is spoken to by TLS. */
  readonly #isSecure: boolean;

  /** @throws UsageError if the chain is none. */
  constructor(origin: Origin, chain: ProxyChain | undefined, options: DialOptions) {
    const route = chain === undefined ? undefined : chainRoute(chain, origin.scheme);
    this.#origin = origin;
    this.#chain = chain;
    this.#options = options;
    this.name = chain === undefined ? origin.key : `${origin.key} via ${chain.names.join(', ')}`;
    this.isToProxy = route?.target !== undefined;
    this.authorization = route?.authorization;
    this.#route = route;
    this.#isSecure = this.isToProxy ? route?.secure === true : origin.scheme === 'https';
  }

  /** Requests that one connection can be expected to take at once: `Infinity` as long as it may be one of HTTP/2. */
  get expectedConcurrent(): number {
    return this.#offered.some(({ isMultiplexed = false }) => isMultiplexed) ? Number.POSITIVE_INFINITY : 1;
  }

  /** Opens a connection for whoever waits: it belongs to no request, and carries nothing of one. */
  readonly open = async (scope: AbortScope, expectedConcurrent: number): Promise<HttpConnection> => {
    const { connector, tls, clock } = this.#options;
    const route = this.#route;
    const base = route?.connectorOn(connector, tls) ?? connector;
    const secure = this.#isSecure;
    const request = connectRequest({
      target: route?.target ?? this.#origin.address,
      secure,
      scope,
      alpnOffer: secure ? this.#offered.map(({ name }) => name) : [],
      via: this.#chain?.names ?? [],
    });
    const connection = await (secure && tls !== undefined ? tls(base) : base).serve(request);
    try {
      return this.#choose(connection).open(connection, { isToProxy: this.isToProxy, expectedConcurrent, clock });
    } catch (error) {
      connection.stream.destroy(error);
      throw error;
    }
  };

  /** In clear nothing can be agreed on: HTTP/1.1 is what every server speaks, unless only something else is asked for. */
  get #offered(): readonly HttpProtocol[] {
    const { protocols } = this.#options;
    if (this.#isSecure) return protocols;
    const http1 = protocols.find(({ name }) => name === HTTP1);
    return http1 === undefined ? protocols.slice(0, 1) : [http1];
  }

  #choose(connection: Connection): HttpProtocol {
    const offered = this.#offered;
    if (this.#isSecure && connection.extensions.get(TlsSession) === undefined) {
      throw new UsageError(
        `${this.name} needs TLS: give the client a layer for it, such as tlsConnectLayer of @lamella/tls`,
      );
    }
    // RFC 7301: a server that knows nothing of ALPN speaks what everybody spoke before it.
    const selected = connection.extensions.get(AlpnSelected) ?? (this.#isSecure ? HTTP1 : offered[0]?.name);
    const protocol = offered.find(({ name }) => name === selected);
    if (protocol !== undefined) return protocol;
    const names = offered.map(({ name }) => name).join(', ');
    throw new ConnectError('LML_ERR_TLS_NO_ALPN_OVERLAP', `the server speaks ${selected}, but not ${names}`, {
      phase: 'handshake',
      facts: { layer: 'http-pool', peer: formatAddress(this.#origin.address) },
    });
  }
}

const HTTP1 = 'http/1.1';
