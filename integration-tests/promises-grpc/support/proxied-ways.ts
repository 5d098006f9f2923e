import { connectClientLayer, connectLayer, grpcWebClientLayer, grpcWebLayer } from '@lamella/grpc';
import type { HttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import type { Connection, Connector } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { reverseProxyService } from '@lamella/proxy';
import type { Layer, Service } from '@lamella/service-core';
import { stack } from '@lamella/service-core';
import type { WordsSchema } from './proxied-words.ts';

type Http = Service<HttpRequest, HttpResponse>;

/** A way from a client to a server, with or without proxies in between. */
export interface ProxiedWay {
  readonly name: string;
  /** How clients speak. */
  readonly client: (schema: WordsSchema) => Layer<HttpRequest, HttpResponse>;
  readonly version: 'h1' | 'h2';
  /** What translates in front of the proxy. */
  readonly layers: readonly Layer<HttpRequest, HttpResponse>[];
  readonly proxies: number;
}

const asItIs: Layer<HttpRequest, HttpResponse> = (inner) => inner;

/** Without a proxy. */
export const direct: ProxiedWay = { name: 'direct', client: () => asItIs, version: 'h2', layers: [], proxies: 0 };

/** Through proxies that know nothing of what is called. */
export const proxiedWays: readonly ProxiedWay[] = [
  { ...direct, name: 'a proxy', proxies: 1 },
  { ...direct, name: 'two proxies', proxies: 2 },
  {
    name: 'gRPC-Web by HTTP/1.1, translated in front of a proxy',
    client: () => grpcWebClientLayer(),
    version: 'h1',
    layers: [grpcWebLayer()],
    proxies: 1,
  },
  {
    name: 'gRPC-Web as text, translated in front of a proxy',
    client: () => grpcWebClientLayer({ isText: true }),
    version: 'h2',
    layers: [grpcWebLayer()],
    proxies: 1,
  },
  {
    name: 'Connect by HTTP/1.1, translated in front of a proxy',
    client: (schema) => connectClientLayer(schema),
    version: 'h1',
    layers: [connectLayer()],
    proxies: 1,
  },
];

/** A way that is open: what a client is given, and the end of it. */
export interface OpenWay {
  readonly service: Http;
  close(): Promise<void>;
}

/** Opens a way. @param accept - Serves connections at its far end. */
export function openWay(way: ProxiedWay, schema: WordsSchema, accept: (connection: Connection) => unknown): OpenWay {
  const clients: HttpClient[] = [];
  const clientTo = (version: 'h1' | 'h2', serve: (connection: Connection) => unknown): HttpClient => {
    const client = createHttpClient({
      connector: pipes(serve),
      protocols: [version === 'h1' ? http1() : http2()],
    });
    clients.push(client);
    return client;
  };
  let serve = accept;
  for (let count = 0; count < way.proxies; count++) {
    const isFirst = count === way.proxies - 1;
    const proxy = reverseProxyService({
      client: clientTo('h2', serve),
      routes: [{ to: 'http://origin.test' }],
      pseudonym: `proxy-${count}`,
    });
    const service: Http = (isFirst ? way.layers : []).reduceRight<Http>((inner, layer) => stack(layer, inner), proxy);
    const server = autoServerLayer({ onError() {} })(service);
    serve = (connection) => server.serve(connection);
  }
  const service = way.client(schema)(clientTo(way.version, serve));
  return {
    service,
    async close() {
      for (const client of clients.reverse()) client.destroy();
    },
  };
}

function pipes(serve: (connection: Connection) => unknown): Connector {
  return {
    serve: async () => {
      const [near, far] = memoryPipe();
      void serve(createConnection(far));
      return createConnection(near);
    },
  };
}
