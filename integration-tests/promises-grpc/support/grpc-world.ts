import type {
  DefinedMethods,
  GrpcClient,
  GrpcClientOptions,
  GrpcCodec,
  GrpcHandlers,
  GrpcMethodType,
  GrpcSchema,
} from '@lamella/grpc';
import { defineService, grpcClient, grpcService, implementService, jsonCodec } from '@lamella/grpc';
import type { HttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { Http2Options, Http2ServerLayerOptions } from '@lamella/http2';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection, Listener, MemoryNetwork } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import type { Lifecycle, Service } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';

const TEXT: GrpcCodec<string> = jsonCodec(String);

/** A method that takes texts and gives texts. */
interface TextMethod<Type extends GrpcMethodType> {
  readonly type: Type;
  readonly request: GrpcCodec<string>;
  readonly response: GrpcCodec<string>;
}

/** A service with one method of each kind; all messages are texts. */
export const Words: GrpcSchema<
  DefinedMethods<{
    readonly echo: TextMethod<'unary'>;
    readonly split: TextMethod<'server-streaming'>;
    readonly join: TextMethod<'client-streaming'>;
    readonly chat: TextMethod<'bidi'>;
  }>
> = defineService('world.v1.Words', {
  echo: { type: 'unary', request: TEXT, response: TEXT },
  split: { type: 'server-streaming', request: TEXT, response: TEXT },
  join: { type: 'client-streaming', request: TEXT, response: TEXT },
  chat: { type: 'bidi', request: TEXT, response: TEXT },
});

/** Its handlers. */
export type WordsHandlers = GrpcHandlers<typeof Words.methods>;

/** A client of it. */
export type WordsClient = GrpcClient<typeof Words.methods>;

/** Clients and servers of gRPC on a network in memory, whose time only a test moves. */
export class GrpcWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork = memoryNetwork({ clock: this.clock, maxEvents: 0 });
  readonly #listeners = new Map<string, Listener>();
  readonly #clients: HttpClient[] = [];
  readonly #connections = new Set<Connection>();

  /** Serves on port 80 of a host. @param around - Looks at each request. @param lifecycleOf - Where each connection belongs to. */
  serve(
    host: string,
    handlers: Partial<WordsHandlers>,
    options: Http2ServerLayerOptions = {},
    around: (inner: Service<HttpRequest, HttpResponse>) => Service<HttpRequest, HttpResponse> = (inner) => inner,
    lifecycleOf?: () => Lifecycle,
  ): void {
    const implementation = implementService(Words, { ...ECHOES, ...handlers });
    const service = around(grpcService([implementation], { clock: this.clock, onError() {} }));
    const serverOf = (lifecycle?: Lifecycle) =>
      http2ServerLayer({ clock: this.clock, onError() {}, ...options, ...(lifecycle && { lifecycle }) })(service);
    const server = serverOf();
    this.accept(host, (connection) => (lifecycleOf === undefined ? server : serverOf(lifecycleOf())).serve(connection));
  }

  /** Accepts connections on port 80 of a host. */
  accept(host: string, serve: (connection: Connection) => Promise<void> | void): void {
    const listener = this.network.listen(`${host}:80`);
    this.#listeners.set(host, listener);
    void (async () => {
      for await (const connection of listener) {
        this.#connections.add(connection);
        void connection.stream.closed.then(() => this.#connections.delete(connection));
        void serve(connection);
      }
    })();
  }

  /** Accepts no more connections on a host; those that there are stay. */
  async silence(host: string): Promise<void> {
    const listener = this.#listeners.get(host);
    this.#listeners.delete(host);
    await listener?.close();
  }

  /** An HTTP client. */
  http(options: Http2Options = {}): HttpClient {
    const client = createHttpClient({
      connector: this.network.connector(),
      protocols: [http2(options)],
      clock: this.clock,
    });
    this.#clients.push(client);
    return client;
  }

  /** A client of the service on a host. */
  client(
    host: string,
    options: GrpcClientOptions = {},
    http: Service<HttpRequest, HttpResponse> = this.http(),
  ): WordsClient {
    return grpcClient(http, Words, { url: `http://${host}`, clock: this.clock, random: () => 0.5, ...options });
  }

  /** Moves time in steps, so that what follows from each other does so. */
  async elapse(ms: number, stepMs: number = ms): Promise<void> {
    await settle(8);
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advanceAsync(stepMs);
      await settle(8);
    }
  }

  /** Breaks everything off. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    for (const listener of this.#listeners.values()) await listener.close();
    for (const { stream } of this.#connections) stream.destroy();
    await this.elapse(1_000);
  }
}

/** All messages of a stream. */
export async function all(messages: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const message of messages) found.push(message);
  return found;
}

const ECHOES: WordsHandlers = {
  echo: (text) => text,
  *split(text) {
    yield* text;
  },
  async join(messages) {
    return (await all(messages)).join('');
  },
  async *chat(messages) {
    for await (const text of messages) yield text.toUpperCase();
  },
};
