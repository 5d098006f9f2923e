import type { BodySource } from '@lamella/http';

/** Fills a chunk with the bytes that stand at an offset of a content. */
export type FillPattern = (chunk: Uint8Array, offset: number) => void;

/** A content of so many bytes that is made while it is read: however long it is, no more than one chunk is there. */
export class PatternSource implements BodySource {
  readonly #size: number;
  readonly #chunkBytes: number;
  readonly #fill: FillPattern;
  #offset = 0;

  constructor(size: number, fill: FillPattern, chunkBytes: number = 65_536) {
    this.#size = size;
    this.#chunkBytes = chunkBytes;
    this.#fill = fill;
  }

  async read(): Promise<Uint8Array | undefined> {
    const length = Math.min(this.#size - this.#offset, this.#chunkBytes);
    if (length === 0) return undefined;
    const chunk = new Uint8Array(length);
    this.#fill(chunk, this.#offset);
    this.#offset += length;
    return chunk;
  }

  cancel(): void {}
}

/** Letters from a to z, again and again: whoever gets a part sees which one it is. */
export const alphabet: FillPattern = (chunk, offset) => {
  for (let index = 0; index < chunk.length; index++) chunk[index] = 0x61 + ((offset + index) % 26);
};

/**
 * Bytes that look random, and are the same for the same seed.
 *
 * @remarks
 * A byte depends on the seed and its offset alone (the finalizer of MurmurHash3), so that chunks of any size give the same content.
 */
export function noise(seed: number): FillPattern {
  const start = mixed(seed);
  return (chunk, offset) => {
    for (let index = 0; index < chunk.length; index++) {
      const at = offset + index;
      const word = mixed(start ^ (at >>> 2));
      chunk[index] = word >>> ((at & 3) * 8);
    }
  };
}

function mixed(value: number): number {
  let hash = value ^ 0x9e3779b9;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
