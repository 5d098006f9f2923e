import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, httpServerLayer } from '@lamella/http';
import type { AutoServerLayerOptions } from '@lamella/http2';
import { autoServerLayer } from '@lamella/http2';
import type { Connection, Connector, MemoryNetwork, RelayOptions, RelayOutcome } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { forwardProxyService, reverseProxyService } from '@lamella/proxy';
import type { DrainReport, Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import type { HttpVersion } from './http-version.ts';
import { protocolOf } from './http-version.ts';

/** Options of {@link openChain}. */
export interface ChainOptions {
  /** What the origin does. */
  readonly origin: Service<HttpRequest, HttpResponse>;
  /** Version of HTTP that all speak. For HTTP/2 servers take both: inside of tunnels tests speak HTTP/1.1. Default `'HTTP/1.1'`. */
  readonly version?: HttpVersion;
  /** Default: one of its own. */
  readonly clock?: FakeClock;
  /** Default: one of its own. */
  readonly network?: MemoryNetwork;
  /** Options of all servers, by version. */
  readonly server?: Omit<AutoServerLayerOptions, 'clock' | 'lifecycle' | 'onError'>;
  /** Options of the client inside the proxies. */
  readonly egress?: Partial<HttpClientOptions>;
  /** Limits of tunnels. */
  readonly relay?: Omit<RelayOptions, 'clock' | 'lifecycle'>;
  /** Whether {@link Chain.errors} and {@link Chain.relays} are kept. Default true. */
  readonly keepsRecords?: boolean;
  /** Changes every connection that the origin accepts. Default: not at all. */
  readonly onOriginConnection?: (connection: Connection) => Connection;
  /** Changes the way from the proxies to the origin. Default: not at all. */
  readonly egressConnector?: (connector: Connector) => Connector;
}

/**
 * Client, forward and reverse proxy, origin, all in this process and in memory: `proxy.test:3128` sends anything on,
 * `edge.test:80` and `origin.test:80` lead to the origin.
 */
export interface Chain {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  /** The life of both proxies; the origin has one of its own. */
  readonly lifecycle: Lifecycle;
  /** What any `onError` heard: failures of services, never of peers. */
  readonly errors: readonly unknown[];
  /** How tunnels and upgraded connections ended. */
  readonly relays: readonly RelayOutcome[];
  /** Connections that the proxies and the origin are serving now. */
  readonly serving: number;
  /** Makes a client that goes through the forward proxy. */
  readonly viaProxy: (options?: Partial<HttpClientOptions>) => HttpClient;
  /** Makes a client that goes straight to whatever host a request names, such as `edge.test`. */
  readonly direct: (options?: Partial<HttpClientOptions>) => HttpClient;
  /** A bare connection. */
  readonly connect: (address: string) => Promise<Connection>;
  /** Gives the proxies a new client, without any connection; the one before goes on with what it has. */
  readonly renewEgress: () => void;
  /** Ends everything at once, on the clock. @returns The report of the proxies. */
  readonly close: () => Promise<DrainReport>;
}

/** Opens a {@link Chain}. */
export function openChain(options: ChainOptions): Chain {
  const { clock = new FakeClock(), keepsRecords = true, version = 'HTTP/1.1' } = options;
  const protocols = [protocolOf(version)];
  const network = options.network ?? memoryNetwork({ clock });
  const errors: unknown[] = [];
  const relays: RelayOutcome[] = [];
  const lifecycle = createLifecycle({ clock });
  const originLifecycle = createLifecycle({ clock });
  const onError = (error: unknown): void => {
    if (keepsRecords) errors.push(error);
  };
  let serving = 0;

  function listen(address: string, life: Lifecycle, service: Service<HttpRequest, HttpResponse>): void {
    const shared = { clock, lifecycle: life, onError };
    const layer =
      version === 'HTTP/2'
        ? autoServerLayer({ ...options.server, ...shared })
        : httpServerLayer({ ...options.server?.http1, ...shared });
    const server = layer(service);
    const isOrigin = life === originLifecycle;
    const counted: Service<Connection, void> = {
      async serve(connection) {
        serving++;
        const changed = isOrigin ? (options.onOriginConnection?.(connection) ?? connection) : connection;
        await server.serve(changed).finally(() => serving--);
      },
    };
    serveListener(network.listen(address), counted, { lifecycle: life, onError }).catch(onError);
  }

  const plainConnector = network.connector({ from: '192.0.2.2' });
  const connector = options.egressConnector?.(plainConnector) ?? plainConnector;
  const newEgress = (): HttpClient => createHttpClient({ connector, protocols, clock, lifecycle, ...options.egress });
  let egress = newEgress();
  const client: Service<HttpRequest, HttpResponse> = { serve: (request) => egress.serve(request) };
  const relaying = {
    relay: { clock, lifecycle, ...options.relay },
    onRelayEnd: (outcome: RelayOutcome) => {
      if (keepsRecords) relays.push(outcome);
    },
  };

  listen('origin.test:80', originLifecycle, options.origin);
  listen('proxy.test:3128', lifecycle, forwardProxyService({ client, connector, ...relaying }));
  const routes = [{ to: 'http://origin.test' }];
  listen('edge.test:80', lifecycle, reverseProxyService({ client, routes, ...relaying }));

  const ends: (() => void)[] = [];
  const makeClient = (proxy: string | undefined, more: Partial<HttpClientOptions> = {}): HttpClient => {
    const made = createHttpClient({
      connector: network.connector(),
      protocols,
      clock,
      ...(proxy === undefined ? {} : { proxy: parseAddress(proxy) }),
      ...more,
    });
    ends.push(() => made.destroy());
    return made;
  };

  return {
    clock,
    network,
    lifecycle,
    errors,
    relays,
    get serving() {
      return serving;
    },
    viaProxy: (more) => makeClient('proxy.test:3128', more),
    direct: (more) => makeClient(undefined, more),
    connect: (address) => network.connector().serve(connectRequest({ target: parseAddress(address) })),
    renewEgress() {
      void egress.close();
      egress = newEgress();
    },
    async close() {
      for (const end of ends) end();
      const drains = [lifecycle.drain({ graceMs: 0 }), originLifecycle.drain({ graceMs: 0 })] as const;
      await clock.advanceAsync(5_000); // a lingering close takes two seconds
      return (await Promise.all(drains))[0];
    },
  };
}
