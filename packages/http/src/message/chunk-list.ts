/**
 * Chunks that are going to be one.
 *
 * @remarks
 * Many small ones are put together on the way: a peer who sends a body byte by byte can't make it weigh a hundred times its size.
 */
export class ChunkList {
  readonly #chunks: Uint8Array[] = [];
  #byteCount = 0;
  /** Chunks in front that stay as they are, and the bytes in them. */
  #settledCount = 0;
  #settledBytes = 0;

  /** Bytes of all chunks. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Number of chunks that are held, in memory of their own. */
  get chunkCount(): number {
    return this.#chunks.length;
  }

  /** Takes a chunk, for good. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#byteCount += chunk.length;
    if (this.#chunks.length - this.#settledCount < MERGED_CHUNKS) return;
    const byteCount = this.#byteCount - this.#settledBytes;
    if (byteCount < MERGED_BYTES) this.#chunks.push(Buffer.concat(this.#chunks.splice(this.#settledCount), byteCount));
    this.#settledCount = this.#chunks.length;
    this.#settledBytes = this.#byteCount;
  }

  /** All bytes; the chunk itself, if there is only one. */
  joined(): Uint8Array {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#byteCount);
  }
}

const MERGED_CHUNKS = 256;
/** Chunks of a kilobyte and more are worth what they weigh. */
const MERGED_BYTES = MERGED_CHUNKS * 1_024;
