import type { HttpRequest } from '@lamella/http';
import type { DrainReport } from '@lamella/service-core';

/** One line for a request that failed in the middle, or for a tunnel. */
export function logFailure(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'a connection' : `${request.method} ${request.path}`;
  console.error(`${what} failed: ${messageOf(error)}`);
}

/** One line for a connection that came to nothing, such as a handshake. */
export function logConnection(error: unknown): void {
  console.error(`a connection failed: ${messageOf(error)}`);
}

/** One line when other certificates are shown from now on. */
export function logReload(): void {
  console.log('certificates: new ones are shown from now on');
}

/** One line when a certificate has changed and can't be used. */
export function logCertificate(error: unknown): void {
  console.error(`certificates: ${messageOf(error)}; the old one stays`);
}

/** One line when the gateway begins to end. */
export function logDraining(): void {
  console.log('draining: not ready any more, requests under way finish; Ctrl+C again cuts them');
}

/** One line when it has ended. */
export function logDrain({ durationMs, protocols }: DrainReport): void {
  const counts = Object.entries(protocols).map(
    ([protocol, { finished, closed, cut }]) => `${protocol} ${finished} finished, ${closed} closed, ${cut} cut`,
  );
  console.log([`drained in ${Math.round(durationMs)} ms`, ...counts].join('; '));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
