import type { HttpRequest } from '@lamella/http';
import type { DrainReport } from '@lamella/service-core';

/** One line for a request that failed in the middle. */
export function logFailure(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'a connection' : `${request.method} ${request.path}`;
  console.error(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
}

/** One line when the server begins to end. */
export function logDraining(): void {
  console.log('draining: not ready any more, requests under way finish; Ctrl+C again cuts them');
}

/** One line when it has ended. */
export function logDrain({ durationMs, protocols }: DrainReport): void {
  const { finished, closed, cut } = protocols['http/1.1'] ?? { finished: 0, closed: 0, cut: 0 };
  console.log(`drained in ${Math.round(durationMs)} ms; ${finished} finished, ${closed} closed, ${cut} cut`);
}
