import type { Host } from '@lamella/net-core';
import { parseHost } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import type { SocketListener, SocketListenerOptions } from './server-listener.ts';
import { openListener } from './server-listener.ts';

/** Options of {@link listenTcp}. */
export interface ListenTcpOptions extends SocketListenerOptions {
  /** Address or name to listen on. Default `127.0.0.1`: a server is open to others only if told so. */
  readonly host?: string | Host;
  /** 0 to 65535; 0 takes a free one. Default 0. */
  readonly port?: number;
  /** Shares the port with other processes that ask for the same; the kernel spreads connections. Default false. */
  readonly reusePort?: boolean;
  /** Takes IPv6 only, on `::`, instead of IPv4 as well. Default false. */
  readonly ipv6Only?: boolean;
}

/**
 * Listens on a TCP port. Every accepted connection has TCP_NODELAY and keep-alive on.
 *
 * @remarks
 * Workers of `node:cluster` share the port. One that goes closes its listener and calls `cluster.worker.disconnect()`, which waits for
 * connections that the primary is handing over; with `process.disconnect()` or `process.exit()` such a connection would hang.
 *
 * @throws ListenError saying what is in the way and what to do; UsageError if an option is out of its range; AddressError if `host`
 * is none.
 *
 * @example
 * const listener = await listenTcp({ port: 8080 });
 * await serveListener(listener, httpServerLayer()(app)); // until listener.close()
 */
export async function listenTcp(options: ListenTcpOptions = {}): Promise<SocketListener> {
  const { port = 0, reusePort = false, ipv6Only = false } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new UsageError(`port must be 0 to 65535, got ${port}`);
  }
  const host = typeof options.host === 'object' ? options.host : parseHost(options.host ?? '127.0.0.1');
  const listen = { host: host.toString(), port, ipv6Only, ...(reusePort ? { reusePort } : {}) };
  return openListener(listen, { type: 'tcp', host, port }, options);
}
