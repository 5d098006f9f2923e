import type { Address, Connection, Connector, RelayOutcome } from '@lamella/net-core';
import { connectRequest, relay } from '@lamella/net-core';
import type { Lifecycle, Service } from '@lamella/service-core';

/** What {@link stunnelService} needs. */
export interface StunnelInit {
  /** Where every connection goes on to. */
  readonly target: Address;
  /** Whether the connector shall speak TLS there. */
  readonly secure: boolean;
  /** Name to ask for. Default: the host of the target. */
  readonly serverName?: string | undefined;
  readonly connector: Connector;
  /** Longest silence, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly lifecycle: Lifecycle;
  /** Hears how each connection ended. */
  readonly onEnd: (outcome: RelayOutcome, connection: Connection) => void;
}

/** Joins each connection with one of its own to the target, whatever is spoken on them. */
export function stunnelService(init: StunnelInit): Service<Connection, void> {
  const { target, secure, serverName, connector, idleTimeoutMs, lifecycle, onEnd } = init;
  const name = serverName === undefined ? {} : { serverName };
  return {
    async serve(connection) {
      const { stream, scope } = connection;
      const upstream = await connector.serve(connectRequest({ target, secure, scope, ...name }));
      onEnd(await relay(stream, upstream.stream, { idleTimeoutMs, lifecycle, scope }), connection);
    },
  };
}
