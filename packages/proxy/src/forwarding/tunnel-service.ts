import type { HttpRequest } from '@lamella/http';
import type { Connection, RelayOptions, RelayOutcome } from '@lamella/net-core';
import { relay } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';

/** What a tunnel needs. */
export interface TunnelOptions {
  readonly relay: RelayOptions;
  readonly onRelayEnd: (outcome: RelayOutcome, request: HttpRequest) => void;
}

/** Joins the connection that it serves with `egress`, to the end of both. */
export function tunnelService(
  egress: Connection,
  request: HttpRequest,
  options: TunnelOptions,
): Service<Connection, void> {
  return {
    async serve(connection) {
      const outcome = await relay(connection.stream, egress.stream, { ...options.relay, scope: connection.scope });
      options.onRelayEnd(outcome, request);
    },
  };
}
