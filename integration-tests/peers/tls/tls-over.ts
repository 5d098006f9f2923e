import type { Connection, Connector, Listener } from '@lamella/net-core';
import { connectRequest } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import type { TlsAcceptOptions, TlsConnectOptions } from '@lamella/tls';
import { tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

/** Options of {@link tlsOver}. */
export interface TlsOverOptions {
  readonly accept: TlsAcceptOptions;
  readonly connect: TlsConnectOptions;
  readonly connector?: Connector;
}

/** Opens a connection to a listener with TLS on both ends. @returns Both ends. */
export async function tlsOver(
  listener: Listener,
  { accept, connect, connector = tcpConnector() }: TlsOverOptions,
): Promise<readonly [near: Connection, far: Connection]> {
  const secured = Promise.withResolvers<Connection>();
  const server = tlsAcceptLayer(accept)({ serve: async (connection) => secured.resolve(connection) });
  const serving = (async () => {
    for await (const connection of listener) return server.serve(connection);
  })();
  serving.catch(secured.reject);
  const request = connectRequest({ target: listener.address, secure: true, serverName: 'localhost' });
  const near = await tlsConnectLayer(connect)(connector).serve(request);
  return [near, await secured.promise];
}
