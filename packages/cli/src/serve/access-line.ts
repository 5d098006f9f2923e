import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { TraceEnd } from '@lamella/layers';
import type { RelayOutcome } from '@lamella/net-core';
import { formatAddress, PeerAddress } from '@lamella/net-core';

/** One line for a request that was answered, or was not. */
export function accessLine(end: TraceEnd<HttpRequest, HttpResponse>): string {
  const { input, durationMs } = end;
  const peer = input.extensions.get(PeerAddress);
  const from = peer === undefined ? '-' : formatAddress(peer);
  const result = end.outcome === 'ok' ? String(end.output.status) : end.outcome;
  return `${from} ${input.method} ${input.target} ${result} ${durationMs.toFixed(1)}ms`;
}

/** One line for a tunnel or an upgraded connection that has ended. */
export function tunnelLine({ reason, bytesUp, bytesDown, ageMs }: RelayOutcome, { target }: HttpRequest): string {
  return `tunnel ${target} ended by ${reason}: ${bytesUp} bytes up, ${bytesDown} down, ${ageMs.toFixed(1)}ms`;
}
