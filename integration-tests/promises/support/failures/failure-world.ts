import type {
  Http1Options,
  HttpClient,
  HttpClientOptions,
  HttpRequestInit,
  HttpServerLayerOptions,
} from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import type { ByteStream, Connection, MemoryNetwork } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { text, utf8 } from '@lamella/net-core/testing';
import { happyEyeballsConnector } from '@lamella/net-tcp';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';

/** One way in which a call fails, and what is known of it then. */
export interface Failure {
  readonly name: string;
  readonly code: string;
  readonly layer: string | undefined;
  readonly phase: string | undefined;
  readonly retryable: boolean | undefined;
  /** What the message says: the target at least. */
  readonly tells: string;
  /** Brings it about. */
  readonly induce: (world: FailureWorld) => Promise<unknown>;
}

/** A client, an origin that does what a test says, and a server of ours, in memory. */
export class FailureWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork = memoryNetwork({ clock: this.clock });
  /** What the origin does when it has got a head. Default: answer. */
  onRequest: (stream: ByteStream) => void = (stream) => void stream.write([utf8(OK)]);
  readonly #lifecycle: Lifecycle = createLifecycle({ clock: this.clock });
  readonly #ends: (() => void)[] = [];

  constructor() {
    const listener = this.network.listen('origin.test:80');
    this.#ends.push(() => void listener.close());
    void (async () => {
      for await (const { stream } of listener) this.#serve(stream);
    })();
  }

  /** Makes a client. */
  client(options: Partial<HttpClientOptions> = {}, protocol: Http1Options = {}): HttpClient {
    const { clock, network } = this;
    const connector = network.connector();
    const client = createHttpClient({ connector, protocols: [http1(protocol)], clock, ...options });
    this.#ends.push(() => client.destroy());
    return client;
  }

  /** Makes a client that looks names up. */
  clientWithNames(): HttpClient {
    const { clock, network } = this;
    return this.client({
      connector: happyEyeballsConnector({ resolver: network.resolver, connector: network.connector(), clock }),
    });
  }

  /** Makes a GET for the origin. */
  request(): HttpRequest {
    return HttpRequest.from({ target: 'http://origin.test/' });
  }

  /** Sends a request to the origin, and reads the whole response. */
  async ask(init: Partial<HttpRequestInit> = {}, client: HttpClient = this.client()): Promise<string> {
    return (await client.serve(HttpRequest.from({ target: 'http://origin.test/', ...init }))).body.text();
  }

  /** Sends a request on a connection that has been used before. */
  async askAgain(init: Partial<HttpRequestInit>, onRequest: FailureWorld['onRequest']): Promise<string> {
    const client = this.client();
    await this.ask({}, client);
    this.onRequest = onRequest;
    return this.ask(init, client);
  }

  /** Has a bare connection. */
  connect(target: string, signal?: AbortSignal): Promise<Connection> {
    const request = connectRequest({ target: parseAddress(target), ...(signal && { signal }) });
    return this.network.connector().serve(request);
  }

  /**
   * Has a server of ours read the body of a request that comes as `bytes`.
   *
   * @returns What its reader gets.
   */
  readAtServer(
    bytes: string,
    then?: (stream: ByteStream) => void,
    options: HttpServerLayerOptions = {},
  ): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const service = serviceFn(async (request: HttpRequest) => {
      request.body.text({ maxBytes: 100 }).then(resolve, reject);
      await promise.catch(() => {});
      return HttpResponse.text('read');
    });
    const { clock } = this;
    const server = httpServerLayer({ clock, onError() {}, ...options })(service);
    void serveListener(this.network.listen('server.test:80'), server, { lifecycle: this.#lifecycle });
    void this.connect('server.test:80').then(async ({ stream }) => {
      this.#ends.push(() => stream.destroy());
      void stream.write([utf8(bytes)]);
      await settle();
      then?.(stream);
    });
    return promise;
  }

  /** Waits for the end of what was induced, and gives it the time that it needs. @returns What it failed with. */
  async failureOf(work: Promise<unknown>): Promise<unknown> {
    let outcome: { readonly error: unknown } | undefined;
    work.then(
      (value) => {
        outcome = { error: `it did not fail, but gave ${String(value)}` };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    await settle(8);
    while (outcome === undefined && this.clock.nextTimerMs !== undefined) {
      await this.clock.advanceAsync(this.clock.nextTimerMs - this.clock.nowMs());
    }
    return outcome === undefined ? 'it is pending for ever' : outcome.error;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const end of this.#ends) end();
    const drained = this.#lifecycle.drain({ graceMs: 0 });
    await this.clock.advanceAsync(3_000);
    await drained;
  }

  #serve(stream: ByteStream): void {
    this.#ends.push(() => stream.destroy());
    let received = '';
    stream.consume?.({
      onBytes: (chunk) => {
        received += text(chunk);
        if (received.includes('\r\n\r\n')) {
          received = '';
          this.onRequest(stream);
        }
        return undefined;
      },
      onEnd: () => stream.destroy(),
    });
  }
}

/** Answers with `bytes`. */
export function answer(bytes: string): (stream: ByteStream) => void {
  return (stream) => void stream.write([utf8(bytes)]);
}

/** Answers with `bytes`, then resets the connection or ends it. */
export function breakOff(bytes: string, how: 'reset' | 'end' = 'reset'): (stream: ByteStream) => void {
  return (stream) => {
    void stream.write([utf8(bytes)]);
    // The bytes arrive first.
    setImmediate(() => stream.destroy(how === 'reset' ? new Error('broken off') : undefined));
  };
}

/** Says nothing. */
export function silence(): void {}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
