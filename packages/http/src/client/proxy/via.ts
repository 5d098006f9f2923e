import type { Address, Connection, Connector, ConnectRequest, Host } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { openTunnel } from './open-tunnel.ts';
import { ProxyServer, parseProxyUrl, proxyAuthorizationOf } from './proxy-server.ts';
import type { SharedTunnels } from './shared-tunnels.ts';
import { tunnelConnector } from './tunnel-connector.ts';
import type { FullProxyOptions, HttpProxyOptions } from './tunnel-options.ts';
import { fullProxyOptions } from './tunnel-options.ts';

/** Options of {@link via}. */
export interface ViaOptions extends HttpProxyOptions {
  /**
   * How requests to `http:` URLs go: `'absolute-form'` asks the last proxy for the whole URL, as curl and browsers do;
   * `'tunnel'` asks it for a tunnel, as it does for everything else. Default `'absolute-form'`.
   */
  readonly plainHttp?: 'absolute-form' | 'tunnel';
  /** Encrypts connections to proxies of `https`: whom to trust there, and so on. Default: the one of the client, as for origins. */
  readonly tls?: ConnectorLayer;
}

/** Proxies to go through, made by {@link via}. What it shows of itself has no credentials. */
export interface ProxyChain {
  /** Host and port of each, nearest first. */
  readonly names: readonly string[];
  /** How requests to `http:` URLs go. */
  readonly plainHttp: 'absolute-form' | 'tunnel';
}

/** Where a request wants to go. */
export interface ProxyTarget {
  /** In lower case. */
  readonly scheme: string;
  readonly host: Host;
  readonly port: number;
}

/** Encrypts the connections that have to be, such as `tlsConnectLayer()` of `@lamella/tls`. */
export type ConnectorLayer = Layer<ConnectRequest, Connection>;

/** Chooses the way of each request; `undefined` is the direct one. */
export type ProxySelector = (target: ProxyTarget, request: HttpRequest) => ProxyChain | undefined;

/**
 * The way through one proxy or several, for the `proxy` of {@link createHttpClient}.
 *
 * @remarks
 * Connections are kept by origin, chain and credentials: whoever goes by another way, or as somebody else, gets other ones.
 *
 * @param proxies - URL of the proxy, `http://[user[:password]@]host[:port]` or `https://...`, or a list of them, nearest first; port
 * 1080 if none is given, 443 for `https`, as curl has it.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector(), proxy: via('http://user:secret@proxy.test:3128') });
 * const onion = createHttpClient({ connector: tcpConnector(), proxy: via(['http://a.test:1', 'http://b.test:2', 'http://c.test:3']) });
 *
 * @throws UsageError if there is no proxy, one of them is none, or an option is out of its range.
 */
export function via(proxies: string | readonly string[], options: ViaOptions = {}): ProxyChain {
  const servers = (typeof proxies === 'string' ? [proxies] : proxies).map(parseProxyUrl);
  return new ServerChain(servers, options);
}

/** One proxy whose address is known, without credentials. */
export function viaAddress(address: Address): ProxyChain {
  return new ServerChain([new ProxyServer(address, undefined, false)], {});
}

/** How a client goes by a chain to one origin. */
export interface ChainRoute {
  /** Tells chains apart, credentials included: never shown. */
  readonly key: string;
  /** Where to connect to; `undefined`: the origin itself. */
  readonly target: Address | undefined;
  /** Whether the target is a proxy that is spoken to by TLS. */
  readonly secure: boolean;
  /** For the last proxy, where it gets whole requests; `undefined` if it has no credentials. */
  readonly authorization: string | undefined;
  /**
   * Connects to the target, through all proxies before it; by TLS if that is a proxy which is spoken to so.
   *
   * @param tls - For proxies that are spoken to by TLS, if the chain has none for them.
   * @param tunnels - Where connections to them are kept, if they are.
   */
  connectorOn(base: Connector, tls: ConnectorLayer | undefined, tunnels: SharedTunnels): Connector;
}

/**
 * @param wantsTunnel - Whether the last proxy must not see whole requests, since it would go where these say.
 * @throws UsageError if the chain was not made by {@link via}.
 */
