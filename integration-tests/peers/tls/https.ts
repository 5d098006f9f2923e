import type { HttpClientOptions, HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer } from '@lamella/http';
import type { Connector, Listener } from '@lamella/net-core';
import { AlpnSelected, serveListener, TlsSession } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import type { TlsAcceptOptions, TlsConnectOptions } from '@lamella/tls';
import { PeerCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { onTestFinished } from 'vitest';

/** A server that tells each client what it knows of its connection. */
export interface HttpsServer {
  readonly listener: Listener;
  readonly port: number;
  /** Why connections have failed. */
  readonly failures: readonly unknown[];
}

/** What the server tells. */
export interface Told {
  readonly version: string | undefined;
  readonly isResumed: boolean | undefined;
  readonly alpn: string | undefined;
  readonly client: string | undefined;
}

/** Starts an HTTPS server; it ends with the test. */
export async function serveHttps(accept: TlsAcceptOptions, listener?: Listener): Promise<HttpsServer> {
  const lifecycle = createLifecycle();
  const failures: unknown[] = [];
  const listening = listener ?? (await listenTcp());
  const server = stack(
    tlsAcceptLayer(accept),
    httpServerLayer({ lifecycle }),
    serviceFn(async ({ extensions }: HttpRequest) => {
      const session = extensions.get(TlsSession);
      return HttpResponse.json({
        version: session?.version,
        isResumed: session?.isResumed,
        alpn: extensions.get(AlpnSelected),
        client: extensions.get(PeerCertificate)?.subject,
      } satisfies Told);
    }),
  );
  const serving = serveListener(listening, server, { lifecycle, onError: (error) => failures.push(error) });
  onTestFinished(async () => {
    await lifecycle.drain({ graceMs: 0 });
    await serving;
  });
  const { address } = listening;
  return { listener: listening, port: address.type === 'tcp' ? address.port : 0, failures };
}

/** A client that speaks `https:`; it ends with the test. */
export function httpsClient(
  connector: Connector,
  options: TlsConnectOptions,
  rest: Partial<HttpClientOptions> = {},
): ReturnType<typeof createHttpClient> {
  const client = createHttpClient({ connector, tls: tlsConnectLayer(options), ...rest });
  onTestFinished(() => client.destroy());
  return client;
}
