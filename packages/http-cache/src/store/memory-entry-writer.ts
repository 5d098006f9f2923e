import { GrowingBytes } from './growing-bytes.ts';
import type { CacheEntryWriter } from './http-cache-store.ts';

/** Where a {@link MemoryEntryWriter} has its memory from, and where its body goes. */
export interface MemoryEntryRoom {
  /** Longest body, in bytes. */
  readonly maxEntryBytes: number;
  /** Takes so many bytes more, or gives them back. @returns `false` if they are not to be had; nothing is taken then. */
  readonly hold: (byteCount: number) => boolean;
  /** Takes over the whole body, once what it held is given back. */
  readonly onWhole: (body: Uint8Array) => void;
}

/** A body on its way into memory, which counts from its first byte on. */
export class MemoryEntryWriter implements CacheEntryWriter {
  readonly #room: MemoryEntryRoom;
  readonly #bytes: GrowingBytes;
  #heldBytes: number;
  #isEnded = false;

  /** @param headBytes - What the head takes, which the room holds already. */
  constructor(room: MemoryEntryRoom, headBytes: number) {
    this.#room = room;
    this.#bytes = new GrowingBytes(room.maxEntryBytes);
    this.#heldBytes = headBytes;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isEnded) return false;
    const growth = this.#bytes.sizeWith(chunk.length) - this.#bytes.sizeWith(0);
    const isTooLong = this.#bytes.byteCount + chunk.length > this.#room.maxEntryBytes;
    if (isTooLong || !this.#room.hold(growth)) {
      this.abort();
      return false;
    }
    this.#heldBytes += growth;
    this.#bytes.add(chunk);
    return true;
  }

  commit(): void {
    if (this.#isEnded) return;
    const body = this.#bytes.take();
    this.abort();
    this.#room.onWhole(body);
  }

  abort(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#bytes.clear();
    this.#room.hold(-this.#heldBytes);
  }
}
