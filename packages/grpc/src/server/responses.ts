import type { HttpHeaders } from '@lamella/http';
import { HttpBody, HttpResponse, headersOfValidFields } from '@lamella/http';
import { contentTypeOf } from '../codec/content-type.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { ACCEPTED_ENCODINGS } from '../codec/grpc-encoding.ts';
import { encodeGrpcMessage } from '../codec/grpc-message-text.ts';
import { headersOf } from '../codec/metadata-fields.ts';
import type { GrpcStatusError } from '../errors.ts';
import type { GrpcMetadata } from '../messages/grpc-metadata.ts';

/** A response with messages; its trailers say how the call ended. */
export function messagesResponse(
  format: string,
  encoding: GrpcEncoding,
  metadata: GrpcMetadata,
  body: HttpBody,
): HttpResponse {
  const fields = headFields(format);
  if (encoding !== 'identity') fields.push('grpc-encoding', encoding);
  return grpcResponse(headersOf(fields, metadata), body);
}

/** The response to a call that failed before its first message: the status stands in the head, unless there is metadata to tell apart. */
export function failureResponse(
  format: string,
  error: GrpcStatusError,
  metadata: GrpcMetadata | undefined,
  trailers: GrpcMetadata | undefined,
): HttpResponse {
  if (metadata !== undefined && metadata.size > 0) {
    const body = HttpBody.from('', { trailers: () => failureTrailers(error, trailers) });
    return grpcResponse(headersOf(headFields(format), metadata), body);
  }
  return grpcResponse(failureTrailers(error, trailers, headFields(format)), HttpBody.empty);
}

/** The trailers of a call that ended with OK. */
export function okTrailers(trailers: GrpcMetadata): HttpHeaders {
  return headersOf(['grpc-status', '0'], trailers);
}

/** The trailers of a call that failed; behind `fields`, where there are such. */
export function failureTrailers(
  error: GrpcStatusError,
  trailers: GrpcMetadata | undefined,
  fields: string[] = [],
): HttpHeaders {
  fields.push('grpc-status', String(error.status));
  if (error.statusMessage !== '') fields.push('grpc-message', encodeGrpcMessage(error.statusMessage));
  const metadata = error.trailers.clone();
  if (trailers !== undefined) metadata.appendAll(trailers);
  return headersOf(fields, metadata);
}

/** The answer to what is no gRPC at all. */
export function plainResponse(status: number, fields: string[] = []): HttpResponse {
  return HttpResponse.from({ status, headers: headersOfValidFields(fields) });
}

function headFields(format: string): string[] {
  return ['content-type', contentTypeOf(format), 'grpc-accept-encoding', ACCEPTED_ENCODINGS];
}

function grpcResponse(headers: HttpHeaders, body: HttpBody): HttpResponse {
  return new HttpResponse({ status: 200, reason: 'OK', headers, body, version: '1.1' });
}
