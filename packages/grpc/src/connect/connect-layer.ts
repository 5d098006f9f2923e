import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import { isLamellaError, UsageError } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import { encodeMessageFrame, messageTooLong } from '../codec/message-frame.ts';
import type { GrpcStatusError } from '../errors.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import { plainResponse } from '../server/responses.ts';
import type { ConnectRequest } from './connect-request.ts';
import { connectRequestOf, grpcHeadersOf } from './connect-request.ts';
import { queryMessageOf } from './query-message.ts';
import { streamFailure, streamResponse } from './stream-response.ts';
import { unaryFailure, unaryResponse } from './unary-response.ts';

/** Options of {@link connectLayer}. */
export interface ConnectLayerOptions {
  /** Whether the method of a path changes nothing, so that it may be called by GET. Default: none may. */
  readonly isSafe?: (path: string) => boolean;
  /** Longest message of a unary call, each way, on the wire, in bytes, 0 to 2^32 - 1: it is held in memory. Default 4_194_304 (4 MiB). */
  readonly maxMessageBytes?: number;
}

/**
 * Translates Connect to gRPC: in front of a service of this process, or of a proxy whose upstream speaks gRPC.
 *
 * @remarks
 * Source: connectrpc.com/docs/protocol. Unary calls by POST and GET, and streams, in the formats and encodings that the inner service
 * takes; everything else goes to it as it is. As every POST of `application/json` and `application/proto` is taken for a call, put it where
 * only calls arrive. `grpcService` does all that by itself, and knows which methods are safe.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * function gateway(proxy: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
 *   return stack(grpcWebLayer(), connectLayer({ isSafe: (path) => path.endsWith('/Find') }), proxy);
 * }
 */
export function connectLayer(options: ConnectLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { isSafe = () => false, maxMessageBytes = 4_194_304 } = options;
  if (!(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes >= 0 && maxMessageBytes <= MAX_LENGTH)) {
    throw new UsageError(`maxMessageBytes must be 0 to ${MAX_LENGTH}, got ${maxMessageBytes}`);
  }
  return (inner) => ({
    async serve(request) {
      const connect = connectRequestOf(request);
      if (connect === undefined) return inner.serve(request);
      return serveConnect(request, connect, inner, { isSafe: isSafe(request.path), maxMessageBytes });
    },
  });
}

/** What {@link serveConnect} knows of the method. */
export interface ServeConnectOptions {
  readonly isSafe: boolean;
  readonly maxMessageBytes: number;
  /** The method, if it is known. */
  readonly method?: GrpcMethod | undefined;
}

/** Serves a request of Connect by a service of gRPC. */
export async function serveConnect(
  request: HttpRequest,
  connect: ConnectRequest,
  inner: Service<HttpRequest, HttpResponse>,
  options: ServeConnectOptions,
): Promise<HttpResponse> {
  const refusal = refuse(connect, options);
  if (refusal !== undefined) {
    request.body.cancel();
    return refusal;
  }
  const isStream = connect.type === 'stream';
  let translated: HttpRequest;
  try {
    translated = isStream
      ? request.with({ headers: grpcHeadersOf(request, connect, request.headers.get('connect-content-encoding')) })
      : await unaryRequest(request, connect, options.maxMessageBytes);
  } catch (error) {
    const failure = failureOf(error, options.maxMessageBytes);
    if (failure === undefined) throw error;
    request.body.cancel(failure);
    return isStream ? streamFailure(failure, connect.format) : unaryFailure(failure);
  }
  const response = await inner.serve(translated);
  return isStream ? streamResponse(response) : unaryResponse(response, options.maxMessageBytes);
}

/** A method takes either frames or one message; and only what changes nothing is called by GET. */
function refuse({ type }: ConnectRequest, { method, isSafe }: ServeConnectOptions): HttpResponse | undefined {
  if (type === 'get' && !isSafe) return plainResponse(405, ['allow', 'POST']);
  if (method === undefined || (method.type === 'unary') === (type !== 'stream')) return undefined;
  const wanted = method.type === 'unary' ? 'application/' : 'application/connect+';
  const formats = [method, ...(method.alternatives ?? [])].map(({ request }) => `${wanted}${request.format}`);
  return plainResponse(415, ['accept-post', formats.join(', ')]);
}

async function unaryRequest(
  request: HttpRequest,
  connect: ConnectRequest,
  maxMessageBytes: number,
): Promise<HttpRequest> {
  const { bytes, encoding } =
    connect.type === 'get'
      ? queryMessageOf(request)
      : {
          encoding: request.headers.get('content-encoding'),
          bytes: await request.body.bytes({ maxBytes: maxMessageBytes }),
        };
  const headers = grpcHeadersOf(request, connect, encoding);
  // Nothing is nothing, compressed or not.
  const isCompressed = encoding !== undefined && encoding.toLowerCase() !== 'identity' && bytes.length > 0;
  const body = HttpBody.from(encodeMessageFrame(bytes, isCompressed));
  return request.with({ method: 'POST', headers, body });
}

/** The status of what went wrong before the call; `undefined` if nobody waits for one. */
function failureOf(error: unknown, maxMessageBytes: number): GrpcStatusError | undefined {
  if (isGrpcStatusError(error)) return error;
  return isLamellaError(error) && error.code === 'LML_ERR_LIMIT'
    ? messageTooLong(undefined, maxMessageBytes)
    : undefined;
}

const MAX_LENGTH = 0xffff_ffff;
