/** Bytes that are put together in one piece: however small the pieces come, they weigh no more than twice what they hold. */
export class GrowingBytes {
  readonly #maxBytes: number;
  #bytes = Buffer.allocUnsafeSlow(0);
  #byteCount = 0;

  /** @param maxBytes - Most that will ever be added; no memory is taken beyond it. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are there. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Memory that is taken once so many bytes more are there. */
  sizeWith(byteCount: number): number {
    const wanted = this.#byteCount + byteCount;
    if (wanted <= this.#bytes.length) return this.#bytes.length;
    return Math.max(wanted, Math.min(2 * this.#bytes.length, this.#maxBytes));
  }

  add(chunk: Uint8Array): void {
    const size = this.sizeWith(chunk.length);
    if (size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(size);
      larger.set(this.#bytes.subarray(0, this.#byteCount));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#byteCount);
    this.#byteCount += chunk.length;
  }

  /** All bytes, in memory of just their size; nothing is left here. */
  take(): Uint8Array {
    const taken = this.#bytes;
    const byteCount = this.#byteCount;
    this.clear();
    if (taken.length === byteCount) return taken;
    const bytes = Buffer.allocUnsafeSlow(byteCount);
    bytes.set(taken.subarray(0, byteCount));
    return bytes;
  }

  /** Gives the memory back. */
  clear(): void {
    this.#bytes = Buffer.allocUnsafeSlow(0);
    this.#byteCount = 0;
  }
}
