import type { ByteStream, CloseInfo, ReadOptions } from '@lamella/net-core';

/** Finds the records of TLS in what a stream carries. RFC 8446 section 5.1. */
export class RecordTap implements ByteStream {
  readonly #inner: ByteStream;
  readonly #in = new RecordBounds();
  readonly #out = new RecordBounds();

  constructor(inner: ByteStream) {
    this.#inner = inner;
  }

  /** Where the records that came begin, and where the last one ends, in bytes. */
  get boundsIn(): readonly number[] {
    return this.#in.bounds;
  }

  /** The same for the records that went out. */
  get boundsOut(): readonly number[] {
    return this.#out.bounds;
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  async read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    const chunk = await this.#inner.read(options);
    if (chunk !== undefined) this.#in.take(chunk);
    return chunk;
  }

  unread(chunk: Uint8Array): void {
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    for (const chunk of chunks) this.#out.take(chunk);
    return this.#inner.write(chunks);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }
}

/** Reads the five bytes in front of each record, cut anywhere. */
class RecordBounds {
  readonly bounds: number[] = [0];
  #head = Buffer.alloc(0);
  #left = 0;

  take(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#left === 0) {
        const missing = 5 - this.#head.length;
        this.#head = Buffer.concat([this.#head, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.#head.length < 5) return;
        this.#left = this.#head.readUInt16BE(3);
        this.bounds.push((this.bounds.at(-1) ?? 0) + 5 + this.#left);
        this.#head = Buffer.alloc(0);
      }
      const taken = Math.min(this.#left, rest.length);
      this.#left -= taken;
      rest = rest.subarray(taken);
    }
  }
}
