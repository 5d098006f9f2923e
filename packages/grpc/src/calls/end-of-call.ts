import type { AbortScope } from '@lamella/service-core';
import { isLamellaError } from '@lamella/service-core';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';

/**
 * The status that a call ends with, by what it failed with.
 *
 * @remarks
 * 1. What the call was aborted with, if that was its deadline; CANCELLED, if the client is gone or the caller has aborted it.
 * 2. A GrpcStatusError, as it is.
 * 3. Everything else is UNKNOWN, and says nothing: what went wrong inside is nobody else's business.
 *
 * @returns The status, and whether somebody at the server should hear of it.
 */
export function endOfCall(error: unknown, scope: AbortScope): { status: GrpcStatusError; isUnexpected: boolean } {
  if (scope.aborted) return { status: abortStatus(scope.reason), isUnexpected: false };
  if (isGrpcStatusError(error)) return { status: error, isUnexpected: false };
  const status = new GrpcStatusError(GrpcStatus.UNKNOWN, 'the server failed', { cause: error });
  return { status, isUnexpected: true };
}

function abortStatus(reason: unknown): GrpcStatusError {
  if (isGrpcStatusError(reason)) return reason;
  return new GrpcStatusError(GrpcStatus.CANCELLED, 'the call was cancelled', { cause: reason });
}

/** Looks at the code, so that errors of another copy of the package count. */
export function isGrpcStatusError(error: unknown): error is GrpcStatusError {
  return isLamellaError(error) && error.code === 'LML_ERR_GRPC_STATUS';
}
