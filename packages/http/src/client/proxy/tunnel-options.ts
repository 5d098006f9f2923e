import type { Resolver } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { HttpProtocol } from '../http-connection.ts';
import type { ProxyServer } from './proxy-server.ts';

/** How tunnels through a proxy come about. */
export interface HttpProxyOptions {
  /** Longest wait for the answer to CONNECT, in milliseconds, greater than 0. Default 10_000. */
  readonly handshakeTimeoutMs?: number;
  /** Longest head of an answer to CONNECT, in bytes, at least 64; where `protocols` are given, these say it. Default 16_384. */
  readonly maxHeadBytes?: number;
  /** Finds the addresses of targets here, so that the proxy gets an IP address. Default: the proxy looks names up. */
  readonly resolver?: Resolver;
  /**
   * Protocols to speak with proxies for tunnels, the preferred one first, at least one. A proxy of `https` chooses one of them (ALPN); in
   * clear HTTP/1.1 is spoken if it is one of them, else the first one. By HTTP/2 tunnels share connections, which are kept. Only those who
   * are given the very same values share any. Default: HTTP/1.1, and a connection for each tunnel.
   */
  readonly protocols?: readonly HttpProtocol[];
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** The same, complete. */
export interface FullProxyOptions extends Required<Omit<HttpProxyOptions, 'resolver' | 'protocols'>> {
  readonly resolver: Resolver | undefined;
  /** `undefined`: HTTP/1.1, and a connection for each tunnel. */
  readonly protocols: readonly HttpProtocol[] | undefined;
}

/** What there is to know for tunnels through one proxy. */
export interface TunnelOptions extends Omit<FullProxyOptions, 'protocols'> {
  readonly server: ProxyServer;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullProxyOptions(options: HttpProxyOptions): FullProxyOptions {
  const { handshakeTimeoutMs = 10_000, maxHeadBytes = 16_384, resolver, protocols, clock = systemClock } = options;
  if (!(handshakeTimeoutMs > 0)) throw new UsageError(`handshakeTimeoutMs must be > 0, got ${handshakeTimeoutMs}`);
  if (!(maxHeadBytes >= 64)) throw new UsageError(`maxHeadBytes must be >= 64, got ${maxHeadBytes}`);
  if (protocols?.length === 0) throw new UsageError('protocols must name at least one protocol, such as http1()');
  return { handshakeTimeoutMs, maxHeadBytes, resolver, protocols, clock };
}
