import type { Address, Connector } from '@lamella/net-core';
import type { Clock, Drainable, Lifecycle, Service } from '@lamella/service-core';
import { ClosedError, systemClock, UsageError } from '@lamella/service-core';
import { HttpConnectionError } from '../errors.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { HttpProtocol } from './http-connection.ts';
import { http1 } from './http1.ts';
import { originOf } from './origin.ts';
import type { DialOptions } from './origin-dialer.ts';
import { OriginDialer } from './origin-dialer.ts';
import type { OriginCounts, OriginPoolHost } from './origin-pool.ts';
import { hasPlace, OriginPool } from './origin-pool.ts';
import type { PoolOptions } from './pool-options.ts';
import { fullPoolOptions } from './pool-options.ts';
import { proxyFields } from './proxy/proxy-fields.ts';
import { proxySelector } from './proxy/proxy-selector.ts';
import type { ConnectorLayer, ProxyChain, ProxySelector } from './proxy/via.ts';
import { chainRoute } from './proxy/via.ts';
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
  /** Where the client takes part in draining: it ends when all requests are done. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** What a client has open to one origin. */
export interface OriginGauge {
  /** Scheme, host and port; and the proxies on the way, if there are any. */
  readonly origin: string;
  /** Connections that are open or being opened. */
  readonly open: number;
  /** Connections with a request. */
  readonly active: number;
  /** Connections without a request. */
  readonly idle: number;
  /** Requests under way on these connections: by HTTP/1.1 one on each at most, by HTTP/2 as many as it has streams. */
  readonly streams: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** What a client has done at one origin. */
export interface OriginCounters {
  /** Scheme, host and port; and the proxies on the way, if there are any. */
  readonly origin: string;
  /** Connects that were started. */
  readonly dials: number;
  /** Connects that came to nothing, those that nobody waited for any more included. */
  readonly failures: number;
  /** Requests that were sent on a connection that had served one before. */
  readonly reuses: number;
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

class PooledHttpClient implements HttpClient, OriginPoolHost, Drainable {
  readonly protocol = 'http-client' as const;
  readonly options: PoolOptions;
  readonly clock: Clock;
  readonly drained: Promise<void>;
  readonly #dialOptions: DialOptions;
  /** For those who need HTTP/1.1; `undefined` where there is nothing else, or not that. */
  readonly #http1Options: DialOptions | undefined;
  readonly #selectProxy: ProxySelector | undefined;
  readonly #pools = new Map<string, OriginPool>();
  /** By the key of the pool, in the order in which they were gone to first. */
  readonly #counts = new Map<string, { readonly origin: string; readonly counts: OriginCounts }>();
  /** Pools that wait until a connection of another one closes. */
  readonly #starved = new Set<OriginPool>();
  #isMakingRoom = false;
  readonly #resolveDrained: () => void;
  readonly #registration: Disposable | undefined;
  #state: 'open' | 'draining' | 'closed' = 'open';

