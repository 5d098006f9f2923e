import type { HttpHeaders, HttpRequest } from '@lamella/http';
import type { Connection, RelayOptions, RelayOutcome } from '@lamella/net-core';

/** Takes over the upgraded connections of a protocol, which a proxy otherwise passes on byte by byte. */
export interface UpgradeRelay {
  /**
   * Looks at a request for an upgrade that is about to go on.
   *
   * @param request - As it came in.
   * @param headers - Fields as they go on, to be changed at will.
   * @returns What joins the two connections once the next server has accepted; `undefined` to pass bytes on.
   */
  readonly prepare: (request: HttpRequest, headers: HttpHeaders) => UpgradeJoin | undefined;
}

/** Joins an upgraded connection with the one to the next server, to the end of both. Never rejects. */
export type UpgradeJoin = (
  downstream: Connection,
  upstream: Connection,
  options: RelayOptions,
) => Promise<RelayOutcome>;
