import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { TraceEnd } from '@lamella/layers';
import type { RelayOutcome } from '@lamella/net-core';
import { formatAddress, LocalAddress, PeerAddress } from '@lamella/net-core';
import type { DrainReport } from '@lamella/service-core';

/** One line for each request, when it was answered. */
export function logAccess(end: TraceEnd<HttpRequest, HttpResponse>): void {
  const { input, durationMs } = end;
  const [from, at] = [PeerAddress, LocalAddress].map((key) => input.extensions.get(key));
  const where = `${from === undefined ? '-' : formatAddress(from)} -> ${at === undefined ? '-' : formatAddress(at)}`;
  const result = end.outcome === 'ok' ? `${end.output.status}` : end.outcome;
  console.log(`${where} ${input.method} ${input.target} ${result} ${durationMs.toFixed(1)} ms`);
}

/** One line for each tunnel and upgraded connection, when it has ended. */
export function logTunnel(outcome: RelayOutcome, request: HttpRequest): void {
  const { reason, bytesUp, bytesDown, ageMs } = outcome;
  console.log(`tunnel ${request.target} ${reason}, ${bytesUp} bytes up, ${bytesDown} down, ${Math.round(ageMs)} ms`);
}

/** One line for a request that failed in the middle, or for a tunnel that did. */
export function logFailure(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'a tunnel' : `${request.method} ${request.target}`;
  console.log(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
}

/** One line when the gateway begins to end. */
export function logDraining(): void {
  console.log('draining: new connections are refused, requests under way finish; Ctrl+C again cuts them');
}

/** One line when it has ended. */
export function logDrain({ durationMs, protocols }: DrainReport): void {
  const counts = Object.entries(protocols).map(
    ([protocol, { finished, closed, cut }]) => `${protocol} ${finished} finished, ${closed} closed, ${cut} cut`,
  );
  console.log([`drained in ${Math.round(durationMs)} ms`, ...counts].join('; '));
}
