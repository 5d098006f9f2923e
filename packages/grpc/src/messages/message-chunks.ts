import type { AnyGrpcCodec } from '../methods/grpc-method.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { compressMessage } from './message-compression.ts';
import type { MessageWriterOptions } from './message-writer.ts';
import { isToCompress, serialized } from './message-writer.ts';
import { iteratorOf } from './sync-messages.ts';

/**
 * Messages as bytes that are pulled: those that are there at once in one chunk.
 *
 * @remarks
 * Nothing is pulled before the first read. A read takes what comes without anything else having a turn, up to {@link CHUNK_BYTES}; a message
 * behind which the next one is not there goes alone, at once. So one message at most is pulled and waits for the next read, beside the
 * chunk that was read last.
 */
export class MessageChunks {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #codec: AnyGrpcCodec;
  readonly #options: MessageWriterOptions;
  readonly #maxChunkBytes: number;
  readonly #buffer = new FrameBuffer();
  #waiting: Waiting | undefined;
  #isPulling = false;
  #isPlanned = false;
  #end: { readonly failure?: { readonly error: unknown } } | undefined;

  /** @param maxChunkBytes - From that many bytes on nothing is added to a chunk. Default: {@link CHUNK_BYTES}. */
  constructor(
    messages: AsyncIterable<unknown>,
    codec: AnyGrpcCodec,
    options: MessageWriterOptions,
    maxChunkBytes: number = CHUNK_BYTES,
  ) {
    this.#iterator = iteratorOf(messages);
    this.#codec = codec;
    this.#options = options;
    this.#maxChunkBytes = maxChunkBytes;
  }

  /** Reads the next chunk; one read at a time. @returns `undefined` at the end. Rejects with what the messages fail with, behind those before. */
  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#buffer.byteCount > 0) this.#goOn();
      else if (this.#end !== undefined) this.#settle();
      else if (!this.#isPulling) this.#pull();
    });
  }

  /** Nobody takes more of them: a read, under way or to come, fails with `reason`. */
  stop(reason: unknown): void {
    this.#buffer.take();
    this.#end = { failure: { error: reason } };
    this.#settle();
  }

  /** Leaves the messages, as a loop does that is left. */
  leave(): void {
    try {
      Promise.resolve(this.#iterator.return?.()).catch(ignore);
    } catch {
      // Nobody is there who could hear of it.
    }
  }

  #pull(): void {
    try {
      // A loop for what needs no promise: as many calls would be as deep.
      while (this.#end === undefined) {
        const result = this.#iterator.next();
        if (!isSettled(result)) {
          this.#isPulling = true;
          result.then(this.#onResult, this.#onFailure);
          return;
        }
        if (result.done !== true && result.value instanceof Promise) {
          this.#await(result.value);
          return;
        }
        if (!this.#take(result)) return;
        if (!this.#wantsMore) {
          this.#settle();
          return;
        }
      }
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** An iterable that is not async may be one of promises, as in a loop that awaits. */
  #await(message: Promise<unknown>): void {
    this.#isPulling = true;
    message.then((value) => this.#onResult({ done: false, value }), this.#onFailure);
  }

  readonly #onResult = (result: IteratorResult<unknown>): void => {
    this.#isPulling = false;
    try {
      if (this.#take(result)) this.#goOn();
    } catch (error) {
      this.#onFailure(error);
    }
  };

  readonly #onFailure = (error: unknown): void => {
    this.#isPulling = false;
    this.#finish({ failure: { error } });
  };

  /** @returns Whether a message is in the buffer now. */
  #take(result: IteratorResult<unknown>): boolean {
    if (this.#end !== undefined) return false;
    if (result.done === true) {
      this.#finish({});
      return false;
    }
    const bytes = serialized(result.value, this.#codec);
    const { encoding } = this.#options;
    if (encoding === 'identity' || !isToCompress(bytes, result.value, this.#options)) {
      this.#buffer.add(bytes, false);
      return true;
    }
    this.#isPulling = true;
    compressMessage(bytes, encoding).then(this.#onCompressed, this.#onFailure);
    return false;
  }

  readonly #onCompressed = (bytes: Uint8Array): void => {
    this.#isPulling = false;
    if (this.#end !== undefined) return;
    this.#buffer.add(bytes, true);
    this.#goOn();
  };

  /** There is something: it goes when it is enough, or when nothing follows in this turn. */
  #goOn(): void {
    if (!this.#wantsMore) {
      this.#settle();
      return;
    }
    if (!this.#isPlanned) {
      this.#isPlanned = true;
      // A tick runs when every promise has settled that could without input or output. Never of a tick itself, which would come too soon.
      void SETTLED.then(() => process.nextTick(this.#onTick));
    }
    if (!this.#isPulling) this.#pull();
  }

  readonly #onTick = (): void => {
    this.#isPlanned = false;
    if (this.#buffer.byteCount > 0) this.#settle();
  };

  get #wantsMore(): boolean {
    return this.#waiting !== undefined && this.#end === undefined && this.#buffer.byteCount < this.#maxChunkBytes;
  }

  #finish(end: { readonly failure?: { readonly error: unknown } }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#settle();
  }

  /** Gives whoever waits what there is. */
  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    if (this.#buffer.byteCount > 0) waiting.resolve(this.#buffer.take());
    else if (this.#end?.failure === undefined) waiting.resolve(undefined);
    else waiting.reject(this.#end.failure.error);
  }
}

/** Who reads. */
interface Waiting {
  resolve(chunk: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

function isSettled(
  result: IteratorResult<unknown> | Promise<IteratorResult<unknown>>,
): result is IteratorResult<unknown> {
  return !('then' in result);
}

function ignore(): void {}

/** A DATA frame full: what is longer is sent in several, and others have their turn in between. */
export const CHUNK_BYTES = 16_384;
const SETTLED = Promise.resolve();
