import type { AbortScope } from '@lamella/service-core';
import { isLamellaError } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import type { GrpcDeadline } from '../calls/grpc-deadline.ts';
import { deadlineExceeded } from '../calls/grpc-deadline.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { grpcStatusOfReset } from '../codec/status-mapping.ts';
import { GrpcStatusError } from '../errors.ts';

/**
 * What a call rejects with, by what it failed with.
 *
 * @remarks
 * 1. What the call was aborted with, the same object: the caller's own reason, or its deadline.
 * 2. A status; CANCELLED becomes DEADLINE_EXCEEDED once the deadline has passed, since the two race each other.
 * 3. A reset of the stream: by its code. REFUSED_STREAM is UNAVAILABLE, and may be tried again. What the server breaks a rule with that ends
 *    the stream alone: by the code that it is told. Another attempt would end in the same way.
 * 4. A UsageError, as it is.
 * 5. A limit of ours is RESOURCE_EXHAUSTED, all else that happens on the way UNAVAILABLE.
 * 6. What is no error of Lamella is UNKNOWN.
 */
export function toCallFailure(error: unknown, scope: AbortScope, deadline: GrpcDeadline | undefined): unknown {
  if (scope.aborted) return scope.reason;
  const failure = asStatus(error);
  const isCancelled = isGrpcStatusError(failure) && failure.status === GrpcStatus.CANCELLED;
  return isCancelled && deadline?.isOver === true ? deadlineExceeded(failure) : failure;
}

function asStatus(error: unknown): unknown {
  if (isGrpcStatusError(error)) return error;
  if (!isLamellaError(error)) return new GrpcStatusError(GrpcStatus.UNKNOWN, 'the call failed', { cause: error });
  switch (error.code) {
    case 'LML_ERR_USAGE':
      return error;
    case 'LML_ERR_HTTP_STREAM_RESET':
      return ofReset(error);
    case 'LML_ERR_HTTP2_MALFORMED_MESSAGE':
    case 'LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH':
    case 'LML_ERR_HTTP2_HEADERS_TOO_LARGE':
      return ofBrokenRule(error);
    case 'LML_ERR_LIMIT':
      return new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, error.message, { cause: error });
  }
  return new GrpcStatusError(GrpcStatus.UNAVAILABLE, error.message, {
    cause: error,
    facts: { ...error.facts, layer: 'grpc' },
  });
}

function ofReset(error: Error): GrpcStatusError {
  const { resetCode } = error as { readonly resetCode?: unknown }; // errors of this code have it; of any copy of the package
  const code = String(resetCode);
  const hint = HINTS[code];
  const message = hint === undefined ? error.message : `${error.message}: ${hint}`;
  return new GrpcStatusError(grpcStatusOfReset(code), message, { cause: error });
}

/** The code is that of RST_STREAM: of a section that is too large ENHANCE_YOUR_CALM, else PROTOCOL_ERROR. */
function ofBrokenRule(error: Error): GrpcStatusError {
  const { errorCode } = error as { readonly errorCode?: unknown }; // errors of these codes have it; of any copy of the package
  return new GrpcStatusError(grpcStatusOfReset(String(errorCode)), error.message, { cause: error });
}

const HINTS: Readonly<Record<string, string>> = {
  ENHANCE_YOUR_CALM: 'the exhausted resource is bandwidth',
  INADEQUATE_SECURITY: 'the protocol is not secure enough for the call',
};
