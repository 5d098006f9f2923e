import type { HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import type { AbortScope, Service } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import { NO_MESSAGES } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { ACCEPTED_ENCODINGS, parseGrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { metadataOf } from '../codec/metadata-fields.ts';
import { GrpcStatusError } from '../errors.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import { MessageReader } from '../messages/message-reader.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import { attemptRequest } from './attempt-request.ts';
import type { AttemptContent } from './call-content-types.ts';
import { checkHead, endMetadata } from './response-status.ts';
import { toCallFailure } from './to-call-failure.ts';

/** What {@link attemptOverHttp} needs of the options of its client. */
export interface AttemptOverHttpOptions {
  /** Scheme and authority, and what may stand before the path. */
  readonly url: string;
  readonly userAgent: string;
  readonly maxMessageBytes: number;
  readonly maxMetadataBytes: number;
}

/** One attempt at a call. */
export interface CallAttempt {
  /** The call, with the metadata and the store of the attempt. */
  readonly call: GrpcCall;
  /** Aborts this attempt, and may abort others. Whoever makes the attempt closes it. */
  readonly scope: AbortScope;
  readonly content: AttemptContent;
  readonly encoding: GrpcEncoding;
  /** The server has begun to answer, and not with a status alone: that is for the caller, whatever follows. */
  onHead(): void;
  /** The messages of the reply are over, where it has a stream of them. */
  onEnd(): void;
}

/** Makes an attempt. Rejects with what the call is to reject with. */
export type MakeAttempt = (attempt: CallAttempt) => Promise<GrpcReply>;

/** Attempts over HTTP: a request and its response. */
export function attemptOverHttp(
  service: Service<HttpRequest, HttpResponse>,
  options: AttemptOverHttpOptions,
): MakeAttempt {
  return async (attempt) => {
    const { call, scope, content, encoding } = attempt;
    const { body } = content;
    let response: HttpResponse | undefined;
    try {
      response = await scope.race(service.serve(attemptRequest({ call, scope, body, encoding }, options)));
      const reply = replyOf(response, attempt, options);
      return reply instanceof Promise ? await scope.race(reply) : reply;
    } catch (error) {
      const reason = failureOf(error, attempt);
      response?.body.cancel(reason);
      // One message is given at once; making an error for nobody would cost more than the message.
      if (hasRequestStream(call.method.type)) body.cancel(new ClosedError('the attempt is over'));
      throw reason;
    }
  };
}

/** @returns A promise only where the one message is not here yet. */
function replyOf(
  response: HttpResponse,
  attempt: CallAttempt,
  options: AttemptOverHttpOptions,
): GrpcReply | Promise<GrpcReply> {
  const { call } = attempt;
  const { body, headers } = response;
  const isEnd = headers.has('grpc-status');
  // A status in the head is the last word, whatever comes behind it.
  const early = isEnd ? endMetadata(headers, options.maxMetadataBytes) : undefined;
  if (!isEnd) checkHead(response, call.method.response.format);
  attempt.onHead();
  const metadata = isEnd ? new GrpcMetadata() : metadataOf(headers, options.maxMetadataBytes);
  const trailers = new GrpcMetadata();
  const reader = new MessageReader(body, {
    codec: call.method.response,
    encoding: knownEncoding(headers),
    maxMessageBytes: options.maxMessageBytes,
    onEnd: () => trailers.appendAll(early ?? endMetadata(body.trailers, options.maxMetadataBytes)),
  });
  if (hasResponseStream(call.method.type)) {
    return { metadata, message: undefined, messages: watched(reader, attempt), trailers };
  }
  const singleReply = (message: unknown): GrpcReply => ({ metadata, message, messages: NO_MESSAGES, trailers });
  const atHand = reader.singleAtHand(notOneMessage);
  return atHand === undefined ? reader.single(notOneMessage).then(singleReply) : singleReply(atHand.message);
}

/** Messages that end the call with themselves: read to the end, failed, or left. An abort needs nobody who reads. */
function watched(reader: MessageReader, attempt: CallAttempt): AsyncIterableIterator<unknown> {
  const { scope } = attempt;
  const listener = scope.onAbort((reason) => reader.cancel(reason));
  const close = (): void => {
    listener.close();
    attempt.onEnd();
  };
  const failed = (error: unknown): unknown => {
    const reason = failureOf(error, attempt);
    reader.cancel(reason);
    close();
    return reason;
  };
  const later = async (): Promise<IteratorResult<unknown, undefined>> => {
    try {
      const result = await scope.race(reader.next());
      if (result.done === true) close();
      return result;
    } catch (error) {
      throw failed(error);
    }
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      try {
        const result = reader.nextAtHand();
        return result === undefined ? later() : Promise.resolve(result);
      } catch (error) {
        return Promise.reject(failed(error));
      }
    },
    async return() {
      await reader.return();
      close();
      return { done: true, value: undefined };
    },
  };
}

function failureOf(error: unknown, { scope, call }: CallAttempt): unknown {
  return toCallFailure(error, scope, call.deadline);
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
