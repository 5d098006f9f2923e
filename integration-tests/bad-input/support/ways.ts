import type { HttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { onTestFinished } from 'vitest';

/** Ways from a client to a server: what is said of bad input holds on each of them. */
export const WAYS = ['HTTP/1.1', 'HTTP/2', 'HTTP/1.1 by TLS', 'HTTP/2 by TLS'] as const;

/** One of them. */
export type Way = (typeof WAYS)[number];

/** A client of ours, and a server of ours behind it. */
export interface OpenWay {
  readonly client: HttpClient;
  /** `http://app.test` or `https://app.test`. */
  readonly url: string;
  /** `ws://app.test` or `wss://app.test`. */
  readonly socketUrl: string;
  /** What reached the server as an error. */
  readonly errors: readonly unknown[];
}

/** Serves in memory, on the same layers as on sockets, until the test is over. */
export async function openWay(way: Way, service: Service<HttpRequest, HttpResponse>): Promise<OpenWay> {
  const [secure, byHttp2] = [way.endsWith('TLS'), way.startsWith('HTTP/2')];
  const { certificate, roots } = await credentials();
  const network = memoryNetwork();
  const lifecycle = createLifecycle();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const http = stack(autoServerLayer({ lifecycle, onError }), service);
  const server = secure ? tlsAcceptLayer({ certificates: certificate, alpn: ['h2', 'http/1.1'] })(http) : http;
  const address = secure ? 'app.test:443' : 'app.test:80';
  const served = serveListener(network.listen(address), server, { lifecycle, onError });
  const tls = secure ? { tls: tlsConnectLayer({ roots }) } : {};
  const client = createHttpClient({ connector: network.connector(), protocols: [byHttp2 ? http2() : http1()], ...tls });
  onTestFinished(async () => {
    client.destroy();
    await lifecycle.drain({ graceMs: 0 });
    await served;
  });
  return {
    client,
    url: `${secure ? 'https' : 'http'}://app.test`,
    socketUrl: `${secure ? 'wss' : 'ws'}://app.test`,
    errors,
  };
}

let made: ReturnType<typeof makeCredentials> | undefined;

/** One authority for all tests of a file: keys take a while to make. */
function credentials(): ReturnType<typeof makeCredentials> {
  made ??= makeCredentials();
  return made;
}

async function makeCredentials() {
  const authority = await certificateAuthority({ subject: { commonName: 'Tests of bad input' } });
  return { certificate: await authority.issue({ names: ['app.test'] }), roots: authority.cert };
}
