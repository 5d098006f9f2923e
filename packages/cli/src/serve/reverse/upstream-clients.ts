import type { ConnectorLayer, HttpClient, HttpProtocol, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { http2 } from '@lamella/http2';
import type { Connector } from '@lamella/net-core';
import type { Lifecycle, Service } from '@lamella/service-core';
import type { ServerTelemetry } from '../telemetry/server-telemetry.ts';
import { noTelemetry } from '../telemetry/server-telemetry.ts';

/** What clients of upstreams have in common. */
export interface UpstreamClientsInit {
  readonly connector: Connector;
  /** For upstreams with `https:`. */
  readonly tls: ConnectorLayer;
  readonly lifecycle: Lifecycle;
  /** Longest wait for a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Layers that record requests and connections. Default: nothing is recorded. */
  readonly telemetry?: Pick<ServerTelemetry, 'client' | 'connector'>;
}

/**
 * Clients for upstreams: `https:` agrees by ALPN on HTTP/2 or HTTP/1.1, `http:` is HTTP/1.1, and `h2c:` is HTTP/2 in clear, which the
 * upstream has to be known to speak.
 */
export class UpstreamClients {
  /** For `http:` and `https:`. */
  readonly usual: Service<HttpRequest, HttpResponse>;
  readonly #own: HttpClient[] = [];
  readonly #init: UpstreamClientsInit;
  #priorKnowledge: Service<HttpRequest, HttpResponse> | undefined;

  constructor(init: UpstreamClientsInit) {
    this.#init = init;
    this.usual = this.#client([http2(), http1()]);
  }

  /** A client for requests to some upstreams, given as they were typed. */
  for(urls: readonly string[]): Service<HttpRequest, HttpResponse> {
    const known = new Set(urls.filter(isH2c).map((url) => new URL(toHttpUrl(url)).host));
    if (known.size === 0) return this.usual;
    this.#priorKnowledge ??= this.#client([http2()]);
    const { usual } = this;
    const byHttp2 = this.#priorKnowledge;
    return {
      serve(request) {
        const { scheme, authority = '' } = request.parsedTarget;
        const isKnown = scheme === 'http' && known.has(new URL(`http://${authority}`).host);
        return (isKnown ? byHttp2 : usual).serve(request);
      },
    };
  }

  /** Takes no more requests; those under way finish. */
  async close(): Promise<void> {
    await Promise.all(this.#own.map((client) => client.close()));
  }

  #client(protocols: readonly HttpProtocol[]): Service<HttpRequest, HttpResponse> {
    const { connector, telemetry = noTelemetry } = this.#init;
    const client = clientOf({ ...this.#init, connector: telemetry.connector(connector) }, protocols);
    this.#own.push(client);
    return telemetry.client(client);
  }
}

/** What targets of requests to an upstream say. */
export function toHttpUrl(url: string): string {
  return url.replace(H2C, 'http://');
}

function isH2c(url: string): boolean {
  return H2C.test(url);
}

function clientOf(
  { connector, tls, lifecycle, connectTimeoutMs }: UpstreamClientsInit,
  protocols: readonly HttpProtocol[],
): HttpClient {
  return createHttpClient({
    connector,
    tls,
    protocols,
    lifecycle,
    // Connecting is a part of waiting for a connection: that may not end first.
    acquireTimeoutMs: connectTimeoutMs + 20_000,
  });
}

const H2C = /^h2c:\/\//i;
