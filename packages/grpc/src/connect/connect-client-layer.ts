import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import { grpcFormatOf } from '../codec/content-type.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { GrpcServiceSource } from '../methods/grpc-schema.ts';
import { grpcSchema } from '../methods/grpc-schema.ts';
import { failureResponse } from '../server/responses.ts';
import { grpcResponseOfStream, streamRequest } from './client-stream.ts';
import { grpcResponseOfUnary, unaryRequest } from './client-unary.ts';
import type { ConnectClientLayerOptions } from './connect-client-options.ts';
import { fullConnectClientOptions } from './connect-client-options.ts';

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
  const full = fullConnectClientOptions(options);
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

/** What stands before it is the place of the server. */
const METHOD_PATH = /\/[^/]+\/[^/]+$/;
