import { ENTRY_OVERHEAD } from './decoder-table.ts';
import { EncoderName } from './encoder-names.ts';
import { EncoderTable } from './encoder-table.ts';
import { huffmanBytes, writeHuffman } from './huffman-encoder.ts';
import { writeLatin1 } from './latin1.ts';
import { STATIC_ENTRIES } from './static-table.ts';
import { checkTableBytes, INITIAL_TABLE_BYTES } from './table-bytes.ts';

/** Options of {@link HpackEncoder}. */
export interface HpackEncoderOptions {
  /** Largest table that we use, whatever the peer allows, in bytes, 0 to 16_777_216. Default 4_096. */
  readonly maxTableBytes?: number;
}

/**
 * Encodes lists of fields as blocks, which must be sent in the order in which they were made. RFC 7541.
 */
export class HpackEncoder {
  readonly #maxTableBytes: number;
  readonly #table = new EncoderTable(INITIAL_TABLE_BYTES);
  readonly #names = new Map<string, EncoderName>();
  /** The names of the last list, by their place: lists of a connection are much alike. */
  readonly #lastNames: EncoderName[] = [];
  /** The last size that the peer allows, in bytes. */
  #peerTableBytes = INITIAL_TABLE_BYTES;
  /** Smallest size that the table had since the last block, in bytes; -1 when the next block need not tell the size. */
  #smallestTableBytes = -1;

  constructor(options: HpackEncoderOptions = {}) {
    const { maxTableBytes = INITIAL_TABLE_BYTES } = options;
    checkTableBytes(maxTableBytes);
    this.#maxTableBytes = maxTableBytes;
    if (maxTableBytes < INITIAL_TABLE_BYTES) this.#resize(maxTableBytes);
  }

