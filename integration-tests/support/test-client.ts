import type { Http1Options, HttpClient, HttpClientOptions } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { tcpConnector } from '@lamella/net-tcp';
import { onTestFinished } from 'vitest';

/** A client of ours over TCP, closed when the test is over. */
export function testClient(options: Partial<HttpClientOptions> & { readonly http1?: Http1Options } = {}): HttpClient {
  const { http1: http1Options, ...rest } = options;
  const client = createHttpClient({ connector: tcpConnector(), protocols: [http1(http1Options)], ...rest });
  onTestFinished(() => client.destroy());
  return client;
}
