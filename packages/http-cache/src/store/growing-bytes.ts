/** Bytes that are put together in one piece: however small the pieces come, they weigh no more than twice what they hold. */
export class GrowingBytes {
  #bytes = Buffer.allocUnsafeSlow(1024);
  #byteCount = 0;

  add(chunk: Uint8Array): void {
    const byteCount = this.#byteCount + chunk.length;
    if (byteCount > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(byteCount, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#byteCount));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#byteCount);
    this.#byteCount = byteCount;
  }

  /** All bytes, in memory of just their size. */
  take(): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(this.#byteCount);
    bytes.set(this.#bytes.subarray(0, this.#byteCount));
    return bytes;
  }
}
