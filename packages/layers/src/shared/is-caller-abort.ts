import { isCancellation, isLamellaError } from '@lamella/service-core';

/**
 * Whether a call was ended by the will of its caller, which says nothing about who served it.
 *
 * @remarks
 * That is a cancellation as `isCancellation` sees it, but not one by a deadline: that a call took too long says a lot. A deadline is a
 * `TimeoutError`, of Lamella or of `AbortSignal.timeout`, or the DEADLINE_EXCEEDED of a call of gRPC; but not the deadline that a server has
 * for its own client, who sends the request or takes the response too slowly: its facts name the phase `request-...` or `write`.
 *
 * What `balancer` and `circuitBreakerLayer` go by; for an `isFailure` of your own.
 *
 * @example
 * const input = serviceInput('ping');
 * input.scope.abort('enough');
 * isCallerAbort(input, 'enough'); // true
 *
 * @public
 */
export function isCallerAbort(input: unknown, error: unknown): boolean {
  return isCancellation(input, error) && !isDeadline(error);
}

/** By its name: there may be two copies of a package, and `AbortSignal.timeout` has an error of its own. */
function isDeadline(error: unknown): boolean {
  if (isLamellaError(error) && error.code === 'LML_ERR_GRPC_STATUS') {
    const { statusName } = error as { readonly statusName?: unknown }; // errors of this code have it
    return statusName === 'DEADLINE_EXCEEDED';
  }
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return false;
  const phase = isLamellaError(error) ? error.facts?.phase : undefined;
  return phase === undefined || !OF_THE_CLIENT.test(phase);
}

const OF_THE_CLIENT = /^(?:request-|write$)/;
