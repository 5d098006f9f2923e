import type { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { contentTypeOf } from '../codec/content-type.ts';
import { EndFrameScanner } from '../codec/end-frame-scanner.ts';
import { parseGrpcEncoding } from '../codec/grpc-encoding.ts';
import { changedBody } from '../messages/changed-body.ts';
import { inflateMessage } from '../messages/message-compression.ts';
import { trailersOf } from './call-end.ts';
import { connectHeadersOf } from './client-headers.ts';
import type { FullConnectClientOptions } from './connect-client-options.ts';
import { CONNECT_END_FLAG, parseEndStream } from './end-stream.ts';

/** The request of a stream of Connect: frames are the same as those of gRPC. */
export function streamRequest(request: HttpRequest, format: string): HttpRequest {
  const headers = connectHeadersOf(request.headers);
  const encoding = request.headers.get('grpc-encoding');
  const accepted = request.headers.get('grpc-accept-encoding');
  headers.set('content-type', `application/connect+${format}`);
  if (encoding !== undefined) headers.set('connect-content-encoding', encoding);
  if (accepted !== undefined) headers.set('connect-accept-encoding', accepted);
  return request.with({ headers });
}

/** A response of gRPC of that to a stream of Connect. What is none stays as it is: its HTTP status tells. */
export function grpcResponseOfStream(response: HttpResponse, options: FullConnectClientOptions): HttpResponse {
  const format = CONTENT_TYPE.exec(response.headers.get('content-type') ?? '')?.[1]?.toLowerCase();
  if (format === undefined) return response;
  const headers = response.headers.clone();
  const encoding = headers.get('connect-content-encoding');
  for (const name of ['content-length', 'connect-content-encoding', 'connect-accept-encoding']) headers.delete(name);
  headers.set('content-type', contentTypeOf(format));
  if (encoding !== undefined) headers.set('grpc-encoding', encoding);
  return response.with({ headers, body: grpcBody(response.body, encoding, options.maxEndBytes) });
}

function grpcBody(body: HttpBody, encoding: string | undefined, maxEndBytes: number): HttpBody {
  const scanner = new EndFrameScanner(CONNECT_END_FLAG, maxEndBytes);
  let trailers: HttpHeaders | undefined;
  return changedBody(body, {
    push: (bytes) => joined(scanner.push(bytes)),
    async end() {
      const { end } = scanner;
      if (end === undefined) return NOTHING;
      const bytes = end.isCompressed
        ? await inflateMessage(end.bytes, parseGrpcEncoding(encoding) ?? 'identity', maxEndBytes)
        : end.bytes;
      trailers = trailersOf(parseEndStream(bytes));
      return NOTHING;
    },
    trailers: () => trailers,
  });
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only = NOTHING] = pieces;
  return pieces.length > 1 ? Buffer.concat(pieces) : only;
}

const CONTENT_TYPE = /^[ \t]*application\/connect\+([!#$%&'*+\-.^_`|~0-9a-z]+)[ \t]*(?:;.*)?$/i;
const NOTHING = new Uint8Array(0);
