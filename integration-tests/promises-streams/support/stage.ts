import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import type { ByteStream, Connection, Connector, RelayOutcome } from '@lamella/net-core';
import { connectRequest, parseAddress, relay, serveListener } from '@lamella/net-core';
import { forwardProxyService, reverseProxyService } from '@lamella/proxy';
import type { Clock, Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import type { HttpVersion } from '../../promises/support/http-version.ts';
import { protocolOf } from '../../promises/support/http-version.ts';
import type { Places } from './places.ts';

/** Options of {@link openStage}. */
export interface StageOptions {
  /** Version of HTTP that all clients speak; servers take both. Default `'HTTP/1.1'`. */
  readonly version?: HttpVersion;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** What the HTTP origin does. Default: there is none. */
  readonly origin?: Service<HttpRequest, HttpResponse>;
  /** In place of `origin`: what does the same by hand, on bare connections. */
  readonly bareOrigin?: Service<Connection, void>;
  /** What stands behind tunnels and relays. Default: nothing. */
  readonly peer?: Service<Connection, void>;
  /** Longest silence of relays and tunnels, in milliseconds. */
  readonly idleTimeoutMs?: number;
  /** Changes the stream of every connection, dialled or accepted; `who` is the program that holds it. */
  readonly wrap?: (stream: ByteStream, who: string) => ByteStream;
}

/**
 * Servers on a network: `origin.test:80` (HTTP), `peer.test:443` (bare bytes), and three ways that lead there: `proxy.test:8080` (a
 * forward proxy), `edge.test:80` (a reverse proxy), `relay.test:7` (bare bytes to the peer).
 */
export interface Stage {
  /** How relays, tunnels and upgraded connections ended, in that order. */
  readonly outcomes: readonly RelayOutcome[];
  /** What any server reported. */
  readonly errors: readonly unknown[];
  /** A bare connection of the client. */
  connect(name: string): Promise<Connection>;
  /** A client, which goes through the forward proxy if told so. */
  client(options?: Partial<HttpClientOptions> & { readonly viaProxy?: boolean }): HttpClient;
  /** Cuts what is under way, as a drain without grace does. */
  cut(): Promise<void>;
  /** Ends everything; what is under way is cut. */
  close(): Promise<void>;
}

/** Opens a {@link Stage}. */
export async function openStage(places: Places, options: StageOptions = {}): Promise<Stage> {
  const { clock, version = 'HTTP/1.1', wrap = (stream) => stream } = options;
  const protocols = [protocolOf(version, { limits: NARROW })];
  const timed = clock === undefined ? {} : { clock };
  const lifecycle = createLifecycle(timed);
  const outcomes: RelayOutcome[] = [];
  const errors: unknown[] = [];
  const clients: HttpClient[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const serving: Promise<void>[] = [];

  const connectorOf = (who: string): Connector => ({
    async serve(request) {
      const connection = await places.connector.serve(request);
      return connection.withStream(wrap(connection.stream, who));
    },
  });
  const listen = async (name: string, service: Service<Connection, void>): Promise<void> => {
    const who = name.split('.')[0] ?? name;
    const wrapped = serviceFn((connection: Connection) =>
      service.serve(connection.withStream(wrap(connection.stream, who))),
    );
    serving.push(serveListener(await places.listen(name), wrapped, { lifecycle, onError }));
  };
  const http = autoServerLayer({ http2: { limits: NARROW }, ...timed, lifecycle, onError });
  const client = createHttpClient({ connector: connectorOf('proxy'), protocols, ...timed, lifecycle });
  const idle = options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs };
  const relayOptions = { ...timed, lifecycle, ...idle };
  const forwarding = {
    client,
    relay: relayOptions,
    onRelayEnd: (outcome: RelayOutcome) => void outcomes.push(outcome),
  };

  if (options.origin !== undefined) await listen('origin.test:80', http(options.origin));
  if (options.bareOrigin !== undefined) await listen('origin.test:80', options.bareOrigin);
  if (options.peer !== undefined) await listen('peer.test:443', options.peer);
  await listen('proxy.test:8080', http(forwardProxyService({ ...forwarding, connector: connectorOf('proxy') })));
  await listen('edge.test:80', http(reverseProxyService({ ...forwarding, routes: [{ to: 'http://origin.test' }] })));
  await listen(
    'relay.test:7',
    serviceFn(async ({ stream }: Connection) => {
      const egress = await connectorOf('relay').serve(connectRequest({ target: parseAddress('peer.test:443') }));
      outcomes.push(await relay(stream, egress.stream, relayOptions));
    }),
  );

  return {
    outcomes,
    errors,
    connect: (name) => connectorOf('client').serve(connectRequest({ target: parseAddress(name) })),
    client({ viaProxy = false, ...more } = {}) {
      const proxy = viaProxy ? { proxy: parseAddress('proxy.test:8080') } : {};
      const made = createHttpClient({
        connector: connectorOf('client'),
        protocols,
        ...timed,
        ...proxy,
        ...more,
      });
      clients.push(made);
      return made;
    },
    async cut() {
      await lifecycle.drain({ graceMs: 0 });
    },
    async close() {
      for (const made of clients) made.destroy();
      client.destroy();
      await lifecycle.drain({ graceMs: 0 });
      await Promise.all(serving);
      places.close();
    },
  };
}

/** Windows as narrow as those of the pipes below: whoever is slow is noticed at once. */
const NARROW = { initialStreamWindowBytes: 65_535, maxStreamWindowBytes: 65_535 };
