import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { TraceEnd } from '@lamella/layers';
import { formatAddress, PeerAddress } from '@lamella/net-core';

/** One line for a request that was answered, or was not. */
export function accessLine(end: TraceEnd<HttpRequest, HttpResponse>): string {
  const { input, durationMs } = end;
  const peer = input.extensions.get(PeerAddress);
  const from = peer === undefined ? '-' : formatAddress(peer);
  const result = end.outcome === 'ok' ? String(end.output.status) : end.outcome;
  return `${from} ${input.method} ${input.target} ${result} ${durationMs.toFixed(1)}ms`;
}
