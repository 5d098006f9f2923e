import type { HttpHeaders, HttpResponse } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { AbortScope, ClosedError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import { NO_MESSAGES } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { contentTypeOf } from '../codec/content-type.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { ACCEPTED_ENCODINGS, parseGrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { formatGrpcTimeout } from '../codec/grpc-timeout.ts';
import { headersOf, metadataOf } from '../codec/metadata-fields.ts';
import { GrpcStatusError } from '../errors.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import { MessageReader } from '../messages/message-reader.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import { callBody } from './call-body.ts';
import { checkHead, endMetadata } from './response-status.ts';
import { toCallFailure } from './to-call-failure.ts';

/** What {@link callOverHttp} needs of the options of its client. */
export interface CallOverHttpOptions {
  /** Scheme and authority, and what may stand before the path. */
  readonly url: string;
  readonly userAgent: string;
  readonly encoding: GrpcEncoding;
  readonly compressFromBytes: number;
  readonly maxMessageBytes: number;
  readonly maxMetadataBytes: number;
}

/** Calls over HTTP: the innermost service of a client. */
export function callOverHttp(
  service: Service<HttpRequest, HttpResponse>,
  options: CallOverHttpOptions,
): Service<GrpcCall, GrpcReply> {
  return {
    async serve(call) {
      const scope = new AbortScope(call.scope);
      const failure = (error: unknown): unknown => toCallFailure(error, scope, call.deadline);
      // One message is given at once; making an error for nobody would cost more than the message.
      const isStream = hasRequestStream(call.method.type);
      let request: HttpRequest | undefined;
      const close = (): void => {
        scope.close();
        if (isStream) request?.body.cancel(new ClosedError('the call is over'));
      };
      try {
        scope.throwIfAborted();
        request = await requestOf(call, scope, options);
        const response = await scope.race(service.serve(request));
        return await replyOf(response, { call, scope, options, failure, close });
      } catch (error) {
        close();
        throw failure(error);
      }
    },
  };
}

async function requestOf(call: GrpcCall, scope: AbortScope, options: CallOverHttpOptions): Promise<HttpRequest> {
  const { encoding, compressFromBytes } = options;
  const body = await callBody(call, scope, { encoding, compressFromBytes, compresses: () => true });
  const target = `${options.url}${call.method.path}`;
  const request = HttpRequest.from({ method: 'POST', target, headers: headFields(call, options), body });
  return request.fork({ scope, extensions: call.extensions });
}

/** In the order that PROTOCOL-HTTP2.md of grpc/grpc asks for. */
function headFields({ method, metadata, deadline }: GrpcCall, options: CallOverHttpOptions): HttpHeaders {
  const fields = deadline === undefined ? [] : ['grpc-timeout', formatGrpcTimeout(deadline.remainingMs)];
  fields.push('te', 'trailers', 'content-type', contentTypeOf(method.request.format));
  if (options.encoding !== 'identity') fields.push('grpc-encoding', options.encoding);
  fields.push('grpc-accept-encoding', ACCEPTED_ENCODINGS);
  if (!metadata.has('user-agent')) fields.push('user-agent', options.userAgent);
  return headersOf(fields, metadata);
}

interface Exchange {
  readonly call: GrpcCall;
  readonly scope: AbortScope;
  readonly options: CallOverHttpOptions;
  readonly failure: (error: unknown) => unknown;
  readonly close: () => void;
}

async function replyOf(response: HttpResponse, exchange: Exchange): Promise<GrpcReply> {
  const { call, scope, options, failure, close } = exchange;
  const { body, headers } = response;
  try {
    const isEnd = headers.has('grpc-status');
    // A status in the head is the last word, whatever comes behind it.
    const early = isEnd ? endMetadata(headers, options.maxMetadataBytes) : undefined;
    if (!isEnd) checkHead(response, call.method.response.format);
    const metadata = isEnd ? new GrpcMetadata() : metadataOf(headers, options.maxMetadataBytes);
    const trailers = new GrpcMetadata();
    const reader = new MessageReader(body, {
      codec: call.method.response,
      encoding: knownEncoding(headers),
      maxMessageBytes: options.maxMessageBytes,
      onEnd: () => trailers.appendAll(early ?? endMetadata(body.trailers, options.maxMetadataBytes)),
    });
    if (hasResponseStream(call.method.type)) {
      return { metadata, message: undefined, messages: watched(reader, exchange), trailers };
    }
    const message = await scope.race(reader.single(notOneMessage));
    close();
    return { metadata, message, messages: NO_MESSAGES, trailers };
  } catch (error) {
    const reason = failure(error);
    body.cancel(reason);
    throw reason;
  }
}

/** Messages that end the call with themselves: read to the end, failed, or left. An abort needs nobody who reads. */
function watched(reader: MessageReader, exchange: Exchange): AsyncIterableIterator<unknown> {
  const { scope, failure } = exchange;
  const listener = scope.onAbort((reason) => reader.cancel(reason));
  const close = (): void => {
    listener.close();
    exchange.close();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await scope.race(reader.next());
        if (result.done === true) close();
        return result;
      } catch (error) {
        const reason = failure(error);
        reader.cancel(reason);
        close();
        throw reason;
      }
    },
    async return() {
      await reader.return();
      close();
      return { done: true, value: undefined };
    },
  };
}

/** compression.md of grpc/grpc: what a client can't inflate is INTERNAL. */
function knownEncoding(headers: HttpHeaders): GrpcEncoding {
  const value = headers.get('grpc-encoding');
  const encoding = parseGrpcEncoding(value);
  if (encoding !== undefined) return encoding;
  const message = `messages are compressed by ${JSON.stringify(value?.slice(0, 100))}, not by one of ${ACCEPTED_ENCODINGS}`;
  throw new GrpcStatusError(GrpcStatus.INTERNAL, message);
}

function notOneMessage(): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.UNIMPLEMENTED, 'the server answered with another number of messages than one');
}
