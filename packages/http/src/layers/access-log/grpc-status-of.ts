import type { HttpResponse } from '../../message/http-response.ts';

/**
 * Names the status that a call of gRPC has ended with, as its response says: HTTP says 200 of nearly all of them.
 *
 * @remarks
 * Source: PROTOCOL-HTTP2.md of grpc/grpc. It stands in the trailers, which are there once the body has been read to its end, or, where there
 * are no messages, in the head. The names are those of OpenTelemetry (`rpc.status_code`). What gRPC-Web and streams of Connect say stands in their
 * content, which is not looked at.
 *
 * @returns The name, such as `'NOT_FOUND'`; `'CODE_17'` for a number that has none; `undefined` if the response says none, is not at its
 * end, or says what is no number.
 *
 * @example
 * grpcStatusOf(HttpResponse.from({ headers: { 'grpc-status': '5' } })); // 'NOT_FOUND'
 */
export function grpcStatusOf({ headers, body }: HttpResponse): string | undefined {
  const value = headers.get('grpc-status') ?? body.trailers?.get('grpc-status');
  if (value === undefined || !DECIMAL.test(value)) return undefined;
  return NAMES[Number(value)] ?? `CODE_${value}`;
}

/** statuscodes.md of grpc/grpc; the numbers are the places. */
const NAMES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
/** A server may send anything; a line of a log shall not hold that. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,8})$/;
