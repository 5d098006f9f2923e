import type { HttpBody } from '@lamella/http';
import { ClosedError } from '@lamella/service-core';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { MessageFrame } from '../codec/message-frame.ts';
import { MessageFrameDecoder } from '../codec/message-frame.ts';
import { GrpcStatusError } from '../errors.ts';
import type { AnyGrpcCodec } from '../methods/grpc-method.ts';
import { inflateMessage } from './message-compression.ts';

/** What a {@link MessageReader} reads, and how. */
export interface MessageReaderOptions {
  readonly codec: AnyGrpcCodec;
  readonly encoding: GrpcEncoding;
  /** Longest message, in bytes, on the wire and inflated. */
  readonly maxMessageBytes: number;
  /** Called when all messages have been read, and before the reader says so; what it throws is the reader's failure. */
  readonly onEnd?: () => void;
  /** Says a failure of the body in other words. Default: as it is. */
  readonly toFailure?: (error: unknown) => unknown;
}

/**
 * The messages of a body, one at a time.
 *
 * @remarks
 * Nothing is read ahead: who takes no messages stops the sender. Whoever asks for several at once gets them one behind the other. Leaving the
 * loop cancels the body, as does a failure.
 */
export class MessageReader implements AsyncIterableIterator<unknown> {
  readonly #body: HttpBody;
  readonly #options: MessageReaderOptions;
  readonly #decoder: MessageFrameDecoder;
  /** A message that has to be inflated first. */
  #laterFrame: MessageFrame | undefined;
  /** Reads that are under way, or wait for their turn behind the last one. */
  #readCount = 0;
  #lastRead: Promise<IteratorResult<unknown, undefined>> | undefined;
  #isBegun = false;
  #isBodyOver = false;
  #isOver = false;

  constructor(body: HttpBody, options: MessageReaderOptions) {
    this.#body = body;
    this.#options = options;
    this.#decoder = new MessageFrameDecoder(options.maxMessageBytes);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    try {
      const result = this.nextAtHand();
      if (result !== undefined) return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
    const last = this.#lastRead;
    this.#readCount++;
    const read = last === undefined ? this.#nextLater() : this.#nextBehind(last);
    if (this.#readCount > 0) this.#lastRead = read; // none that is over: it would keep its message
    return read;
  }

  /**
   * Takes the next message without a promise, if its bytes are here: of many messages in one chunk each is.
   *
   * @returns `undefined` if there is no such message, whatever the reason; {@link next} knows.
   * @throws GrpcStatusError if it is none.
   */
  nextAtHand(): IteratorYieldResult<unknown> | undefined {
    if (this.#isOver || this.#laterFrame !== undefined || this.#readCount > 0) return undefined;
    try {
      const frame = this.#decoder.next();
      if (frame === undefined) return undefined;
      if (!frame.isCompressed) return { done: false, value: deserialized(frame.bytes, this.#options.codec) };
      this.#laterFrame = frame;
      return undefined;
    } catch (error) {
      this.#isOver = true;
      this.#body.cancel(error);
      throw error;
    }
  }

  #nextBehind(last: Promise<unknown>): Promise<IteratorResult<unknown, undefined>> {
    const turn = (): Promise<IteratorResult<unknown, undefined>> => this.#nextLater();
    return last.then(turn, turn);
  }

  async #nextLater(): Promise<IteratorResult<unknown, undefined>> {
    const { codec, encoding, maxMessageBytes, toFailure } = this.#options;
    try {
      if (this.#isOver) return { done: true, value: undefined };
      for (;;) {
        const frame = this.#laterFrame ?? this.#decoder.next();
        this.#laterFrame = undefined;
        if (frame !== undefined) {
          const { isCompressed } = frame;
          const bytes = isCompressed ? await inflateMessage(frame.bytes, encoding, maxMessageBytes) : frame.bytes;
          return { done: false, value: deserialized(bytes, codec) };
        }
        if (this.#takeWhole()) continue;
        let chunk: Uint8Array | undefined;
        try {
          chunk = this.#isBodyOver ? undefined : await this.#body.read();
        } catch (error) {
          throw toFailure?.(error) ?? error;
        }
        if (chunk === undefined) break;
        this.#decoder.push(chunk);
      }
      this.#end();
      return { done: true, value: undefined };
    } catch (error) {
      this.#isOver = true;
      this.#body.cancel(error);
      throw error;
    } finally {
      if (--this.#readCount === 0) this.#lastRead = undefined;
    }
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.#isOver) this.cancel(new ClosedError('the messages are not wanted any more'));
    return { done: true, value: undefined };
  }

  /** Whether everything has been read, or will not be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Gives the rest up. A read that is under way fails with `reason`. */
  cancel(reason: unknown): void {
    this.#isOver = true;
    this.#body.cancel(reason);
  }

  /**
   * Takes the one message of a body, and its end, without a promise: most bodies of one message are here as a whole.
   *
   * @returns `undefined` if the body has to be read, or the message inflated: {@link single} does.
   * @throws GrpcStatusError as {@link single} rejects.
   */
  singleAtHand(failure: () => GrpcStatusError): { readonly message: unknown } | undefined {
    if (!this.#takeWhole()) return undefined;
    const first = this.nextAtHand();
    if (first === undefined) return undefined;
    if (this.nextAtHand() !== undefined || this.#laterFrame !== undefined) throw failure();
    this.#end();
    return { message: first.value };
  }

  /**
   * Reads the one message of a body, and its end.
   *
   * @param failure - What a body with none or with several fails with.
   */
  async single(failure: () => GrpcStatusError): Promise<unknown> {
    const first = await this.next();
    if (first.done === true) throw failure();
    const second = this.nextAtHand() ?? (await this.next());
    if (second.done === true) return first.value;
    await this.return();
    throw failure();
  }

  /** Gives the decoder what is at hand already: that needs no promise. @returns Whether it was the whole body. */
  #takeWhole(): boolean {
    if (this.#isBegun) return false;
    this.#isBegun = true;
    const whole = this.#body.takeWhole();
    if (whole === undefined) return false;
    this.#isBodyOver = true;
    this.#decoder.push(typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole);
    return true;
  }

  /** All has been read. */
  #end(): void {
    const isCut = !this.#decoder.isAtBoundary;
    this.#isOver = true;
    // Where a status says why the rest is missing, that is what the reader wants to hear.
    this.#options.onEnd?.();
    if (isCut) throw new GrpcStatusError(GrpcStatus.INTERNAL, 'the messages end in the middle of one');
  }
}

/** Makes a message of bytes. @throws GrpcStatusError INTERNAL if the codec fails. */
export function deserialized(bytes: Uint8Array, codec: AnyGrpcCodec): unknown {
  try {
    return codec.deserialize(plainBytes(bytes));
  } catch (error) {
    if (error instanceof GrpcStatusError) throw error;
    throw new GrpcStatusError(GrpcStatus.INTERNAL, 'a message can not be read', { cause: error });
  }
}

/** No Buffer: what a codec takes out of it is its own kind of bytes, and people compare those. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
}
