import { ENTRY_OVERHEAD } from './decoder-table.ts';
import type { EncoderName } from './encoder-names.ts';

/**
 * The dynamic table of an encoder: what the peer's decoder holds. RFC 7541 section 2.3.2.
 *
 * @remarks
 * Entries are numbered in the order in which they came in. Where a value is found is noted at its name; the ring here only knows
 * what leaves next.
 */
export class EncoderTable {
  #entries: (Entry | undefined)[] = new Array(INITIAL_SLOTS).fill(undefined);
  #bytes = 0;
  #maxBytes: number;
  /** Number of the entry that comes in next. */
  #next = 0;
  /** Number of the oldest entry. */
  oldest = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Number of entries. */
  get count(): number {
    return this.#next - this.oldest;
  }

  /** Size of all entries, in bytes as RFC 7541 section 4.1 counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Most that all entries may have, in bytes. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Sets the limit, and drops what no longer fits. RFC 7541 section 4.3. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#makeRoom(0);
  }

  /** Index of an entry in the dynamic table, 0 for the newest. */
  age(number: number): number {
    return this.#next - 1 - number;
  }

  /** Puts an entry in, which must fit into the table. */
  add(name: EncoderName, value: string): void {
    const bytes = name.text.length + value.length + ENTRY_OVERHEAD;
    this.#makeRoom(bytes);
    if (this.#next - this.oldest === this.#entries.length) this.#grow();
    this.#entries[this.#next & (this.#entries.length - 1)] = { name, value, bytes };
    this.#bytes += bytes;
    name.enter(value, this.#next++);
  }

  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#maxBytes) {
      const slot = this.oldest & (this.#entries.length - 1);
      const entry = this.#entries[slot];
      if (entry === undefined) return; // there is none left
      this.#entries[slot] = undefined;
      this.#bytes -= entry.bytes;
      entry.name.leave(entry.value, this.oldest++);
    }
  }

  #grow(): void {
    const entries = new Array<Entry | undefined>(this.#entries.length * 2).fill(undefined);
    for (let number = this.oldest; number < this.#next; number++) {
      entries[number & (entries.length - 1)] = this.#entries[number & (this.#entries.length - 1)];
    }
    this.#entries = entries;
  }
}

interface Entry {
  readonly name: EncoderName;
  readonly value: string;
  readonly bytes: number;
}

/** A power of two. */
const INITIAL_SLOTS = 8;
