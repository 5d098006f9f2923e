import type { Connection, Connector, ConnectRequest, Resolver } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { systemResolver } from '../resolve/system-resolver.ts';
import type { HappyEyeballsOptions } from './happy-eyeballs-connector.ts';
import { happyEyeballsConnector } from './happy-eyeballs-connector.ts';
import type { SocketConnectorOptions } from './socket-connector.ts';
import { socketConnector } from './socket-connector.ts';

/** Options of {@link tcpConnector}. */
export interface TcpConnectorOptions
  extends SocketConnectorOptions,
    Omit<HappyEyeballsOptions, 'resolver' | 'connector' | 'clock'> {
  /** Finds the addresses of names. Default: {@link systemResolver}. */
  readonly resolver?: Resolver;
  /** Stands between looking up and dialling, around each attempt; see `egressPolicyLayer`. Default: none, all may be dialled. */
  readonly egress?: Layer<ConnectRequest, Connection>;
}

/**
 * Connects to names, IP addresses and Unix sockets: the connector that most programs want.
 *
 * @example
 * const connection = await tcpConnector().serve(connectRequest({ target: parseAddress('example.com:80') }));
 *
 * @throws UsageError if an option is out of its range; ConnectError when connecting.
 */
export function tcpConnector(options: TcpConnectorOptions = {}): Connector {
  const clock = options.clock === undefined ? {} : { clock: options.clock };
  const { resolver = systemResolver(clock), egress, ...rest } = options;
  const dialling = socketConnector(options);
  return happyEyeballsConnector({ ...rest, resolver, connector: egress === undefined ? dialling : egress(dialling) });
}
