import type { HttpRequest } from '@lamella/http';
import type { Connection, RelayOutcome } from '@lamella/net-core';
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
      let outcome: RelayOutcome;
      try {
        outcome = await join(connection, egress, { ...options, scope: connection.scope });
      } catch (error) {
        egress[Symbol.dispose](); // a relay of somebody else may break its word; the server closes the other side
        throw error;
      }
      onRelayEnd(outcome, request);
    },
  };
}
