import type { HttpRequest } from '@lamella/http';
import type { BalancedEndpoint } from '@lamella/layers';
import type { DrainReport } from '@lamella/service-core';

/** One line for a request that failed in the middle. */
export function logFailure(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'a connection' : `${request.method} ${request.path}`;
  console.error(`${what} failed: ${messageOf(error)}`);
}

/** One line when a server of the group comes or goes. */
export function logServer({ id, health }: BalancedEndpoint): void {
  console.log(`upstream ${id} is ${health}`);
}

/** One line for each failure of the connection to Redis. */
export function logRedis(error: unknown): void {
  console.error(`redis: ${messageOf(error)}`);
}

/** One line when the gateway begins to end. */
export function logDraining(): void {
  console.log('draining: not ready any more, requests under way finish; Ctrl+C again cuts them');
}

/** One line when it has ended. */
export function logDrain({ durationMs, protocols }: DrainReport): void {
  const { finished, closed, cut } = protocols['http/1.1'] ?? { finished: 0, closed: 0, cut: 0 };
  console.log(`drained in ${Math.round(durationMs)} ms; ${finished} finished, ${closed} closed, ${cut} cut`);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message === '' ? String(error) : message; // an AggregateError of Node says nothing itself
}
