import type { HttpHeaders, HttpRequest } from '@lamella/http';
import { isToken, splitList } from '@lamella/http';
import { contentTypeOf } from '../codec/content-type.ts';
import { isGrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { grpcTimeoutOf } from './connect-timeout.ts';

/** What a request of Connect is. */
export interface ConnectRequest {
  /** How its messages are sent: in frames; one as the content; or one in the query. */
  readonly type: 'stream' | 'post' | 'get';
  /** Format of the messages, in lower case. */
  readonly format: string;
}

/** Looks at a request. @returns `undefined` if it is not Connect. connectrpc.com/docs/protocol. */
export function connectRequestOf(request: HttpRequest): ConnectRequest | undefined {
  if (request.method === 'GET') {
    const query = new URLSearchParams(request.query ?? '');
    const format = query.get('encoding')?.toLowerCase() ?? '';
    return isToken(format) && query.has('message') ? { type: 'get', format } : undefined;
  }
  const found = CONTENT_TYPE.exec(request.headers.get('content-type') ?? '');
  if (found === null || request.method !== 'POST') return undefined;
  const format = (found[2] ?? found[3] ?? '').toLowerCase();
  return { type: found[1] === undefined ? 'post' : 'stream', format };
}

/**
 * Makes the head of a call of gRPC of that of a request of Connect.
 *
 * @param encoding - How what follows is compressed.
 * @throws GrpcStatusError INVALID_ARGUMENT if the version or the timeout is none.
 */
export function grpcHeadersOf(
  request: HttpRequest,
  { type, format }: ConnectRequest,
  encoding: string | undefined,
): HttpHeaders {
  const { headers: given } = request;
  const version = given.get('connect-protocol-version');
  if (version !== undefined && version !== '1') throw invalid('connect-protocol-version must be 1');
  const timeout = given.get('connect-timeout-ms');
  const grpcTimeout = timeout === undefined ? undefined : grpcTimeoutOf(timeout);
  if (timeout !== undefined && grpcTimeout === undefined) throw invalid('connect-timeout-ms is malformed');
  const accepted = given.get(type === 'stream' ? 'connect-accept-encoding' : 'accept-encoding');
  const headers = given.clone();
  headers.deleteWhere((name) => OF_CONNECT.has(name.toLowerCase()));
  headers.set('content-type', contentTypeOf(format));
  headers.set('te', 'trailers');
  if (grpcTimeout !== undefined) headers.set('grpc-timeout', grpcTimeout);
  if (encoding !== undefined) headers.set('grpc-encoding', encoding);
  const encodings = accepted === undefined ? [] : acceptedEncodings(accepted);
  if (encodings.length > 0) headers.set('grpc-accept-encoding', encodings.join(','));
  return headers;
}

/** The encodings of `Accept-Encoding` that gRPC knows. What is taken with a weight of 0 is not wanted. */
function acceptedEncodings(value: string): string[] {
  return splitList(value)
    .map((item) => item.split(';').map((part) => part.trim().toLowerCase()))
    .filter(([, weight]) => weight === undefined || !ZERO.test(weight))
    .map(([name = '']) => name)
    .filter(isGrpcEncoding);
}

/** A mistake of the client. */
export function invalid(message: string): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, message);
}

const CONTENT_TYPE = /^[ \t]*application\/(?:(connect\+)([!#$%&'*+\-.^_`|~0-9a-z]+)|(proto|json))[ \t]*(?:;.*)?$/i;
const ZERO = /^q=0(?:\.0*)?$/;
const OF_CONNECT: ReadonlySet<string> = new Set([
  'connect-protocol-version',
  'connect-timeout-ms',
  'connect-content-encoding',
  'connect-accept-encoding',
  'content-encoding',
  'content-length',
  'accept-encoding',
  'accept',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
]);
