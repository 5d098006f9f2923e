import type { HttpRequest } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { relay } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import type { Forwarding } from './forwarding-options.ts';
import type { UpgradeJoin } from './upgrade-relay.ts';

/** Joins the connection that it serves with `egress`, to the end of both. @param join - How. Default: byte by byte. */
export function tunnelService(
  egress: Connection,
  request: HttpRequest,
  { relay: options, onRelayEnd }: Pick<Forwarding, 'relay' | 'onRelayEnd'>,
  join: UpgradeJoin = (downstream, upstream, how) => relay(downstream.stream, upstream.stream, how),
): Service<Connection, void> {
  return {
    async serve(connection) {
      onRelayEnd(await join(connection, egress, { ...options, scope: connection.scope }), request);
    },
  };
}
