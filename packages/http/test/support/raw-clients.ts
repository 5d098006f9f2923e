import { expect } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../src/index.ts';
import type { RawClient, RawClientOptions } from './raw-client.ts';
import { rawClient } from './raw-client.ts';

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** Start of a response in chunks. */
export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Opens a connection to a service. */
export type OpenRawClient = (
  serve: (request: HttpRequest) => Promise<HttpResponse>,
  options?: RawClientOptions,
) => RawClient;

/** Makes raw clients; when the test is over they are destroyed, and must leave no timer behind. */
export function rawClients(hooks: { readonly afterEach: (run: () => Promise<void>) => void }): OpenRawClient {
  const opened: RawClient[] = [];
  hooks.afterEach(async () => {
    for (const client of opened.splice(0)) {
      client.stream.destroy(new Error('the test is over'));
      await client.served;
      expect(client.clock.pendingTimers).toBe(0);
    }
  });
  return (serve, options = {}) => {
    const client = rawClient({ serve }, options);
    opened.push(client);
    return client;
  };
}
