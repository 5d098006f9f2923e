import type { HttpClient } from '@lamella/http';
import { createHttpClient, HttpBody, HttpRequest } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import type { ByteStream, Connection, Connector } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle, isLamellaError, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { CertificateAuthority } from '@lamella/tls';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { exchangeOrigin } from './exchanges.ts';
import type { Fault } from './faulty-stream.ts';
import { BROKEN_OFF } from './faulty-stream.ts';
import type { HttpVersion } from './http-version.ts';
import { protocolOf } from './http-version.ts';
import { RecordTap } from './record-tap.ts';

/** Which end breaks its connection off, below TLS. */
export type TlsFaultyEnd = 'client' | 'server';

/** Bytes of TLS that one end has seen in one direction: where its records begin, and where the last one ends. */
export type RecordBounds = Readonly<Record<Fault['direction'], readonly number[]>>;

/** Where a request by TLS is sent with a fault below. */
export class TlsFaultStage {
  readonly clock: FakeClock = new FakeClock({ epochMs: Date.now() }); // OpenSSL looks at dates by the real time
  /** What the server had to say. */
  readonly errors: unknown[] = [];
  readonly #version: HttpVersion;
  readonly #authority: CertificateAuthority;
  readonly #network = memoryNetwork({ clock: this.clock });
  readonly #lifecycle: Lifecycle = createLifecycle({ clock: this.clock });
  readonly #bystander: HttpClient;
  #atServer: Change = unchanged;
  #serving = 0;
  #isBeside = false;

  private constructor(version: HttpVersion, authority: CertificateAuthority, certificates: CertificatesOf) {
    this.#version = version;
    this.#authority = authority;
    const shared = { clock: this.clock, lifecycle: this.#lifecycle };
    const onError = (error: unknown): void => void this.errors.push(error);
    const secured = tlsAcceptLayer({ certificates, alpn: [ALPN[version]], ...shared });
    const server = stack(secured, autoServerLayer({ ...shared, onError }), exchangeOrigin);
    const counted = {
      serve: async (connection: Connection): Promise<void> => {
        const counts = this.#isBeside ? 0 : 1;
        this.#serving += counts;
        await server.serve(this.#atServer(connection)).finally(() => (this.#serving -= counts));
      },
    };
    void serveListener(this.#network.listen('origin.test:443'), counted, { lifecycle: this.#lifecycle, onError });
    this.#bystander = this.#client(unchanged);
  }

  /** Opens a stage. */
  static async open(version: HttpVersion): Promise<TlsFaultStage> {
    made ??= makeCertificates();
    const { authority, certificates } = await made;
    return new TlsFaultStage(version, authority, certificates);
  }

  /** Connections that the server has, but for that of the bystander. */
  get serving(): number {
    return this.#serving;
  }

  /** Sends a request without a fault. @returns Where the records of TLS are, as one end sees them. */
  async measure(end: TlsFaultyEnd): Promise<RecordBounds> {
    const taps: RecordTap[] = [];
    const outcome = await this.#converse(end, (stream) => {
      const tap = new RecordTap(stream);
      taps.push(tap);
      return tap;
    });
    const [tap] = taps;
    if (outcome !== EXPECTED || tap === undefined)
      throw new Error(`without a fault, the request ended with ${outcome}`);
    return { in: tap.boundsIn, out: tap.boundsOut };
  }

  /** Sends a request, and changes every connection of one end below TLS. @returns How it ended, in one word. */
  async run(end: TlsFaultyEnd, change: (stream: ByteStream) => ByteStream): Promise<string> {
    try {
      const outcome = await this.#converse(end, change);
      return outcome === EXPECTED ? 'complete' : outcome;
    } catch (error) {
      if (error === BROKEN_OFF) return 'its own reason';
      return isLamellaError(error) ? error.code : `untyped: ${String(error)}`;
    }
  }

  /** Somebody else asks, on a connection of their own. @throws What went wrong, if anything did. */
  async askBeside(): Promise<void> {
    const request = HttpRequest.from({ target: 'https://origin.test/beside' });
    this.#isBeside = true;
    const response = await this.#inTime(this.#bystander.serve(request).then(({ body }) => body.text()));
    this.#isBeside = false;
    if (response !== 'GET /beside: ') throw new Error(`the bystander got ${response}`);
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#bystander.destroy();
    const drained = this.#lifecycle.drain({ graceMs: 0 });
    await settle(20);
    await this.clock.advanceAsync(5_000);
    await drained;
  }

  async #converse(end: TlsFaultyEnd, change: (stream: ByteStream) => ByteStream): Promise<string> {
    const changed: Change = (connection) => connection.withStream(change(connection.stream));
    this.#atServer = end === 'server' ? changed : unchanged;
    const client = this.#client(end === 'client' ? changed : unchanged);
    try {
      return await this.#inTime(ask(client));
    } finally {
      client.destroy();
      this.#atServer = unchanged;
      await this.#inTime(Promise.resolve(), () => this.serving === 0);
    }
  }

  #client(change: Change): HttpClient {
    const { clock } = this;
    const inner = this.#network.connector();
    const connector: Connector = { serve: async (request) => change(await inner.serve(request)) };
    const secured = tlsConnectLayer({ roots: this.#authority.cert, maxSessions: 0, clock })(connector);
    return createHttpClient({ connector: secured, protocols: [protocolOf(this.#version)], clock });
  }

  /** OpenSSL takes some turns of the event loop for each flight; what waits for a deadline gets it. @throws If nothing would end it. */
  async #inTime<Result>(work: Promise<Result>, isDone?: () => boolean): Promise<Result> {
    let isOver = false;
    const mark = (): void => {
      isOver = true;
    };
    work.then(mark, mark);
    for (;;) {
      for (let turn = 0; turn < MOST_TURNS; turn++) {
        await settle(1);
        if (isOver && isDone?.() !== false) return work;
      }
      const { nextTimerMs } = this.clock;
      if (nextTimerMs === undefined) throw new Error('the request is pending, and nothing is left that would end it');
      await this.clock.advanceAsync(nextTimerMs - this.clock.nowMs());
    }
  }
}

type Change = (connection: Connection) => Connection;
type CertificatesOf = Parameters<typeof tlsAcceptLayer>[0]['certificates'];

function unchanged(connection: Connection): Connection {
  return connection;
}

/** Content in chunks and trailers, both ways. */
async function ask(client: HttpClient): Promise<string> {
  const body = HttpBody.from(['one', ' two']);
  const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'https://origin.test/chunks', body }));
  const text = await response.body.text();
  return response.status === 200 ? text : `${response.status}`;
}

let made: Promise<{ readonly authority: CertificateAuthority; readonly certificates: CertificatesOf }> | undefined;

async function makeCertificates() {
  const authority = await certificateAuthority();
  return { authority, certificates: await authority.issue({ names: ['origin.test'] }) };
}

const EXPECTED = 'one two and back';
const ALPN: Readonly<Record<HttpVersion, string>> = { 'HTTP/1.1': 'http/1.1', 'HTTP/2': 'h2' };
/** What needs no time takes fewer turns. */
const MOST_TURNS = 30;
