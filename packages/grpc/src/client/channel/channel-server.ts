import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { Endpoint } from '@lamella/layers';
import type { Connector, IpAddress } from '@lamella/net-core';

/** One server of a channel: a client whose connections all go to one address. */
export interface ChannelServer {
  readonly endpoint: Endpoint<HttpRequest, HttpResponse>;
  readonly client: HttpClient;
}

/**
 * Makes the client of one address.
 *
 * @remarks
 * Requests keep the name that they are for, as does TLS: only the way is another.
 *
 * @param onNews - Hears of everything that can mean that the addresses of the name have changed: a connect that failed, one beyond the first,
 * such as after a GOAWAY, and the end of a connection.
 */
export function channelServer(
  host: IpAddress,
  port: number,
  options: HttpClientOptions,
  onNews: () => void,
): ChannelServer {
  let hasDialled = false;
  const connector: Connector = {
    async serve(request) {
      if (hasDialled) onNews();
      hasDialled = true;
      try {
        const connection = await options.connector.serve(request.withTarget({ type: 'tcp', host, port }));
        void connection.stream.closed.then(onNews);
        return connection;
      } catch (error) {
        if (!request.scope.aborted) onNews();
        throw error;
      }
    },
  };
  const client = createHttpClient({ ...options, connector });
  return { client, endpoint: { id: String(host), service: client } };
}
