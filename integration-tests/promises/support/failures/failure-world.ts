import type { Http1Options, HttpClient, HttpClientOptions, HttpRequestInit } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
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
  /** The code of what is behind it, the last of its causes that is one of ours. Default: nobody looks. */
  readonly because?: string;
  /** Brings it about. */
  readonly induce: (world: FailureWorld) => Promise<unknown>;
}

/** A client, an origin that does what a test says, and a server of ours, in memory. */
export class FailureWorld {
  /** Starts now: OpenSSL looks at the dates of certificates by the real time. */
  readonly clock: FakeClock = new FakeClock({ epochMs: Date.now() });
  readonly network: MemoryNetwork = memoryNetwork({ clock: this.clock });
  /** What the origin does when it has got a head. Default: answer. */
  onRequest: (stream: ByteStream) => void = (stream) => void stream.write([utf8(OK)]);
  readonly #lifecycle: Lifecycle = createLifecycle({ clock: this.clock });
  readonly #ends: (() => void)[] = [];

  constructor() {
    const listener = this.network.listen('origin.test:80');
    this.#ends.push(() => void listener.close());
    void (async () => {
      for await (const { stream } of listener) this.play(stream);
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

  /** Plays the origin on a connection. */
  play(stream: ByteStream): void {
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

  /** Has a bare connection. */
  connect(target: string, signal?: AbortSignal): Promise<Connection> {
    const request = connectRequest({ target: parseAddress(target), ...(signal && { signal }) });
    return this.network.connector().serve(request);
  }

  /**
   * Has a server of ours, of both versions, read the body of a request that comes as `bytes`.
   *
   * @returns What its reader gets.
   */
  readAtServer(bytes: string | Uint8Array, then?: (stream: ByteStream) => void): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const service = serviceFn(async (request: HttpRequest) => {
      request.body.text({ maxBytes: 100 }).then(resolve, reject);
      await promise.catch(() => {});
      return HttpResponse.text('read');
    });
    const { clock } = this;
    const server = autoServerLayer({ clock, onError() {} })(service);
    void serveListener(this.network.listen('server.test:80'), server, { lifecycle: this.#lifecycle });
    void this.connect('server.test:80').then(async ({ stream }) => {
      this.#ends.push(() => stream.destroy());
      void stream.write([typeof bytes === 'string' ? utf8(bytes) : bytes]);
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
    for (;;) {
      // OpenSSL takes some turns of the event loop for each flight of a handshake.
      for (let turn = 0; turn < 50 && outcome === undefined; turn++) await settle(1);
      const { nextTimerMs } = this.clock;
      if (outcome !== undefined || nextTimerMs === undefined) break;
      await this.clock.advanceAsync(nextTimerMs - this.clock.nowMs());
    }
    return outcome === undefined ? 'it is pending for ever' : outcome.error;
  }

  /** Has something ended together with everything else. */
  atEnd(end: () => void): void {
    this.#ends.push(end);
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const end of this.#ends) end();
    const drained = this.#lifecycle.drain({ graceMs: 0 });
    await this.clock.advanceAsync(3_000);
    await drained;
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
