/**
 * The dynamic table of a decoder. RFC 7541 section 2.3.2.
 *
 * @remarks
 * A ring: the newest entry stands at `#newest`, older ones in front of it. It grows with what the peer puts in, never with what
 * it might.
 */
export class DecoderTable {
  #names: string[] = new Array(INITIAL_SLOTS).fill('');
  #values: string[] = new Array(INITIAL_SLOTS).fill('');
  #newest = -1;
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
    if (this.#count === this.#names.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#names.length - 1);
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#count++;
    this.#bytes += bytes;
  }

  /** @param age - 0 for the newest entry; below {@link count}. */
  name(age: number): string {
    return this.#names[this.#slot(age)] as string; // the slot is inside of the ring
  }

  /** @param age - 0 for the newest entry; below {@link count}. */
  value(age: number): string {
    return this.#values[this.#slot(age)] as string; // the slot is inside of the ring
  }

  /** The number of slots is a power of two, so this also holds for negative numbers. */
  #slot(age: number): number {
    return (this.#newest - age) & (this.#names.length - 1);
  }

  #makeRoom(bytes: number): void {
    while (this.#count > 0 && this.#bytes + bytes > this.#maxBytes) {
      const oldest = this.#slot(--this.#count);
      this.#bytes -= this.name(this.#count).length + this.value(this.#count).length + ENTRY_OVERHEAD;
      this.#names[oldest] = '';
      this.#values[oldest] = '';
    }
  }

  #grow(): void {
    const count = this.#count;
    const names: string[] = new Array(count * 2).fill('');
    const values: string[] = new Array(count * 2).fill('');
    for (let age = 0; age < count; age++) {
      names[count - 1 - age] = this.name(age);
      values[count - 1 - age] = this.value(age);
    }
    this.#names = names;
    this.#values = values;
    this.#newest = count - 1;
  }
}

/** What an entry counts beside its name and value, in bytes. RFC 7541 section 4.1. */
export const ENTRY_OVERHEAD = 32;

/** A power of two. */
const INITIAL_SLOTS = 16;
