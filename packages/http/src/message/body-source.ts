import type { HttpHeaders } from './http-headers.ts';

/** Where the bytes of a body come from, one chunk at a time. */
export interface BodySource {
  /** @returns The next chunk, the caller's for good, or `undefined` at the end. Called again only after it settled. */
  read(): Promise<Uint8Array | undefined>;
  /** Nobody wants the rest. Called at most once, never after the end. */
  cancel(reason: unknown): void;
  /** Trailer fields; asked after the end. */
  readonly trailers?: HttpHeaders | undefined;
}

/** What a stream may yield: bytes, or text that is sent as UTF-8. */
export type BodyChunk = Uint8Array | string;

/** A source that pulls from an iterable, one chunk at a time. */
export function iterableSource(iterable: AsyncIterable<BodyChunk> | Iterable<BodyChunk>): BodySource {
  let iterator: AsyncIterator<BodyChunk> | Iterator<BodyChunk> | undefined;
  const start = (): AsyncIterator<BodyChunk> | Iterator<BodyChunk> =>
    Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  return {
    async read() {
      iterator ??= start();
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return undefined;
        if (value.length > 0) return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
      }
    },
    cancel() {
      // A generator that was never started has nothing to clean up.
      if (iterator?.return !== undefined) Promise.resolve(iterator.return()).catch(ignore);
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
        if (value.length > 0) return value;
      }
    },
    cancel(reason) {
      reader.cancel(reason).catch(ignore);
    },
  };
}

function ignore(): void {}
