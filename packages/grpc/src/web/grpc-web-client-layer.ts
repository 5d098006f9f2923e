import type { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { contentTypeOf, grpcFormatOf } from '../codec/content-type.ts';
import { EndFrameScanner } from '../codec/end-frame-scanner.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { changedBody } from '../messages/changed-body.ts';
import { Base64Decoder } from './base64-decoder.ts';
import { encodeBase64Piece } from './base64-piece.ts';
import { formatWebContentType, webContentTypeOf } from './web-content-type.ts';
import { parseWebTrailers, WEB_END_FLAG } from './web-trailers.ts';

/** Options of {@link grpcWebClientLayer}. */
export interface GrpcWebClientLayerOptions {
  /** Sends and asks for Base64, for ways that carry text only. Default false. */
  readonly isText?: boolean;
  /** Longest trailers that are taken, in bytes, at least 0. Default 16_384. */
  readonly maxTrailerBytes?: number;
}

/**
 * Lets a `grpcClient` speak gRPC-Web: over HTTP/1.1, and past everything that carries no trailers.
 *
 * @remarks
 * Source: PROTOCOL-WEB.md of grpc/grpc. Streams of a client work as far as what lies between lets a request and its response run at the same
 * time.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * function webClient(http: Service<HttpRequest, HttpResponse>) {
 *   const text = jsonCodec(String);
 *   const Chat = defineService('chat.v1.Chat', { say: { type: 'unary', request: text, response: text } });
 *   return grpcClient(grpcWebClientLayer()(http), Chat, { url: 'https://chat.example' });
 * }
 */
export function grpcWebClientLayer(options: GrpcWebClientLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { isText = false, maxTrailerBytes = 16_384 } = options;
  if (!(maxTrailerBytes >= 0)) throw new UsageError(`maxTrailerBytes must be >= 0, got ${maxTrailerBytes}`);
  return (inner) => ({
    async serve(request) {
      const format = grpcFormatOf(request.headers.get('content-type'));
      if (format === undefined) return inner.serve(request);
      const headers = webHeaders(request.headers, formatWebContentType({ isText, format }));
      const body = isText ? changedBody(request.body, { push: encodeBase64Piece }) : request.body;
      return grpcResponse(await inner.serve(request.with({ headers, body })), maxTrailerBytes);
    },
  });
}

function webHeaders(grpc: HttpHeaders, contentType: string): HttpHeaders {
  const headers = grpc.clone();
  headers.delete('te');
  headers.set('content-type', contentType);
  headers.set('accept', contentType);
  headers.set('x-grpc-web', '1');
  if (headers.has('user-agent')) headers.set('x-user-agent', headers.get('user-agent') ?? '');
  return headers;
}

function grpcResponse(response: HttpResponse, maxTrailerBytes: number): HttpResponse {
  const type = webContentTypeOf(response.headers.get('content-type'));
  if (type === undefined) return response;
  const headers = response.headers.clone();
  headers.delete('content-length');
  headers.set('content-type', contentTypeOf(type.format));
  return response.with({ headers, body: grpcBody(response.body, type.isText, maxTrailerBytes) });
}

function grpcBody(body: HttpBody, isText: boolean, maxTrailerBytes: number): HttpBody {
  const decoder = isText ? new Base64Decoder() : undefined;
  const scanner = new EndFrameScanner(WEB_END_FLAG, maxTrailerBytes);
  let trailers: HttpHeaders | undefined;
  return changedBody(body, {
    push: (bytes) => joined(scanner.push(decoder === undefined ? bytes : decoder.push(bytes))),
    end(ofHttp) {
      decoder?.end();
      const { end } = scanner;
      if (end?.isCompressed) throw new GrpcStatusError(GrpcStatus.INTERNAL, 'the trailers are compressed');
      // Without the frame it is HTTP's own trailers that count, if there are any.
      trailers = end === undefined ? ofHttp : parseWebTrailers(end.bytes);
      return NOTHING;
    },
    trailers: () => trailers,
  });
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only = NOTHING] = pieces;
  return pieces.length > 1 ? Buffer.concat(pieces) : only;
}

const NOTHING = new Uint8Array(0);
