import { UsageError } from '@lamella/service-core';
import type { HttpHeaders } from './http-headers.ts';

/** Where the bytes of a body come from, one chunk at a time. */
export interface BodySource {
  /**
   * Gives the next chunk.
   *
   * @returns The next chunk, the caller's for good, or `undefined` at the end. Called again only after it settled, and never
   * after it rejected.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Nobody wants the rest. Called at most once, never after the end or a failure. Must not throw. */
  cancel(reason: unknown): void;
  /**
   * Ends content that would go on for ever, such as an event stream, behind what has been read so far; called while a read may be under way. For
   * sources that still have something to say then: those of coded content. Default: it can be cut anywhere.
   *
   * @returns Whether the end comes by reading.
   */
  endEarly?(reason: unknown): boolean;
  /**
   * Calls `listener` once, at once if that is so already, when this needs nothing any more of what its bytes come from: all of them
   * are here, or no more will come, whether anybody reads or not. Default: known by reading only.
   */
  onOver?(listener: () => void): void;
  /** Trailer fields; asked after the end. */
  readonly trailers?: HttpHeaders | undefined;
  /** Whether {@link tryClone} would give a source now. Default false: what comes from a stream comes once. */
  readonly canClone?: boolean;
  /** Makes a source of the same content from its begin, however much of this one has been read; `undefined` if that is not possible. */
  tryClone?(): BodySource | undefined;
}

/** What a stream may yield: bytes, or text that is sent as UTF-8. */
export type BodyChunk = Uint8Array | string;

/** A source that pulls from a stream or an iterable, one chunk at a time. @throws UsageError if it is neither. */
export function sourceOf(
  init: ReadableStream<Uint8Array> | AsyncIterable<BodyChunk> | Iterable<BodyChunk>,
): BodySource {
  if (init instanceof ReadableStream) return webStreamSource(init);
  if (isIterable(init)) return iterableSource(init);
  throw new UsageError(`a body is text, bytes, or a stream or iterable of them, got ${typeof init}`);
}

/** The types promise it; but what is no iterable must not become the failure of a response whose head is sent. */
function isIterable(init: unknown): boolean {
  return typeof init === 'object' && init !== null && (Symbol.asyncIterator in init || Symbol.iterator in init);
}

/** A source that pulls from an iterable, one chunk at a time. */
export function iterableSource(iterable: AsyncIterable<BodyChunk> | Iterable<BodyChunk>): BodySource {
  let iterator: AsyncIterator<BodyChunk> | Iterator<BodyChunk> | undefined;
  const start = (): AsyncIterator<BodyChunk> | Iterator<BodyChunk> =>
    Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  // A generator that was never started has nothing to clean up.
  const stop = async (): Promise<void> => {
    // A Node stream has, even so; and while a read waits, its iterator frees nothing either.
    if ('destroy' in iterable && typeof iterable.destroy === 'function') iterable.destroy();
    await iterator?.return?.();
  };
  return {
    async read() {
      iterator ??= start();
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return undefined;
        const bytes = bytesOf(value);
        if (bytes === undefined) {
          stop().catch(ignore);
          throw noChunk(value);
        }
        if (bytes.length > 0) return bytes;
      }
    },
    cancel() {
      stop().catch(ignore);
    },
  };
}

/** A source that pulls from a Web stream, one chunk at a time. */
export function webStreamSource(stream: ReadableStream<Uint8Array>): BodySource {
  const reader = stream.getReader();
  return {
    async read() {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        const bytes = bytesOf(value);
        if (bytes === undefined) {
          const error = noChunk(value);
          reader.cancel(error).catch(ignore);
          throw error;
        }
        if (bytes.length > 0) return bytes;
      }
    },
    cancel(reason) {
      reader.cancel(reason).catch(ignore);
    },
  };
}

/** The types promise nothing else, but streams are often typed by hope. */
function bytesOf(chunk: unknown): Uint8Array | undefined {
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8');
  return chunk instanceof Uint8Array ? chunk : undefined;
}

function noChunk(value: unknown): UsageError {
  return new UsageError(`the chunks of a body must be Uint8Array or text, got ${typeof value}`);
}

function ignore(): void {}
