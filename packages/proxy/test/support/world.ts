import type { Http1Options, HttpClient, HttpRequest, HttpResponse, HttpServerLayerOptions } from '@lamella/http';
import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import type { TraceEnd } from '@lamella/layers';
import { traceLayer } from '@lamella/layers';
import type { ByteCounts, Connector, Listener, MemoryNetwork, RelayOutcome } from '@lamella/net-core';
import {
  byteCountLayer,
  ConnectionBytes,
  connectRequest,
  memoryNetwork,
  openResources,
  parseAddress,
  serveListener,
} from '@lamella/net-core';
import type { TestHooks } from '@lamella/net-core/testing';
import { checkLedger } from '@lamella/net-core/testing';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { ForwardingOptions, ForwardProxyOptions, ReverseProxyOptions } from '../../src/index.ts';
import { forwardProxyService, GatewayFailure, reverseProxyService } from '../../src/index.ts';
import { WireEnd } from './wire-end.ts';

/** How a {@link World} differs from the usual one. */
export interface WorldOptions {
  readonly server?: HttpServerLayerOptions;
  readonly http1?: Http1Options;
  /** Bytes under way in one direction before a writer has to wait. */
  readonly windowBytes?: number;
  /** Longest wait for a connection, in milliseconds. */
  readonly connectTimeoutMs?: number;
}

/** Makes worlds that end with their test; a test that leaves something open fails. */
export function worlds(hooks: TestHooks): (options?: WorldOptions) => World {
  checkLedger(hooks); // runs after what is registered below: hooks run in reverse order
  const open: World[] = [];
  hooks.afterEach(async () => {
    for (const world of open.splice(0)) await world.close();
  });
  return (options) => {
    const world = new World(options);
    open.push(world);
    return world;
  };
}

/** A proxy on a network in memory, between clients and origins that the test plays by hand. */
export class World {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork;
  readonly lifecycle: Lifecycle;
  readonly client: HttpClient;
  /** Connects as the proxy does. */
  readonly connector: Connector;
  /** What the access hook heard, in order: a status, and the error behind it if there was one. */
  readonly access: { readonly status: number | string; readonly error?: unknown }[] = [];
  /** What the server of the proxy reported. */
  readonly errors: unknown[] = [];
  /** How tunnels and upgraded connections ended. */
  readonly outcomes: RelayOutcome[] = [];
  /** Bytes of each connection of a client, in the order in which they came. */
  readonly counts: ByteCounts[] = [];
  readonly #options: WorldOptions;
  readonly #clientEnds: WireEnd[] = [];
  readonly #originEnds: WireEnd[] = [];
  readonly #listeners: Listener[] = [];

  constructor(options: WorldOptions = {}) {
    const { clock } = this;
    const { windowBytes, connectTimeoutMs } = options;
    this.#options = options;
    this.network = memoryNetwork({ clock, ...(windowBytes === undefined ? {} : { windowBytes }) });
    this.lifecycle = createLifecycle({ clock });
    this.connector = this.network.connector({
      from: PROXY_HOST,
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    });
    this.client = createHttpClient({ connector: this.connector, protocols: [http1(options.http1)], clock });
  }

  /** Options that both kinds of proxy get here. */
  get forwarding(): Required<Pick<ForwardingOptions, 'client' | 'pseudonym' | 'relay' | 'onRelayEnd'>> {
    return {
      client: this.client,
      pseudonym: 'test-proxy',
      relay: { clock: this.clock },
      onRelayEnd: (outcome) => this.outcomes.push(outcome),
    };
  }

  /** Runs a forward proxy, on `proxy.test:8080`. */
  forward(options: Partial<ForwardProxyOptions> = {}): this {
    return this.serve(forwardProxyService({ ...this.forwarding, connector: this.connector, ...options }));
  }

  /** Runs a reverse proxy, on `proxy.test:8080`; everything goes to `origin.test` unless told otherwise. */
  reverse(options: Partial<ReverseProxyOptions> = {}): this {
    return this.serve(reverseProxyService({ ...this.forwarding, routes: [{ to: 'http://origin.test' }], ...options }));
  }