export function chainRoute(chain: ProxyChain, scheme: string, wantsTunnel: boolean): ChainRoute {
  if (chain instanceof ServerChain) return chain.route(scheme, wantsTunnel);
  throw new UsageError('a way through proxies is made by via()');
}

/** Whether it was made by {@link via}. */
export function isProxyChain(value: unknown): value is ProxyChain {
  return value instanceof ServerChain;
}

class ServerChain implements ProxyChain {
  readonly names: readonly string[];
  readonly plainHttp: 'absolute-form' | 'tunnel';
  readonly #servers: readonly ProxyServer[];
  readonly #options: FullProxyOptions;
  /** Private: the key has credentials. */
  readonly #tunnel: ChainRoute;
  readonly #tls: ConnectorLayer | undefined;
  readonly #plain: ChainRoute;

  constructor(servers: readonly ProxyServer[], options: ViaOptions) {
    const { plainHttp = 'absolute-form' } = options;
    if (plainHttp !== 'absolute-form' && plainHttp !== 'tunnel') {
      throw new UsageError(`plainHttp must be 'absolute-form' or 'tunnel', got ${JSON.stringify(plainHttp)}`);
    }
    const last = servers.at(-1);
    if (last === undefined) throw new UsageError('via needs at least one proxy');
    this.names = servers.map(({ name }) => name);
    this.plainHttp = plainHttp;
    this.#servers = servers;
    this.#tls = options.tls;
    this.#options = fullProxyOptions(options);
    const key = `${this.#keyOf(servers)} ${numberOf(options.resolver)}`;
    this.#tunnel = {
      key: `tunnel ${key}`,
      target: undefined,
      secure: false,
      authorization: undefined,
      connectorOn: (...on) => this.#through(servers, ...on),
    };
    this.#plain = {
      key: `plain ${key}`,
      target: last.address,
      secure: last.secure,
      authorization: proxyAuthorizationOf(last),
      connectorOn: (base, tls, tunnels) =>
        this.#connectorTo(last, this.#through(servers.slice(0, -1), base, tls, tunnels), tls),
    };
  }

  route(scheme: string, wantsTunnel: boolean): ChainRoute {
    return scheme === 'http' && !wantsTunnel && this.plainHttp === 'absolute-form' ? this.#plain : this.#tunnel;
  }

  toString(): string {
    return this.#servers.join(', ');
  }

  /** The resolver is for the target, not for the proxies on the way to it. */
  #through(
    servers: readonly ProxyServer[],
    base: Connector,
    tls: ConnectorLayer | undefined,
    tunnels: SharedTunnels,
  ): Connector {
    const { protocols, ...common } = this.#options;
    return servers.reduce((inner, server, index) => {
      const connector = this.#connectorTo(server, inner, tls);
      const resolver = server === this.#servers.at(-1) ? common.resolver : undefined;
      const options = { ...common, server, resolver };
      if (protocols === undefined) return tunnelConnector(options, openTunnel.bind(undefined, connector, options));
      const key = this.#keyOf(servers.slice(0, index + 1));
      const names = this.names.slice(0, index);
      return tunnelConnector(options, tunnels.opener({ ...options, key, via: names, connector, protocols }));
    }, base);
  }

  #connectorTo({ secure }: ProxyServer, inner: Connector, tls: ConnectorLayer | undefined): Connector {
    const secured = this.#tls ?? tls;
    return secure && secured !== undefined ? secured(inner) : inner;
  }

  /** Tells the way through these proxies from others, and from that of somebody else. */
  #keyOf(servers: readonly ProxyServer[]): string {
    const identity = servers.map((server) => [server.name, proxyAuthorizationOf(server)]);
    const { protocols = [] } = this.#options;
    return [JSON.stringify(identity), numberOf(this.#tls), ...protocols.map(numberOf)].join(' ');
  }
}

/** Chains that look names up differently, trust others, or speak something else with proxies, must not share connections. */
function numberOf(value: object | undefined): number {
  if (value === undefined) return 0;
  let number = numbers.get(value);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(value, number);
  }
  return number;
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;