  constructor(options: HttpClientOptions) {
    const { connector, tls, protocols = [http1()], proxy, clock = systemClock } = options;
    if (protocols.length === 0) throw new UsageError('protocols must name at least one protocol, such as http1()');
    this.options = fullPoolOptions(options);
    this.clock = clock;
    this.#dialOptions = { connector, tls, protocols, clock };
    const only = protocols.filter(({ name }) => name === 'http/1.1');
    this.#http1Options =
      only.length > 0 && protocols.length > 1 ? { ...this.#dialOptions, protocols: only } : undefined;
    this.#selectProxy = proxy === undefined ? undefined : proxySelector(proxy);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.#resolveDrained = resolve;
    this.#registration = options.lifecycle?.register(this);
  }

  readonly serve = (request: HttpRequest): Promise<HttpResponse> => {
    if (this.#state === 'closed') return Promise.reject(new ClosedError('the client is closed'));
    try {
      if (this.#http1Options !== undefined && request.headers.has('upgrade')) return this.#serveUpgrade(request);
      return serveWithResend(this.#poolFor(request, this.#dialOptions), request);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  readonly gauges = (): readonly OriginGauge[] =>
    Array.from(this.#pools.values(), ({ origin, size, active, idle, streams, waiting }) => ({
      origin,
      open: size,
      active,
      idle,
      streams,
      waiting,
    }));

  readonly counters = (): readonly OriginCounters[] =>
    Array.from(this.#counts.values(), ({ origin, counts }) => ({ origin, ...counts }));

  readonly close = (): Promise<void> => {
    this.#state = 'closed';
    this.#closePools();
    return this.drained;
  };

  readonly destroy = (reason: unknown = new ClosedError('the client was destroyed')): void => {
    this.#state = 'closed';
    for (const pool of [...this.#pools.values()]) pool.destroy(reason);
    this.#checkDrained();
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- Drainable

  get isIdle(): boolean {
    return this.gauges().every(({ open, idle, waiting }) => open === idle && waiting === 0);
  }

  /** Requests that drain elsewhere may still need the client: it goes on, but keeps no connection. */
  startDrain(): void {
    if (this.#state === 'open') this.#state = 'draining';
    this.#closePools();
  }

  // ---- OriginPoolHost

  get isClosing(): boolean {
    return this.#state !== 'open';
  }

  mayOpen(pool: OriginPool): boolean {
    if (!this.#hasRoom()) {
      this.#isMakingRoom = true; // for this pool, before all others that wait
      this.#closeOldestIdle();
      this.#isMakingRoom = false;
    }
    if (this.#hasRoom()) return true;
    this.#starved.add(pool);
    return false;
  }

  onLess(pool: OriginPool): void {
    if (pool.isDone) this.#pools.delete(pool.key);
    this.onIdle();
    this.#checkDrained();
  }

  onIdle(): void {
    if (this.#isMakingRoom) return;
    for (const next of this.#starved) {
      this.#starved.delete(next);
      next.openMore();
      if (this.#starved.has(next)) break; // it is back: there is no room for the others either
    }
  }

  /** An upgrade that the server takes by HTTP/1.1 only gets a connection of that. */
  async #serveUpgrade(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await serveWithResend(this.#poolFor(request, this.#dialOptions), request);
    } catch (error) {
      const isUnsupported = error instanceof HttpConnectionError && error.code === 'LML_ERR_HTTP_UPGRADE_UNSUPPORTED';
      if (!isUnsupported || this.#http1Options === undefined) throw error;
      return await serveWithResend(this.#poolFor(request, this.#http1Options), request);
    }
  }

  // ---- pools

  #poolFor(request: HttpRequest, options: DialOptions): OriginPool {
    const origin = originOf(request);
    const chain = this.#selectProxy?.({ ...origin.address, scheme: origin.scheme }, request);
    const way = chain === undefined ? origin.key : `${origin.key} ${chainRoute(chain, origin.scheme).key}`;
    const key = options === this.#dialOptions ? way : `${way} http/1.1`;
    return this.#pools.get(key) ?? this.#addPool(key, new OriginDialer(origin, chain, options));
  }

  #addPool(key: string, dialer: OriginDialer): OriginPool {
    const { name, isToProxy, authorization, expectedConcurrent } = dialer;
    const adaptFields = this.#selectProxy && proxyFields(isToProxy, authorization);
    const counts = this.#countsOf(key, name);
    const identity = { key, origin: name, counts, adaptFields, expectedConcurrent };
    const pool = new OriginPool(identity, dialer.open, this);
    this.#pools.set(key, pool);
    return pool;
  }

  /** They outlive the pool, which goes with its last connection. */
  #countsOf(key: string, origin: string): OriginCounts {
    const counts = this.#counts.get(key)?.counts ?? { dials: 0, failures: 0, reuses: 0 };
    this.#counts.delete(key); // the last one gone to stands at the end
    this.#counts.set(key, { origin, counts });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_KNOWN_ORIGINS && oldest !== undefined) this.#counts.delete(oldest);
    return counts;
  }

  #hasRoom(): boolean {
    let open = 0;
    let leavingCount = 0;
    for (const { size, leaving } of this.#pools.values()) {
      open += size;
      leavingCount += leaving;
    }
    return hasPlace(open, leavingCount, this.options.maxConnections);
  }

  #closeOldestIdle(): void {
    let oldest: OriginPool | undefined;
    for (const pool of this.#pools.values()) {
      if (pool.oldestIdleMs < (oldest?.oldestIdleMs ?? Number.POSITIVE_INFINITY)) oldest = pool;
    }
    oldest?.closeOldestIdle();
  }

  #closePools(): void {
    for (const pool of [...this.#pools.values()]) pool.close();
    this.#checkDrained();
  }

  #checkDrained(): void {
    if (!this.isClosing || this.#pools.size > 0) return;
    this.#resolveDrained();
    this.#registration?.[Symbol.dispose]();
  }
}

const MAX_KNOWN_ORIGINS = 1_000;
