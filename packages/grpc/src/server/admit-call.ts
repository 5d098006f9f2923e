import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Clock } from '@lamella/service-core';
import { GrpcDeadline } from '../calls/grpc-deadline.ts';
import { grpcFormatOf } from '../codec/content-type.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { ACCEPTED_ENCODINGS, parseGrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { parseGrpcTimeout } from '../codec/grpc-timeout.ts';
import { metadataOf } from '../codec/metadata-fields.ts';
import { GrpcStatusError } from '../errors.ts';
import type { GrpcMetadata } from '../messages/grpc-metadata.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import { methodInFormat } from '../methods/grpc-method.ts';
import { webContentTypeOf } from '../web/web-content-type.ts';
import type { GrpcProtocol } from './grpc-protocol.ts';
import type { GrpcImplementedMethod } from './implement-service.ts';
import { plainResponse } from './responses.ts';

/** What the head of a request says of its call. */
export interface AdmittedCall extends GrpcImplementedMethod {
  readonly metadata: GrpcMetadata;
  readonly deadline: GrpcDeadline | undefined;
  /** How compressed messages of the client are compressed. */
  readonly encoding: GrpcEncoding;
}

/** Whether a request is a call of gRPC. PROTOCOL-HTTP2.md of grpc/grpc, "Requests". */
export function isGrpc({ method, headers }: HttpRequest): boolean {
  return method === 'POST' && grpcFormatOf(headers.get('content-type')) !== undefined;
}

/** The answer to requests of no protocol that is spoken here. */
export function refuseOthers({ method, headers }: HttpRequest, protocols: readonly GrpcProtocol[]): HttpResponse {
  const type = headers.get('content-type');
  const isCall = grpcFormatOf(type) ?? webContentTypeOf(type);
  if (isCall !== undefined && method !== 'POST') return plainResponse(405, ['allow', 'POST']);
  return plainResponse(415, ['accept-post', protocols.map((protocol) => ACCEPTED[protocol]).join(', ')]);
}

/**
 * Reads the head of a call.
 *
 * @throws GrpcStatusError UNIMPLEMENTED for a method, a format or an encoding that is not known here; INTERNAL for a malformed
 * `grpc-timeout`: without it the call would have no end; RESOURCE_EXHAUSTED for too much metadata.
 */
export function admitCall(
  request: HttpRequest,
  methods: ReadonlyMap<string, GrpcImplementedMethod>,
  options: { readonly maxMetadataBytes: number; readonly clock: Clock },
): AdmittedCall {
  const { headers } = request;
  // First, so that the time until here counts.
  const deadline = deadlineOf(headers.get('grpc-timeout'), options.clock);
  const found = methods.get(request.target) ?? methods.get(request.path); // most targets are a path and nothing else
  if (found === undefined) throw unimplemented(`there is no method ${request.path.slice(0, MAX_PATH_LENGTH)}`);
  const method = methodInFormat(found.method, grpcFormatOf(headers.get('content-type')));
  if (method === undefined) throw unimplemented(`messages must be in the format ${formatsOf(found.method)}`);
  const encoding = parseGrpcEncoding(headers.get('grpc-encoding'));
  if (encoding === undefined) throw unimplemented(`grpc-encoding must be one of ${ACCEPTED_ENCODINGS}`);
  const metadata = metadataOf(headers, options.maxMetadataBytes);
  return { service: found.service, method, metadata, deadline, encoding };
}

function formatsOf({ request, alternatives = [] }: GrpcMethod): string {
  return [request.format, ...alternatives.map((other) => other.request.format)].join(' or ');
}

function deadlineOf(value: string | undefined, clock: Clock): GrpcDeadline | undefined {
  if (value === undefined) return undefined;
  const timeoutMs = parseGrpcTimeout(value);
  if (timeoutMs === undefined) throw new GrpcStatusError(GrpcStatus.INTERNAL, 'grpc-timeout is malformed');
  return GrpcDeadline.after(timeoutMs, clock);
}

function unimplemented(message: string): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.UNIMPLEMENTED, message);
}

const MAX_PATH_LENGTH = 200;
const ACCEPTED: Readonly<Record<GrpcProtocol, string>> = {
  grpc: 'application/grpc',
  'grpc-web': 'application/grpc-web, application/grpc-web-text',
  connect: 'application/proto, application/json, application/connect+proto, application/connect+json',
};
