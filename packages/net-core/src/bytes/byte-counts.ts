import type { ByteSink, ByteStream, CloseInfo, DetachedSocket, Pausable, ReadOptions } from './byte-stream.ts';

/** Bytes that went through a stream so far; live. */
export interface ByteCounts {
  /** Bytes that were read. */
  readonly bytesIn: number;
  /** Bytes that were written. */
  readonly bytesOut: number;
}

/** A stream that counts, as {@link countBytes} makes it. */
export interface CountedByteStream {
  /** The same stream; use it in place of the original. */
  readonly stream: ByteStream;
  /** What has gone through it. */
  readonly counts: ByteCounts;
}

/**
 * Counts the bytes that go through a stream.
 *
 * @remarks
 * Counts what the user of the stream takes and gives: bytes put back by `unread` are subtracted until they are read again.
 * The fast paths of the original stay fast paths.
 */
export function countBytes(stream: ByteStream): CountedByteStream {
  const counted = new CountingStream(stream);
  return { stream: counted, counts: counted.counts };
}

class CountingStream implements ByteStream {
  readonly counts: { bytesIn: number; bytesOut: number } = { bytesIn: 0, bytesOut: 0 };
  readonly consume?: (sink: ByteSink) => Pausable;
  readonly writeLent?: (chunk: Uint8Array) => boolean;
  readonly detach?: () => DetachedSocket | undefined;
  readonly #inner: ByteStream;

  constructor(inner: ByteStream) {
    this.#inner = inner;
    if (inner.consume !== undefined) this.consume = (sink) => this.#consume(sink);
    if (inner.writeLent !== undefined) this.writeLent = (chunk) => this.#writeLent(chunk);
    if (inner.detach !== undefined) this.detach = () => inner.detach?.();
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  async read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    const chunk = await this.#inner.read(options);
    if (chunk !== undefined) this.counts.bytesIn += chunk.length;
    return chunk;
  }

  unread(chunk: Uint8Array): void {
    this.counts.bytesIn -= chunk.length;
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    for (const chunk of chunks) this.counts.bytesOut += chunk.length;
    return this.#inner.write(chunks);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  #consume(sink: ByteSink): Pausable {
    const { counts } = this;
    const counting: ByteSink = {
      onBytes(chunk) {
        counts.bytesIn += chunk.length;
        return sink.onBytes(chunk);
      },
      onEnd: () => sink.onEnd(),
      ...(sink.chunkBytes === undefined ? {} : { chunkBytes: sink.chunkBytes }),
    };
    // Only asked for where the inner stream has it.
    return (this.#inner.consume as (sink: ByteSink) => Pausable).call(this.#inner, counting);
  }

  #writeLent(chunk: Uint8Array): boolean {
    this.counts.bytesOut += chunk.length;
    return this.#inner.writeLent?.(chunk) ?? false;
  }
}