  /**
   * The peer announced this `SETTINGS_HEADER_TABLE_SIZE`. The next block begins with the updates that are due then. RFC 7541
   * section 4.2.
   *
   * @param bytes - 0 to 4_294_967_295.
   */
  setPeerMaxTableBytes(bytes: number): void {
    const size = Math.min(bytes, this.#maxTableBytes);
    // A peer that allows less may insist on an update, even if we never used more. RFC 9113 section 4.3.1.
    if (size !== this.#table.maxBytes || bytes < this.#peerTableBytes) this.#resize(size);
    this.#peerTableBytes = bytes;
  }

  /** Most bytes that {@link encode} can need for a list. */
  maxEncodedBytes(fields: readonly string[]): number {
    // An update or an integer has 5 bytes at most; a field has three integers, two of them in front of its strings.
    let bytes = 2 * MAX_INTEGER_BYTES + (fields.length >> 1) * 3 * MAX_INTEGER_BYTES;
    for (const text of fields) bytes += text.length; // Huffman-coded it is shorter, or it isn't
    return bytes;
  }

  /**
   * Encodes a list.
   *
   * @param fields - Names in lower case and values by turns, one character a byte: of a character beyond, the lowest 8 bits are
   * sent.
   * @param target - Takes the block from `offset` on.
   * @param sensitive - Names of fields which no one on the way may put into a table, beside those that never are:
   * `authorization`, `proxy-authorization`, and a `cookie` of less than 20 bytes.
   * @returns Index behind the block, or -1 when there are less than {@link maxEncodedBytes} behind `offset`; nothing has
   * changed then.
   */
  encode(fields: readonly string[], target: Buffer, offset: number, sensitive?: ReadonlySet<string>): number {
    if (this.maxEncodedBytes(fields) > target.length - offset) return -1;
    let at = this.#smallestTableBytes < 0 ? offset : this.#writeSizeUpdates(target, offset);
    for (let index = 0; index + 1 < fields.length; index += 2) {
      // Both are inside of the list.
      const text = fields[index] as string;
      const value = fields[index + 1] as string;
      const name = this.#nameAt(index >>> 1, text);
      const isSensitive = value.length < name.secretBelow || sensitive?.has(text) === true;
      at = isSensitive
        ? this.#writeLiteral(target, at, NEVER_INDEXED, 0x0f, name, value)
        : this.#writeField(target, at, name, value);
    }
    return at;
  }

  #writeField(target: Buffer, at: number, name: EncoderName, value: string): number {
    const table = this.#table;
    if (name.newest >= table.oldest && name.newestValue === value) {
      name.misses = 0;
      return writeInteger(target, at, INDEXED, 0x7f, STATIC_ENTRIES + 1 + table.age(name.newest));
    }
    const staticIndex = name.staticValues?.get(value);
    if (staticIndex !== undefined) {
      target[at] = INDEXED | staticIndex;
      return at + 1;
    }
    const number = name.entries?.get(value);
    if (number !== undefined) {
      name.misses = 0;
      return writeInteger(target, at, INDEXED, 0x7f, STATIC_ENTRIES + 1 + table.age(number));
    }
    // One that takes more than half of the table would push out too much.
    const fits = (name.text.length + value.length + ENTRY_OVERHEAD) * 2 <= table.maxBytes;
    if (!fits || !name.shallEnter(value)) return this.#writeLiteral(target, at, WITHOUT_INDEXING, 0x0f, name, value);
    const end = this.#writeLiteral(target, at, WITH_INDEXING, 0x3f, name, value);
    table.add(name, value);
    return end;
  }

  #writeLiteral(target: Buffer, at: number, first: number, mask: number, name: EncoderName, value: string): number {
    let position: number;
    if (name.staticIndex > 0) {
      position = writeInteger(target, at, first, mask, name.staticIndex);
    } else if (name.newest >= this.#table.oldest) {
      position = writeInteger(target, at, first, mask, STATIC_ENTRIES + 1 + this.#table.age(name.newest));
    } else {
      target[at] = first;
      position = writeString(target, at + 1, name.text);
    }
    return writeString(target, position, value);
  }

  #writeSizeUpdates(target: Buffer, offset: number): number {
    let at = offset;
    const size = this.#table.maxBytes;
    if (this.#smallestTableBytes < size) at = writeInteger(target, at, SIZE_UPDATE, 0x1f, this.#smallestTableBytes);
    this.#smallestTableBytes = -1;
    return writeInteger(target, at, SIZE_UPDATE, 0x1f, size);
  }

  #resize(bytes: number): void {
    this.#table.resize(bytes);
    if (this.#smallestTableBytes < 0 || bytes < this.#smallestTableBytes) this.#smallestTableBytes = bytes;
  }

  #nameAt(place: number, text: string): EncoderName {
    const last = this.#lastNames[place];
    if (last?.text === text) return last;
    const name = this.#names.get(text) ?? this.#addName(text);
    if (place <= this.#lastNames.length && place < MAX_PLACES) this.#lastNames[place] = name;
    return name;
  }

  /** Names come from the application, which may make up new ones without end. */
  #addName(text: string): EncoderName {
    const name = new EncoderName(text);
    if (this.#names.size >= MAX_NAMES + this.#table.count) this.#forgetNames();
    this.#names.set(text, name);
    return name;
  }

  /** Forgets names that have nothing in the table. */
  #forgetNames(): void {
    for (const [text, name] of this.#names) if (name.newest < this.#table.oldest) this.#names.delete(text);
    this.#lastNames.length = 0; // one name must not be known in two ways
  }
}

/** RFC 7541 section 5.1. */
function writeInteger(target: Buffer, at: number, first: number, mask: number, value: number): number {
  if (value < mask) {
    target[at] = first | value;
    return at + 1;
  }
  let position = at;
  target[position++] = first | mask;
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) target[position++] = (rest & 0x7f) | 0x80;
  target[position++] = rest;
  return position;
}

/** RFC 7541 section 5.2. */
function writeString(target: Buffer, at: number, text: string): number {
  // The length in front takes one byte mostly, so that it can be written last.
  const start = text.length < 0x7f ? at + 1 : writeInteger(target, at, HUFFMAN, 0x7f, huffmanBytes(text));
  const end = writeHuffman(target, text, start);
  if (end < 0) {
    const rawStart = writeInteger(target, at, 0, 0x7f, text.length);
    return rawStart + writeLatin1(target, text, rawStart);
  }
  if (text.length < 0x7f) target[at] = HUFFMAN | (end - start);
  return end;
}

// First bytes of the representations. RFC 7541 section 6.
const INDEXED = 0x80;
const WITH_INDEXING = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER_INDEXED = 0x10;
const WITHOUT_INDEXING = 0x00;

/** Set in front of the length of a string. */
const HUFFMAN = 0x80;

/** One for the prefix, and four of 7 bits: sizes have 24 bits, and strings less than 28. */
const MAX_INTEGER_BYTES = 5;

const MAX_PLACES = 32;

/** Names that are remembered, beside those in the table. */
const MAX_NAMES = 256;
