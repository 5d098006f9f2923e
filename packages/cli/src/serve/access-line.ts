import type { HttpExchangeEnd, HttpRequest } from '@lamella/http';
import { grpcStatusOf } from '@lamella/http';
import type { RelayOutcome } from '@lamella/net-core';
import { formatAddress, PeerAddress } from '@lamella/net-core';

/** One line for a request that was answered to the end, or was not. A call of gRPC has its own status behind that of HTTP. */
export function accessLine({ request, response, outcome, durationMs }: HttpExchangeEnd): string {
  const peer = request.extensions.get(PeerAddress);
  const from = peer === undefined ? '-' : formatAddress(peer);
  const parts = [from, request.method, request.target];
  if (response !== undefined) parts.push(String(response.status));
  const status = response && grpcStatusOf(response);
  if (status !== undefined) parts.push(status);
  if (outcome !== 'complete') parts.push(outcome);
  return `${parts.join(' ')} ${durationMs.toFixed(1)}ms`;
}

/** One line for a tunnel or an upgraded connection that has ended. */
export function tunnelLine({ reason, bytesUp, bytesDown, ageMs }: RelayOutcome, { target }: HttpRequest): string {
  return `tunnel ${target} ended by ${reason}: ${bytesUp} bytes up, ${bytesDown} down, ${ageMs.toFixed(1)}ms`;
}
