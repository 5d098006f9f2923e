import type { HttpRequest } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { relay } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import type { Forwarding } from './forwarding-options.ts';

/** Joins the connection that it serves with `egress`, to the end of both. */
export function tunnelService(
  egress: Connection,
  request: HttpRequest,
  { relay: options, onRelayEnd }: Pick<Forwarding, 'relay' | 'onRelayEnd'>,
): Service<Connection, void> {
  return {
    async serve(connection) {
      onRelayEnd(await relay(connection.stream, egress.stream, { ...options, scope: connection.scope }), request);
    },
  };
}
