import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { AutoServerLayerOptions, Http2Options } from '@lamella/http2';
import { autoServerLayer, http2 } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { onTestFinished } from 'vitest';
import { serveConnections } from '../../../support/serve-connections.ts';
import type { Credentials } from './credentials.ts';

/** A server of ours that speaks both versions on one port. */
export interface OurServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly authority: string;
  /** Connections that are open, and that have been accepted so far. */
  readonly connections: () => { readonly open: number; readonly accepted: number };
  /** What services, tunnels and connections have failed with. */
  readonly errors: readonly unknown[];
  readonly lifecycle: Lifecycle;
}

/** Serves until the test is over: by TLS with credentials, else in clear. */
export async function serveBoth(
  service: Service<HttpRequest, HttpResponse> | ((request: HttpRequest) => Promise<HttpResponse>),
  credentials: Credentials | undefined,
  options: AutoServerLayerOptions = {},
): Promise<OurServer> {
  const lifecycle = createLifecycle();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const http = stack(
    autoServerLayer({ lifecycle, onError, ...options }),
    typeof service === 'function' ? serviceFn(service) : service,
  );
  const tls =
    credentials === undefined
      ? undefined
      : tlsAcceptLayer({ certificates: credentials.server, alpn: ['h2', 'http/1.1'] });
  let accepted = 0;
  const counted: Service<Connection, void> = {
    serve(connection) {
      accepted++;
      return (tls === undefined ? http : tls(http)).serve(connection);
    },
  };
  const { port, authority, openConnections } = await serveConnections(counted, lifecycle, onError);
  return {
    url: `${credentials === undefined ? 'http' : 'https'}://${authority}`,
    port,
    authority,
    connections: () => ({ open: openConnections(), accepted }),
    errors,
    lifecycle,
  };
}

/** A client of ours that speaks HTTP/2 alone, until the test is over. */
export function http2Client(
  credentials: Credentials | undefined,
  options: Partial<HttpClientOptions> & { readonly http2?: Http2Options } = {},
): HttpClient {
  const { http2: http2Options, ...rest } = options;
  const client = createHttpClient({
    connector: tcpConnector(),
    protocols: [http2(http2Options)],
    ...(credentials === undefined ? {} : { tls: tlsConnectLayer({ roots: credentials.roots }) }),
    ...rest,
  });
  onTestFinished(() => client.destroy());
  return client;
}
