import type { GrpcCall } from '../calls/grpc-call.ts';
import { NO_MESSAGES } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { encodeBase64 } from '../codec/base64.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { TtrpcFrame } from '../codec/ttrpc/ttrpc-frame.ts';
import { TtrpcFlag, TtrpcType } from '../codec/ttrpc/ttrpc-frame.ts';
import { decodeTtrpcResponse, encodeTtrpcRequest } from '../codec/ttrpc/ttrpc-messages.ts';
import { GrpcStatusError } from '../errors.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import { deserialized } from '../messages/message-reader.ts';
import { serialized } from '../messages/message-writer.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import { TtrpcInbox } from './ttrpc-inbox.ts';
import type { TtrpcLink } from './ttrpc-link.ts';

/** What a {@link TtrpcClientCall} needs of its connection. */
export interface TtrpcClientCallHost {
  readonly link: TtrpcLink;
  readonly maxMessageBytes: number;
  /** The call is over: frames for it are nobody's any more. */
  onOver(streamId: number): void;
}

/** One call of a client, on its stream. */
export class TtrpcClientCall {
  readonly #call: GrpcCall;
  readonly #streamId: number;
  readonly #host: TtrpcClientCallHost;
  readonly #inbox: TtrpcInbox;
  /** What is still to be sent, where that is a stream. */
  #outgoing: AsyncIterator<unknown> | undefined;
  #isOver = false;

  constructor(call: GrpcCall, streamId: number, host: TtrpcClientCallHost) {
    this.#call = call;
    this.#streamId = streamId;
    this.#host = host;
    this.#inbox = new TtrpcInbox(host.link);
  }

  /** Makes the request, before anything is promised. @throws GrpcStatusError if the message can't be sent. */
  encode(): Uint8Array {
    const { method, message, metadata, deadline } = this.#call;
    const isStream = hasRequestStream(method.type);
    const data = encodeTtrpcRequest({
      service: method.service,
      method: method.name,
      payload: isStream ? NOTHING : serialized(message, method.request),
      timeoutNano: deadline === undefined ? 0n : nanosecondsOf(deadline.remainingMs),
      metadata: pairsOf(metadata),
    });
    return this.#checked(data);
  }

  /** Sends the request and brings the reply. */
  async run(request: Uint8Array): Promise<GrpcReply> {
    const { method, scope } = this.#call;
    const listener = scope.onAbort((reason) => this.fail(reason));
    try {
      void this.#send(TtrpcType.REQUEST, requestFlags(method.type), request);
      if (hasRequestStream(method.type)) void this.#sendMessages();
      const metadata = new GrpcMetadata();
      const trailers = new GrpcMetadata();
      if (hasResponseStream(method.type)) {
        return { metadata, message: undefined, messages: this.#messages(() => listener.close()), trailers };
      }
      const result = await this.#inbox.next();
      listener.close();
      const bytes = result.done === true ? NOTHING : result.value;
      return { metadata, message: deserialized(bytes, method.response), messages: NO_MESSAGES, trailers };
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  /** Takes a frame of this stream. */
  onFrame({ type, flags, data }: TtrpcFrame): void {
    if (data === undefined) this.fail(tooLong(this.#host.maxMessageBytes));
    else if (type === TtrpcType.RESPONSE) this.#onResponse(data);
    else if (type === TtrpcType.DATA) this.#onData(flags, data);
  }

  /** Ends the call with an error. What the server still sends is left aside: there is no way to tell it. */
  fail(error: unknown): void {
    this.#inbox.fail(error);
    this.#over();
  }

  #onResponse(data: Uint8Array): void {
    try {
      const { failure, payload } = decodeTtrpcResponse(data);
      if (failure !== undefined) throw failure;
      // Where there is a stream, a message with the end is possible, and an empty one is none.
      if (payload.length > 0 || !hasResponseStream(this.#call.method.type)) this.#inbox.push(payload);
      this.#inbox.end();
      this.#over();
    } catch (error) {
      this.#failLate(error);
    }
  }

  #onData(flags: number, data: Uint8Array): void {
    if (!hasResponseStream(this.#call.method.type)) {
      this.fail(new GrpcStatusError(GrpcStatus.INTERNAL, 'the server sends a stream where there is one message'));
      return;
    }
    if ((flags & TtrpcFlag.NO_DATA) === 0) this.#inbox.push(data);
    if ((flags & TtrpcFlag.REMOTE_CLOSED) === 0) return;
    this.#inbox.end();
    this.#over();
  }

  /** Messages that came before a status are still for the caller. */
  #failLate(error: unknown): void {
    this.#inbox.endWith(error);
    this.#over();
  }

  async #sendMessages(): Promise<void> {
    const { messages, method } = this.#call;
    try {
      const iterator = messages[Symbol.asyncIterator]();
      this.#outgoing = iterator;
      while (!this.#isOver) {
        const result = await iterator.next();
        if (this.#isOver) return;
        if (result.done === true) {
          this.#outgoing = undefined;
          void this.#send(TtrpcType.DATA, TtrpcFlag.REMOTE_CLOSED | TtrpcFlag.NO_DATA, NOTHING);
          return;
        }
        await this.#send(TtrpcType.DATA, 0, this.#checked(serialized(result.value, method.request)));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #messages(close: () => void): AsyncIterableIterator<unknown> {
    const inbox = this.#inbox;
    const { response } = this.#call.method;
    const leave = (reason: unknown): void => {
      this.fail(reason);
      close();
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        try {
          const result = await inbox.next();
          if (result.done !== true) return { done: false, value: deserialized(result.value, response) };
          close();
          return result;
        } catch (error) {
          leave(error);
          throw error;
        }
      },
      async return() {
        leave(new GrpcStatusError(GrpcStatus.CANCELLED, 'the messages are not wanted any more'));
        return { done: true, value: undefined };
      },
    };
  }

  #send(type: number, flags: number, data: Uint8Array): Promise<void> | undefined {
    return this.#host.link.send(this.#streamId, type, flags, data);
  }

  #checked(data: Uint8Array): Uint8Array {
    if (data.length > this.#host.maxMessageBytes) throw tooLong(this.#host.maxMessageBytes);
    return data;
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    Promise.resolve(this.#outgoing?.return?.()).catch(ignore);
    this.#host.onOver(this.#streamId);
  }
}

function requestFlags(type: GrpcCall['method']['type']): number {
  if (type === 'unary') return 0;
  return hasRequestStream(type) ? TtrpcFlag.REMOTE_OPEN : TtrpcFlag.REMOTE_CLOSED;
}

/** At least one, since 0 stands for no limit; and no more than a field holds, which is 292 years. */
function nanosecondsOf(ms: number): bigint {
  const nanoseconds = Math.max(1, Math.round(ms * 1e6));
  return nanoseconds < 2 ** 63 ? BigInt(nanoseconds) : 2n ** 63n - 1n;
}

/** Bytes as Base64, as gRPC has them on the wire. */
function pairsOf(metadata: GrpcMetadata): string[] {
  const pairs: string[] = [];
  for (const [name, value] of metadata) pairs.push(name, typeof value === 'string' ? value : encodeBase64(value));
  return pairs;
}

function tooLong(maximum: number): GrpcStatusError {
  return new GrpcStatusError(
    GrpcStatus.RESOURCE_EXHAUSTED,
    `a message is longer than maxMessageBytes of ${maximum} bytes`,
  );
}

function ignore(): void {}

const NOTHING = new Uint8Array(0);
