import type { AbortScope } from '@lamella/service-core';
import { isLamellaError } from '@lamella/service-core';
import { OTHER } from '../shared/names.ts';

/** The name of the status that a call ended with, of one that failed: what it was aborted with, else what it failed with. */
export function statusNameOf(error: unknown, scope: AbortScope): string {
  const cause = scope.aborted ? scope.reason : error;
  // By its shape: this package knows gRPC by its types only.
  if (isLamellaError(cause) && cause.code === 'LML_ERR_GRPC_STATUS') {
    const { statusName } = cause as { readonly statusName?: unknown };
    if (typeof statusName === 'string') return statusName;
  }
  return scope.aborted ? 'CANCELLED' : 'UNKNOWN';
}

/** A status for metrics: numbers that have no name are `_OTHER`, or a server could invent series without end. */
export function statusLabel(statusName: string): string {
  return statusName.startsWith(UNNAMED) ? OTHER : statusName;
}

/** Whether a status is a failure of the server: the others are what the client gets for its request. */
export function isServerFailure(statusName: string): boolean {
  return SERVER_FAILURES.has(statusName);
}

/** As `@lamella/grpc` calls numbers beyond 16. */
const UNNAMED = 'CODE_';
const SERVER_FAILURES: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);
