import type { HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { AbortListener, Clock, Timer } from '@lamella/service-core';
import { AbortScope, ClosedError } from '@lamella/service-core';
import { endOfCall, isGrpcStatusError } from '../calls/end-of-call.ts';
import { GrpcAnswer } from '../calls/grpc-answer.ts';
import { NO_MESSAGES } from '../calls/grpc-call.ts';
import { CallDeadline, deadlineExceeded, enforceDeadline } from '../calls/grpc-deadline.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { GrpcServerCall } from '../calls/grpc-server-call.ts';
import { grpcFormatOf } from '../codec/content-type.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { acceptsEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { MessageChunks } from '../messages/message-chunks.ts';
import { MessageReader } from '../messages/message-reader.ts';
import type { MessageWriterOptions } from '../messages/message-writer.ts';
import { encodeMessage } from '../messages/message-writer.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import type { AdmittedCall } from './admit-call.ts';
import { admitCall } from './admit-call.ts';
import type { GrpcImplementedMethod } from './implement-service.ts';
import { replyBody } from './reply-body.ts';
import { failureResponse, failureTrailers, messagesResponse, okTrailers } from './responses.ts';
import { ServerCallParts } from './server-call-parts.ts';
import { strangersCodec } from './strangers-codec.ts';

/** What a {@link ServerExchange} needs of the options of its service. */
export interface ServerExchangeOptions {
  readonly maxMessageBytes: number;
  readonly maxMetadataBytes: number;
  readonly encoding: GrpcEncoding;
  readonly compressFromBytes: number;
  readonly clock: Clock;
  readonly onError: (error: unknown, request: HttpRequest) => void;
}

/** One call on a server, from its request to the end of its response. */
export class ServerExchange {
  readonly #request: HttpRequest;
  readonly #options: ServerExchangeOptions;
  /** That of the request, as long as nothing else can end the call. */
  #scope: AbortScope;
  readonly #answer = new GrpcAnswer();
  #timer: Timer | undefined;
  #listener: AbortListener | undefined;
  #writer: MessageWriterOptions | undefined;
  #reader: MessageReader | undefined;

  constructor(request: HttpRequest, options: ServerExchangeOptions) {
    this.#request = request;
    this.#options = options;
    this.#scope = request.scope;
  }

  /** Serves the call. Never rejects: every failure is a status. */
  async serve(methods: ReadonlyMap<string, GrpcImplementedMethod>): Promise<HttpResponse> {
    try {
      const admitted = admitCall(this.#request, methods, this.#options);
      const { method } = admitted;
      this.#begin(admitted);
      const reader = this.#readerOf(admitted);
      let message: unknown;
      if (!hasRequestStream(method.type)) {
        const atHand = reader.singleAtHand(notOneMessage);
        message = atHand === undefined ? await this.#scope.race(reader.single(notOneMessage)) : atHand.message;
      }
      const reply = await this.#scope.race(admitted.service.serve(this.#callOf(admitted, message, reader)));
      if (hasResponseStream(method.type)) return await this.#streamed(method, reply);
      const encoded = encodeMessage(reply.message, method.response, this.#writerOptions);
      const bytes = encoded instanceof Uint8Array ? encoded : await encoded;
      this.#close();
      let trailers: HttpHeaders | undefined; // engines ask several times
      const body = HttpBody.from(bytes, {
        trailers() {
          trailers ??= okTrailers(reply.trailers);
          return trailers;
        },
      });
      return messagesResponse(method.response.format, this.#encoding, reply.metadata, body);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #begin({ method, deadline }: AdmittedCall): void {
    if (deadline !== undefined || hasResponseStream(method.type)) this.#scope = new AbortScope(this.#request.scope);
    if (deadline?.isOver === true) throw deadlineExceeded();
    this.#timer = enforceDeadline(deadline, this.#scope, this.#options.clock);
    // Who streams messages sends the next one when there is one; a single one has no reason to be slow.
    if (hasRequestStream(method.type)) this.#request.allowQuiet();
  }

  #readerOf({ method, encoding }: AdmittedCall): MessageReader {
    const { maxMessageBytes } = this.#options;
    const codec = strangersCodec(method.request);
    this.#reader = new MessageReader(this.#request.body, { codec, encoding, maxMessageBytes, toFailure });
    return this.#reader;
  }

  #callOf(admitted: AdmittedCall, message: unknown, reader: MessageReader): GrpcServerCall {
    const { method, deadline } = admitted;
    const messages = hasRequestStream(method.type) ? reader : NO_MESSAGES;
    if (deadline !== undefined) this.#request.extensions.insert(CallDeadline, deadline);
    const parts = new ServerCallParts(admitted, message, messages, this.#scope, this.#request);
    return new GrpcServerCall(parts, this.#request, this.#answer);
  }

  /** The head goes with the first message, or when the handler wants it sent. */
  async #streamed(method: GrpcMethod, reply: GrpcReply): Promise<HttpResponse> {
    const chunks = new MessageChunks(reply.messages, method.response, this.#writerOptions);
    this.#listener = this.#scope.onAbort((reason) => chunks.stop(reason));
    let isLeft = false;
    const stop = (): void => {
      if (!isLeft) chunks.leave();
      isLeft = true;
    };
    const first = chunks.read();
    first.catch(stop);
    await Promise.race([first, this.#answer.wanted()]);
    let next: Promise<Uint8Array | undefined> | undefined = first;
    const body = replyBody({
      next: () => {
        const wanted = next ?? chunks.read();
        next = undefined;
        return wanted;
      },
      end: (failure) => {
        if (failure === undefined) {
          this.#close();
          return okTrailers(reply.trailers);
        }
        stop();
        return failureTrailers(this.#end(failure.error), reply.trailers);
      },
      cancel: (reason) => {
        this.#scope.abort(reason);
        stop();
        this.#close();
      },
    });
    return messagesResponse(method.response.format, this.#encoding, reply.metadata, body);
  }

  #failed(error: unknown): HttpResponse {
    const format = grpcFormatOf(this.#request.headers.get('content-type')) ?? 'proto';
    return failureResponse(format, this.#end(error), this.#answer.metadata, this.#answer.trailers);
  }

  #end(error: unknown): GrpcStatusError {
    const { status, isUnexpected } = endOfCall(error, this.#scope);
    this.#close();
    if (isUnexpected) this.#options.onError(error, this.#request);
    return status;
  }

  /** The call is over: what the client still sends is of no use. */
  #close(): void {
    this.#timer?.cancel();
    this.#listener?.close();
    if (this.#scope !== this.#request.scope) this.#scope.close();
    if (this.#reader?.isOver !== true) this.#request.body.cancel(new ClosedError('the call is over'));
  }

  get #encoding(): GrpcEncoding {
    const { encoding } = this.#options;
    if (encoding === 'identity') return encoding;
    const isAccepted = acceptsEncoding(this.#request.headers.get('grpc-accept-encoding'), encoding);
    return isAccepted ? encoding : 'identity';
  }

  get #writerOptions(): MessageWriterOptions {
    const { compressFromBytes } = this.#options;
    this.#writer ??= { encoding: this.#encoding, compressFromBytes, compresses: () => this.#answer.compresses };
    return this.#writer;
  }
}

function notOneMessage(): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.UNIMPLEMENTED, 'the method takes exactly one message');
}

/** The client is gone, or what lies between has given up; unless it says what is wrong. */
function toFailure(cause: unknown): GrpcStatusError {
  if (isGrpcStatusError(cause)) return cause;
  return new GrpcStatusError(GrpcStatus.CANCELLED, 'the request was broken off', { cause });
}
