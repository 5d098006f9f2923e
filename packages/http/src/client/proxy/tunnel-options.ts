import type { Connector, Resolver } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { ProxyServer } from './proxy-server.ts';

/** How tunnels through a proxy come about. */
export interface HttpProxyOptions {
  /** Longest wait for the answer to CONNECT, in milliseconds, greater than 0. Default 10_000. */
  readonly handshakeTimeoutMs?: number;
  /** Longest head of an answer to CONNECT, in bytes, at least 64. Default 16_384. */
  readonly maxHeadBytes?: number;
  /** Finds the addresses of targets here, so that the proxy gets an IP address. Default: the proxy looks names up. */
  readonly resolver?: Resolver;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** The same, for a proxy that is parsed already. */
export interface TunnelOptions extends Required<Omit<HttpProxyOptions, 'resolver'>> {
  readonly server: ProxyServer;
  readonly connector: Connector;
  readonly resolver: Resolver | undefined;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullProxyOptions(options: HttpProxyOptions): Omit<TunnelOptions, 'server' | 'connector'> {
  const { handshakeTimeoutMs = 10_000, maxHeadBytes = 16_384, resolver, clock = systemClock } = options;
  if (!(handshakeTimeoutMs > 0)) throw new UsageError(`handshakeTimeoutMs must be > 0, got ${handshakeTimeoutMs}`);
  if (!(maxHeadBytes >= 64)) throw new UsageError(`maxHeadBytes must be >= 64, got ${maxHeadBytes}`);
  return { handshakeTimeoutMs, maxHeadBytes, resolver, clock };
}
