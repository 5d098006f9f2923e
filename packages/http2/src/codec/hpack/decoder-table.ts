/**
 * The dynamic table of a decoder. RFC 7541 section 2.3.2.
 *
 * @remarks
 * A ring: the newest entry stands at `#newest`, older ones in front of it. It grows with what the peer puts in, never with what
 * it might.
 */
export class DecoderTable {
  /** Name and value of each slot, by turns. */
  #texts: string[] = new Array(INITIAL_SLOTS * 2).fill('');
  /** Two times the slot of the newest entry. */
  #newest = -2;
  #count = 0;
  #bytes = 0;
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Number of entries. */
  get count(): number {
    return this.#count;
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

  /** Puts an entry in. One that is larger than the table empties it, and is not kept. RFC 7541 section 4.4. */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + ENTRY_OVERHEAD;
    this.#makeRoom(bytes);
    if (bytes > this.#maxBytes) return;
    if (this.#count * 2 === this.#texts.length) this.#grow();
    this.#newest = (this.#newest + 2) & (this.#texts.length - 1);
    this.#texts[this.#newest] = name;
    this.#texts[this.#newest + 1] = value;
    this.#count++;
    this.#bytes += bytes;
  }

  /** @param age - 0 for the newest entry; below {@link count}. */
  name(age: number): string {
    return this.#texts[this.#nameAt(age)] as string; // inside of the ring
  }

  /** @param age - 0 for the newest entry; below {@link count}. */
  value(age: number): string {
    return this.#texts[this.#nameAt(age) + 1] as string; // inside of the ring
  }

  /** The length of the ring is a power of two, so this also holds for negative numbers. */
  #nameAt(age: number): number {
    return (this.#newest - age * 2) & (this.#texts.length - 1);
  }

  #makeRoom(bytes: number): void {
    while (this.#count > 0 && this.#bytes + bytes > this.#maxBytes) {
      const oldest = --this.#count;
      this.#bytes -= this.name(oldest).length + this.value(oldest).length + ENTRY_OVERHEAD;
      const nameAt = this.#nameAt(oldest);
      this.#texts[nameAt] = '';
      this.#texts[nameAt + 1] = '';
    }
  }

  #grow(): void {
    const texts: string[] = new Array(this.#texts.length * 2).fill('');
    for (let age = 0; age < this.#count; age++) {
      const nameAt = (this.#count - 1 - age) * 2;
      texts[nameAt] = this.name(age);
      texts[nameAt + 1] = this.value(age);
    }
    this.#texts = texts;
    this.#newest = (this.#count - 1) * 2;
  }
}

/** What an entry counts beside its name and value, in bytes. RFC 7541 section 4.1. */
export const ENTRY_OVERHEAD = 32;

/** A power of two. */
const INITIAL_SLOTS = 8;
