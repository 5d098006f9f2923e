import { isLamellaError } from '@lamella/service-core';
import { isGrpcStatusError } from '../../calls/end-of-call.ts';
import type { GrpcStatusError } from '../../errors.ts';

/** Whether the failure says that the server has not looked at the call: it can be sent again without harm. RFC 9113 section 8.7. */
export function isUnprocessed(failure: unknown): boolean {
  if (!isGrpcStatusError(failure)) return false;
  const { cause } = failure;
  // Errors of connections and of streams have it; of any copy of the package.
  return isLamellaError(cause) && (cause as { readonly processed?: unknown }).processed === 'no';
}

/** Whether the failure says that there was no connection to send the call on. */
export function isUnconnected(failure: unknown): boolean {
  if (!isGrpcStatusError(failure)) return false;
  return (
    isBeforeConnection(failure.cause) || (isLamellaError(failure.cause) && failure.cause.facts?.phase === 'balance')
  );
}

/** Whether an error of an HTTP client says that no connection came about: nothing of the request was touched. */
export function isBeforeConnection(error: unknown): boolean {
  const phase = isLamellaError(error) ? error.facts?.phase : undefined;
  return phase !== undefined && PHASES_BEFORE.has(phase);
}

/**
 * What the server says about another attempt: how long to wait for it, in milliseconds, or that it wants none; `undefined` if it says nothing.
 *
 * @remarks
 * gRFC A6: a value that is negative, or no number, is a no.
 */
export function pushbackOf(failure: GrpcStatusError): number | 'no' | undefined {
  const value = failure.metadata.get('grpc-retry-pushback-ms');
  if (value === undefined) return undefined;
  return MILLISECONDS.test(value) ? Number(value) : 'no';
}

const PHASES_BEFORE: ReadonlySet<string> = new Set(['resolve', 'queue', 'connect', 'proxy', 'handshake']);
const MILLISECONDS = /^[0-9]{1,10}$/;
