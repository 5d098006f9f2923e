import type { Address, Connector } from '@lamella/net-core';
import type { Clock, Lifecycle, Service } from '@lamella/service-core';
import { ClosedError, systemClock, UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { HttpProtocol } from './http-connection.ts';
import { http1 } from './http1.ts';
import { Http1Memory } from './http1-memory.ts';
import type { Origin } from './origin.ts';
import { originOf } from './origin.ts';
import type { DialOptions } from './origin-dialer.ts';
import { OriginDialer } from './origin-dialer.ts';
import type { OriginPool } from './origin-pool.ts';
import type { OriginCounters, OriginGauge } from './pool-group.ts';
import { PoolGroup } from './pool-group.ts';
import type { PoolOptions } from './pool-options.ts';
import { fullPoolOptions, UNLIMITED } from './pool-options.ts';
import { PoolsLife } from './pools-life.ts';
import { proxySelector } from './proxy/proxy-selector.ts';
import { SharedTunnels } from './proxy/shared-tunnels.ts';
import type { ChainRoute, ConnectorLayer, ProxyChain, ProxySelector, ProxyTarget } from './proxy/via.ts';
import { chainRoute } from './proxy/via.ts';
import type { ResendOptions } from './resend.ts';
import { serveWithResend } from './resend.ts';

/** Options of {@link createHttpClient}. */
export interface HttpClientOptions extends Partial<PoolOptions> {
  /** Makes the connections, such as `tcpConnector()` or one of a network in memory. */
  readonly connector: Connector;
  /** Encrypts connections where URLs say `https:`, such as `tlsConnectLayer()` of `@lamella/tls`. Default: the connector does, or nobody. */
  readonly tls?: ConnectorLayer;
  /**
   * Protocols to speak, the preferred one first, at least one. By TLS the server chooses one of them (ALPN). In clear nothing can be
   * agreed on: HTTP/1.1 is spoken if it is one of them, else the first one. Default `[http1()]`.
   */
  readonly protocols?: readonly HttpProtocol[];
  /**
   * Proxies to go through: {@link via}, {@link proxyFromEnvironment}, a function that chooses for each request, or the address of
   * an HTTP proxy. Default: none.
   */
  readonly proxy?: ProxyChain | ProxySelector | Address;
  /**
   * Where to connect to for an origin, such as another port, a test server or a Unix socket; `undefined` for its own host and port. Requests
   * and TLS stay those of the origin. By way of proxies, the last one is asked for a tunnel to there, for `http:` too. Default: none.
   */
  readonly connectTo?: (origin: ProxyTarget) => Address | undefined;
  /** Where the client takes part in draining: it ends when all requests are done. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Sends requests, over connections that it keeps.
 *
 * @remarks
 * A request names its whole target (`http://host/path`). Every attempt forks the request's store, and links the connection it
 * uses as its egress. A connection that the server closed at the very moment when it was used again is replaced without
 * anybody noticing, if the request may be sent again: if it is idempotent and its body can be read again, or nothing of it was
 * sent. Any other request is never sent twice.
 *
 * Whoever gets a response reads or cancels its body; its connection is kept from others until then.
 */
export interface HttpClient extends Service<HttpRequest, HttpResponse>, AsyncDisposable {
  /** What is open now, by origin. */
  readonly gauges: () => readonly OriginGauge[];
  /** What has happened so far, by origin; of the 1,000 origins that were gone to last. */
  readonly counters: () => readonly OriginCounters[];
  /** Takes no more requests, waits for those under way, and closes all connections. */
  readonly close: () => Promise<void>;
  /** Ends now; requests under way fail with `reason`. */
  readonly destroy: (reason?: unknown) => void;
}

/**
 * Makes a client.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const response = await client.serve(HttpRequest.from({ target: 'http://example.com/' }));
 * await response.body.text();
 * await client.close();
 *
 * @throws UsageError if an option is out of its range.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new PooledHttpClient(options);
}

class PooledHttpClient implements HttpClient {
  readonly #pools: PoolGroup;
  /** Connections to proxies that tunnels share; the pools above go through them. */
  readonly #proxies: PoolGroup;
  readonly #life: PoolsLife;
  readonly #dialOptions: DialOptions;
  /** For those who need HTTP/1.1; `undefined` where there is nothing else, or not that. */
  readonly #http1Options: DialOptions | undefined;
  readonly #http1Memory: Http1Memory;
  readonly #resendOptions: ResendOptions;
  readonly #selectProxy: ProxySelector | undefined;

  constructor(options: HttpClientOptions) {
    const { connector, tls, protocols = [http1()], proxy, connectTo, clock = systemClock } = options;
    if (protocols.length === 0) throw new UsageError('protocols must name at least one protocol, such as http1()');
    const poolOptions = fullPoolOptions(options);
    const onLess = (): void => this.#life.check();
    this.#pools = new PoolGroup(poolOptions, clock, onLess);
    // Each tunnel is for a connection that counts already: were those to proxies counted too, the two could wait for each other.
    this.#proxies = new PoolGroup({ ...poolOptions, ...UNLIMITED }, clock, onLess);
    this.#selectProxy = proxy === undefined ? undefined : proxySelector(proxy);
    const tunnels = this.#selectProxy && new SharedTunnels(this.#proxies);
    this.#dialOptions = { connector, tls, protocols, tunnels, connectTo, clock };
    const only = protocols.filter(({ name }) => name === 'http/1.1');
    this.#http1Options =
      only.length > 0 && protocols.length > 1 ? { ...this.#dialOptions, protocols: only } : undefined;
    this.#http1Memory = new Http1Memory(clock);
    this.#resendOptions = this.#http1Options === undefined ? {} : { byHttp1: this.#serveByHttp1 };
    this.#life = new PoolsLife('http-client', [this.#pools, this.#proxies], options.lifecycle);
  }

  readonly serve = (request: HttpRequest): Promise<HttpResponse> => {
    if (this.#life.isClosed) return Promise.reject(new ClosedError('the client is closed'));
    try {
      return serveWithResend(this.#poolFor(request), request, this.#resendOptions);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  readonly gauges = (): readonly OriginGauge[] => [...this.#pools.gauges, ...this.#proxies.gauges];

  readonly counters = (): readonly OriginCounters[] => [...this.#pools.counters, ...this.#proxies.counters];

  readonly close = (): Promise<void> => this.#life.close();

  readonly destroy = (reason: unknown = new ClosedError('the client was destroyed')): void => {
    this.#life.destroy(reason);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #serveByHttp1 = async (request: HttpRequest, refusing: OriginPool | undefined): Promise<HttpResponse> => {
    const response = await serveWithResend(this.#poolFor(request, true), request);
    if (refusing !== undefined) this.#http1Memory.note(refusing.key); // only now: it does speak what it wants
    return response;
  };

  /** @param byHttp1 - Whether it has to be HTTP/1.1. Default: if its server is known to want that. */
  #poolFor(request: HttpRequest, byHttp1 = false): OriginPool {
    const origin = originOf(request);
    const chain = this.#selectProxy?.({ ...origin.address, scheme: origin.scheme }, request);
    const route = chain && this.#routeOf(chain, origin);
    const way = route === undefined ? origin.key : `${origin.key} ${route.key}`;
    const isHttp1 = byHttp1 || this.#http1Memory.has(way);
    const key = isHttp1 ? `${way} http/1.1` : way;
    const options = (isHttp1 ? this.#http1Options : undefined) ?? this.#dialOptions;
    return this.#pools.get(key) ?? this.#pools.add(key, new OriginDialer(origin, chain, route, options));
  }

  #routeOf(chain: ProxyChain, { address, scheme }: Origin): ChainRoute {
    const { connectTo } = this.#dialOptions;
    return chainRoute(chain, scheme, connectTo?.({ ...address, scheme }) !== undefined);
  }
}
