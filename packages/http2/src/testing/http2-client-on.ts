import type { HttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { createConnection, LocalAddress, memoryPipe, PeerAddress, parseAddress } from '@lamella/net-core';
import type { Clock, Service } from '@lamella/service-core';
import type { Http2Options } from '../client/http2.ts';
import { http2 } from '../client/http2.ts';
import type { Http2ServerLayerOptions } from '../server/http2-server-layer.ts';
import { http2ServerLayer } from '../server/http2-server-layer.ts';

/** Options of {@link http2ClientOn}. */
export interface Http2ClientOnOptions {
  /** Options of the client's protocol. */
  readonly client?: Http2Options;
  /** Options of the server. */
  readonly server?: Omit<Http2ServerLayerOptions, 'clock'>;
  /** Time of both. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Makes a client whose every connection is served by `service`, in memory, with real HTTP/2 on it.
 *
 * @remarks
 * No socket, no port. Whatever host a request names, it gets here. Close the client at the end of the test.
 *
 * @example
 * const client = http2ClientOn(app);
 * const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
 */
export function http2ClientOn(
  service: Service<HttpRequest, HttpResponse>,
  options: Http2ClientOnOptions = {},
): HttpClient {
  const timing = options.clock === undefined ? {} : { clock: options.clock };
  const server = http2ServerLayer({ ...options.server, ...timing })(service);
  const connector = {
    serve: async (): Promise<Connection> => {
      const [near, far] = memoryPipe(timing);
      void server.serve(addressed(createConnection(far), '192.0.2.1:49152', '192.0.2.2:80'));
      return addressed(createConnection(near), '192.0.2.2:80', '192.0.2.1:49152');
    },
  };
  return createHttpClient({ connector, protocols: [http2(options.client)], ...timing });
}

function addressed(connection: Connection, peer: string, local: string): Connection {
  connection.extensions.insert(PeerAddress, parseAddress(peer));
  connection.extensions.insert(LocalAddress, parseAddress(local));
  return connection;
}
