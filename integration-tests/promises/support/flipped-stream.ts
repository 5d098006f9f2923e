import type { ByteStream, CloseInfo, ReadOptions } from '@lamella/net-core';

/** Which byte is changed: the how manyth that comes in, or that goes out. */
export interface Flip {
  readonly direction: 'in' | 'out';
  readonly atByte: number;
}

/** A stream on which one byte becomes another one; all else passes as it is. */
export function flippedStream(inner: ByteStream, flip: Flip): ByteStream {
  return new FlippedStream(inner, flip);
}

class FlippedStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #flip: Flip;
  #passed = 0;

  constructor(inner: ByteStream, flip: Flip) {
    this.#inner = inner;
    this.#flip = flip;
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  async read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    const chunk = await this.#inner.read(options);
    return chunk === undefined || this.#flip.direction === 'out' ? chunk : this.#changed(chunk);
  }

  unread(chunk: Uint8Array): void {
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#flip.direction === 'in') return this.#inner.write(chunks);
    return this.#inner.write(chunks.map((chunk) => this.#changed(chunk)));
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  #changed(chunk: Uint8Array): Uint8Array {
    const at = this.#flip.atByte - this.#passed;
    this.#passed += chunk.length;
    if (at < 0 || at >= chunk.length) return chunk;
    const copy = Uint8Array.from(chunk); // the other one may belong to somebody else
    copy[at] = (copy[at] ?? 0) ^ 0x15;
    return copy;
  }
}