  /** Serves `service` on `proxy.test:8080`, with what a server in use has around it. */
  serve(service: Service<HttpRequest, HttpResponse>, address: string = PROXY): this {
    const { clock, errors, lifecycle } = this;
    const listener = this.network.listen(address);
    this.#listeners.push(listener);
    const server = stack(
      byteCountLayer(),
      httpServerLayer({ clock, onError: (error) => errors.push(error), ...this.#options.server }),
      traceLayer<HttpRequest, HttpResponse>({ onEnd: (end) => this.#noteAccess(end), clock }),
      service,
    );
    const counting: typeof server = {
      serve: (connection) => {
        const served = server.serve(connection);
        const counts = connection.extensions.get(ConnectionBytes);
        if (counts !== undefined) this.counts.push(counts);
        return served;
      },
    };
    void serveListener(listener, counting, { lifecycle });
    return this;
  }

  /** Listens as an origin does; the test serves its connections by hand. */
  origin(address: string = 'origin.test:80'): Origin {
    const listener = this.network.listen(address);
    this.#listeners.push(listener);
    return new Origin(listener, (end) => this.#originEnds.push(end));
  }

  /** Connects to the proxy. */
  async connect(options: { readonly reads?: boolean; readonly to?: string } = {}): Promise<WireEnd> {
    const connector = this.network.connector();
    const connection = await connector.serve(connectRequest({ target: parseAddress(options.to ?? PROXY) }));
    const end = new WireEnd(connection.stream, options.reads);
    this.#clientEnds.push(end);
    return end;
  }

  /**
   * Ends everything. Fails if the proxy does not end what it has when its clients go and its pool closes, or if anything else is
   * left: a stream, a listener, a timer.
   */
  async close(): Promise<void> {
    for (const end of this.#clientEnds) end.reset();
    await settle(8);
    this.client.destroy();
    for (const listener of this.#listeners) await listener.close();
    await this.clock.advanceAsync(100); // what is under way arrives
    const left = openResources().filter(({ description }) => description.startsWith(PROXY_HOST));
    for (const end of this.#originEnds) end.stream.destroy();
    await settle(8);
    if (left.length > 0) throw new Error(`the proxy has left open: ${left.map(({ description }) => description)}`);
    if (this.clock.pendingTimers > 0) throw new Error(`${this.clock.pendingTimers} timers are left`);
  }

  #noteAccess(end: TraceEnd<HttpRequest, HttpResponse>): void {
    if (end.outcome !== 'ok') {
      this.access.push({ status: end.outcome, error: end.error });
      return;
    }
    const { status, extensions } = end.output;
    const error = extensions.get(GatewayFailure);
    this.access.push(error === undefined ? { status } : { status, error });
  }
}

/** A server whose connections the test serves by hand. */
export class Origin {
  readonly #accepted: AsyncIterator<{ readonly stream: WireEnd['stream'] }>;
  readonly #onAccept: (end: WireEnd) => void;
  #count = 0;

  constructor(listener: Listener, onAccept: (end: WireEnd) => void) {
    this.#accepted = listener[Symbol.asyncIterator]();
    this.#onAccept = onAccept;
  }

  /** Connections taken so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next connection. */
  async accept(options: { readonly reads?: boolean } = {}): Promise<WireEnd> {
    const { value, done } = await this.#accepted.next();
    if (done === true) throw new Error('the listener has closed');
    this.#count++;
    const end = new WireEnd(value.stream, options.reads);
    this.#onAccept(end);
    return end;
  }
}

/** What the two ends of one exchange have seen. */
export interface Exchange {
  readonly client: WireEnd;
  readonly server: WireEnd;
  /** What the origin has received, up to the end of the head. */
  readonly upstream: string;
  /** What the client has received. */
  readonly downstream: string;
}

/** Sends a request on a connection of its own, and answers it by hand. */
export async function exchange(
  world: World,
  request: string,
  response: string = OK,
  origin: Origin = world.origin(),
): Promise<Exchange> {
  const client = await world.connect();
  client.send(request);
  const server = await origin.accept();
  const upstream = await server.receiveHead();
  server.send(response);
  return { client, server, upstream, downstream: await client.take() };
}

/** The smallest answer. */
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A response without what changes from run to run. */
export function withoutDate(response: string): string {
  return response.replace(/Date: [^\r]*\r\n/g, '');
}

const PROXY = 'proxy.test:8080';
const PROXY_HOST = '192.0.2.9';
