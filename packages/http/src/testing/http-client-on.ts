import type { Connection } from '@lamella/net-core';
import { createConnection, LocalAddress, memoryPipe, PeerAddress, parseAddress } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { createExtensions } from '@lamella/service-core';
import type { HttpClient } from '../client/http-client.ts';
import { createHttpClient } from '../client/http-client.ts';
import { http1 } from '../client/http1.ts';
import { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import { RequestContext } from '../message/request-context.ts';
import type { HttpServerLayerOptions } from '../server/http-server-layer.ts';
import { httpServerLayer } from '../server/http-server-layer.ts';

/**
 * Makes a client whose every connection is served by `service`, in memory, with real HTTP/1.1 on it.
 *
 * @remarks
 * No socket, no port. Whatever host a request names, it gets here. Close the client at the end of the test.
 *
 * @example
 * const client = httpClientOn(app);
 * const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
 */
export function httpClientOn(
  service: Service<HttpRequest, HttpResponse>,
  options: HttpServerLayerOptions = {},
): HttpClient {
  const server = httpServerLayer(options)(service);
  const connector = {
    serve: async (): Promise<Connection> => {
      const [near, far] = memoryPipe();
      void server.serve(addressed(createConnection(far), '192.0.2.1:49152', '192.0.2.2:80'));
      return addressed(createConnection(near), '192.0.2.2:80', '192.0.2.1:49152');
    },
  };
  const clock = options.clock === undefined ? {} : { clock: options.clock };
  return createHttpClient({ connector, protocols: [http1()], ...clock });
}

/**
 * Makes a client that hands each request to `service` as a server would, without bytes or protocol in between: the fastest way
 * to test what a service answers.
 *
 * @remarks
 * The service sees a path as the target, a Host field, and the addresses of a connection. What only bytes can show (framing,
 * limits, upgrades) needs {@link httpClientOn}.
 */
export function directClientOn(service: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const { authority = 'test', path, query, form } = request.parsedTarget;
      const ingress = createExtensions('connection');
      ingress.insert(PeerAddress, parseAddress('192.0.2.1:49152'));
      ingress.insert(LocalAddress, parseAddress('192.0.2.2:80'));
      ingress.seal();
      const headers = request.headers.clone();
      if (!headers.has('host')) headers.append('Host', authority);
      const origin = `${path === '' ? '/' : path}${query === undefined ? '' : `?${query}`}`;
      return service.serve(
        new HttpRequest({
          method: request.method,
          target: form === 'absolute' ? origin : request.target,
          version: request.version,
          headers,
          body: request.body,
          onInformational: request.onInformational,
          context: new RequestContext({ ingress, parent: request.scope }),
        }),
      );
    },
  };
}

function addressed(connection: Connection, peer: string, local: string): Connection {
  connection.extensions.insert(PeerAddress, parseAddress(peer));
  connection.extensions.insert(LocalAddress, parseAddress(local));
  return connection;
}
