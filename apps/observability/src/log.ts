import type { HttpRequest } from '@lamella/http';
import type { DrainReport } from '@lamella/service-core';

/** One line for a request that failed in the middle. */
export function logFailure(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'a connection' : `${request.method} ${request.path}`;
  console.error(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
}

/** One line when the servers begin to end. */
export function logDraining(): void {
  console.log('draining: requests under way finish; Ctrl+C again cuts them');
}

/** One line when they have ended. */
export function logDrain({ durationMs, protocols }: DrainReport): void {
  const counts = Object.entries(protocols).map(
    ([protocol, { finished, closed, cut }]) => `${protocol} ${finished} finished, ${closed} closed, ${cut} cut`,
  );
  console.log([`drained in ${Math.round(durationMs)} ms`, ...counts].join('; '));
}
