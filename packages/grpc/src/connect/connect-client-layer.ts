import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import { grpcFormatOf } from '../codec/content-type.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { GrpcServiceSource } from '../methods/grpc-schema.ts';
import { grpcSchema } from '../methods/grpc-schema.ts';
import { failureResponse } from '../server/responses.ts';
import { grpcResponseOfStream, streamRequest } from './client-stream.ts';
import { grpcResponseOfUnary, unaryRequest } from './client-unary.ts';

/** Options of {@link connectClientLayer}. */
export interface ConnectClientLayerOptions {
  /** Calls unary methods without side effects by GET, which caches understand. Default false. */
  readonly useGet?: boolean;
  /** Longest target of a GET, in characters, at least 0; what is longer goes by POST. Default 8_192. */
  readonly maxGetTargetLength?: number;
  /** Longest message of a unary call, each way, on the wire, in bytes, 0 to 2^32 - 1: it is held in memory. Default 4_194_304 (4 MiB). */
  readonly maxMessageBytes?: number;
  /** Longest end of a stream, and longest error, in bytes, at least 0. Default 65_536. */
  readonly maxEndBytes?: number;
}

/** Those options with their defaults. */
export type FullConnectClientOptions = Required<ConnectClientLayerOptions>;

/**
 * Lets a `grpcClient` speak Connect: over HTTP/1.1 as well as HTTP/2, without trailers, unary calls as plain requests.
 *
 * @remarks
 * Source: connectrpc.com/docs/protocol. Streams of a client work as far as what lies between lets a request and its response run at the same
 * time.
 *
 * @param source - The service that is called: unary methods look otherwise than streams.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * function connectClient(http: Service<HttpRequest, HttpResponse>) {
 *   const text = jsonCodec(String);
 *   const Chat = defineService('chat.v1.Chat', { say: { type: 'unary', request: text, response: text } });
 *   return grpcClient(connectClientLayer(Chat)(http), Chat, { url: 'https://chat.example' });
 * }
 */
export function connectClientLayer(
  source: GrpcServiceSource,
  options: ConnectClientLayerOptions = {},
): Layer<HttpRequest, HttpResponse> {
  const full = fullOptions(options);
  const methods = new Map<string, GrpcMethod>();
  for (const method of Object.values<GrpcMethod>(grpcSchema(source).methods)) methods.set(method.path, method);
  return (inner) => ({
    async serve(request) {
      const format = grpcFormatOf(request.headers.get('content-type'));
      const method = methods.get(METHOD_PATH.exec(request.path)?.[0] ?? '');
      if (format === undefined || method === undefined) return inner.serve(request);
      if (method.type !== 'unary') {
        return grpcResponseOfStream(await inner.serve(streamRequest(request, format)), full);
      }
      let translated: HttpRequest;
      try {
        translated = await unaryRequest(request, format, method, full);
      } catch (error) {
        if (!isGrpcStatusError(error)) throw error;
        return failureResponse(format, error, undefined, undefined);
      }
      return grpcResponseOfUnary(await inner.serve(translated), full);
    },
  });
}

function fullOptions(options: ConnectClientLayerOptions): FullConnectClientOptions {
  const { useGet = false, maxGetTargetLength = 8_192, maxMessageBytes = 4_194_304, maxEndBytes = 65_536 } = options;
  for (const [name, value] of Object.entries({ maxGetTargetLength, maxEndBytes })) {
    if (!(value >= 0)) throw new UsageError(`${name} must be >= 0, got ${value}`);
  }
  if (!(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes >= 0 && maxMessageBytes <= MAX_LENGTH)) {
    throw new UsageError(`maxMessageBytes must be 0 to ${MAX_LENGTH}, got ${maxMessageBytes}`);
  }
  return { useGet, maxGetTargetLength, maxMessageBytes, maxEndBytes };
}

/** What stands before it is the place of the server. */
const METHOD_PATH = /\/[^/]+\/[^/]+$/;
const MAX_LENGTH = 0xffff_ffff;
