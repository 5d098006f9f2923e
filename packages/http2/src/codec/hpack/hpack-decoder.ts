import { UsageError } from '@lamella/service-core';
import { DecoderTable, ENTRY_OVERHEAD } from './decoder-table.ts';
import { HpackError, truncated } from './hpack-error.ts';
import { decodeHuffman } from './huffman-decoder.ts';
import { latin1 } from './latin1.ts';
import { LiteralCache, MAX_LITERAL_BYTES } from './literal-cache.ts';
import { STATIC_ENTRIES, STATIC_NAMES, STATIC_VALUES } from './static-table.ts';
import { checkTableBytes, INITIAL_TABLE_BYTES } from './table-bytes.ts';

/** Options of {@link HpackDecoder}. */
export interface HpackDecoderOptions {
  /** `SETTINGS_HEADER_TABLE_SIZE` as we announce it, in bytes, 0 to 16_777_216. Default 4_096. */
  readonly maxTableBytes?: number;
  /** Largest list of fields: names, values, and 32 for each field, in bytes, at least 0. Default 65_536. */
  readonly maxListBytes?: number;
  /** Most fields in a list, at least 0. Default 1_000. */
  readonly maxFields?: number;
}

/**
 * Decodes blocks of fields, in the order in which they arrive on a connection. RFC 7541.
 *
 * @remarks
 * A block is given whole: frames are put together before. A list that is larger than the limits allow is no error of
 * compression: the block is decoded to its end, so that the table stays the same as the peer's, nothing of it is kept, and
 * {@link tooLarge} says so.
 *
 * Until our settings are acknowledged, the peer may use a table of 4_096 bytes, whatever we announced. RFC 7541 section 4.2.
 */
export class HpackDecoder {
  readonly #maxListBytes: number;
  readonly #maxFields: number;
  readonly #table = new DecoderTable(INITIAL_TABLE_BYTES);
  #literals: LiteralCache | undefined;
  /** Largest size that an update may set, in bytes. */
  #maxTableBytes: number;
  /** The size that the next block must begin to set, or a smaller one, in bytes; -1 when it need not. */
  #owedTableBytes = -1;
  /** Index of the next byte. */
  #at = 0;

  /** Whether the last list was larger than the limits allow. It was given as an empty one then. */
  tooLarge = false;
  /**
   * Fields of the last list that no one on the way may put into a table: the indexes of their names in the list. RFC 7541
   * section 6.2.3.
   */
  sensitive: readonly number[] = NONE;

  constructor(options: HpackDecoderOptions = {}) {
    const { maxTableBytes = INITIAL_TABLE_BYTES, maxListBytes = 65_536, maxFields = 1_000 } = options;
    checkTableBytes(maxTableBytes);
    if (!(maxListBytes >= 0)) throw new UsageError(`maxListBytes must be >= 0, got ${maxListBytes}`);
    if (!(maxFields >= 0)) throw new UsageError(`maxFields must be >= 0, got ${maxFields}`);
    // More is allowed than was announced only until the peer knows.
    this.#maxTableBytes = Math.max(maxTableBytes, INITIAL_TABLE_BYTES);
    this.#maxListBytes = maxListBytes;
    this.#maxFields = maxFields;
  }

  /**
   * The peer acknowledged this `SETTINGS_HEADER_TABLE_SIZE`. When its table is larger than that, its next block must begin with
   * an update. RFC 9113 section 4.3.1.
   *
   * @param bytes - 0 to 16_777_216.
   */
  setMaxTableBytes(bytes: number): void {
    checkTableBytes(bytes);
    this.#maxTableBytes = bytes;
    if (bytes < this.#table.maxBytes && (this.#owedTableBytes < 0 || bytes < this.#owedTableBytes)) {
      this.#owedTableBytes = bytes;
    }
  }

  /**
   * Decodes a block.
   *
   * @param block - Holds the block from `start` to `end`. Nothing of it is kept.
   * @returns Names and values by turns, one character a byte, for the caller to keep; empty if {@link tooLarge}. What characters
   * they hold is not looked at.
   * @throws {@link HpackError} when the block is malformed. No more blocks can be decoded after that.
   */
  decode(block: Uint8Array, start: number, end: number): string[] {
    this.#at = start;
    this.tooLarge = false;
    this.sensitive = NONE;
    this.#readSizeUpdates(block, end);

    const table = this.#table;
    let fields: string[] = [];
    let sensitive: number[] | undefined;
    let listBytes = 0;
    let count = 0;
    while (this.#at < end) {
      const first = block[this.#at++] as number; // below `end`
      let name: string;
      let value: string;
      let isSensitive = false;
      if (first >= INDEXED) {
        const index = first === 0xff ? this.#readInteger(block, end, 0x7f) : first & 0x7f;
        if (index <= STATIC_ENTRIES) {
          if (index === 0) throw badIndex(index);
          name = STATIC_NAMES[index] as string; // 1 to 61
          value = STATIC_VALUES[index] as string;
        } else {
          const age = index - STATIC_ENTRIES - 1;
          if (age >= table.count) throw badIndex(index);
          name = table.name(age);
          value = table.value(age);
        }
      } else if (first >= WITH_INDEXING) {
        name = this.#readName(block, end, first & 0x3f, 0x3f);
        value = this.#readString(block, end);
        table.add(name, value);
      } else if (first >= SIZE_UPDATE) {
        throw new HpackError('LML_ERR_HPACK_BAD_SIZE_UPDATE', 'the size of the table is updated behind a field');
      } else {
        isSensitive = first >= NEVER_INDEXED;
        name = this.#readName(block, end, first & 0x0f, 0x0f);
        value = isSensitive ? this.#readString(block, end) : this.#readRepeated(block, end);
      }

      if (this.tooLarge) continue;
      listBytes += name.length + value.length + ENTRY_OVERHEAD;
      if (listBytes > this.#maxListBytes || ++count > this.#maxFields) {
        this.tooLarge = true;
        sensitive = undefined;
        fields = [];
        continue;
      }
      if (isSensitive) {
        sensitive ??= [];
        sensitive.push(fields.length);
      }
      fields.push(name, value);
    }
    if (sensitive !== undefined) this.sensitive = sensitive;
    return fields;
  }

  /** Updates stand in front of the fields: the smallest size there was meanwhile, and the final one. RFC 7541 section 4.2. */
  #readSizeUpdates(block: Uint8Array, end: number): void {
    for (let count = 0; this.#at < end; ) {
      const first = block[this.#at] as number; // below `end`
      if ((first & 0xe0) !== SIZE_UPDATE) break;
      if (++count > 2) {
        throw new HpackError(
          'LML_ERR_HPACK_BAD_SIZE_UPDATE',
          'the size of the table is updated more than twice at a time',
        );
      }
      this.#at++;
      const size = (first & 0x1f) === 0x1f ? this.#readInteger(block, end, 0x1f) : first & 0x1f;
      const limit = this.#owedTableBytes < 0 ? this.#maxTableBytes : this.#owedTableBytes;
      if (size > limit) {
        const message = `the size of the table is set to ${size} bytes, ${limit} are allowed`;
        throw new HpackError('LML_ERR_HPACK_BAD_SIZE_UPDATE', message);
      }
      this.#owedTableBytes = -1;
      this.#table.resize(size);
    }
    if (this.#owedTableBytes >= 0 && this.#at < end) {
      const message = `the size of the table is not set to ${this.#owedTableBytes} bytes, though that was acknowledged`;
      throw new HpackError('LML_ERR_HPACK_MISSING_SIZE_UPDATE', message);
    }
  }

  /** @param prefix - The integer as far as its first byte has it; `mask` when it goes on. */
  #readName(block: Uint8Array, end: number, prefix: number, mask: number): string {
    if (prefix === 0) return this.#readString(block, end);
    const index = prefix === mask ? this.#readInteger(block, end, mask) : prefix;
    if (index <= STATIC_ENTRIES) return STATIC_NAMES[index] as string; // 1 to 61
    const age = index - STATIC_ENTRIES - 1;
    if (age >= this.#table.count) throw badIndex(index);
    return this.#table.name(age);
  }

  /** RFC 7541 section 5.2. */
  #readString(block: Uint8Array, end: number): string {
    if (this.#at >= end) throw truncated();
    const first = block[this.#at++] as number; // below `end`
    const length = (first & 0x7f) === 0x7f ? this.#readInteger(block, end, 0x7f) : first & 0x7f;
    const start = this.#at;
    if (length > end - start) throw truncated();
    this.#at = start + length;
    return first >= HUFFMAN ? decodeHuffman(block, start, this.#at) : latin1(block, start, this.#at);
  }

  /** Reads a string that may have come before, though it is in no table. */
  #readRepeated(block: Uint8Array, end: number): string {
    const start = this.#at;
    const stop = start < end ? start + 1 + ((block[start] as number) & 0x7f) : end + 1; // below `end`
    if (stop > end || stop - start > MAX_LITERAL_BYTES) return this.#readString(block, end);
    this.#literals ??= new LiteralCache();
    const known = this.#literals.find(block, start, stop);
    if (known !== undefined) {
      this.#at = stop;
      return known;
    }
    const text = this.#readString(block, end);
    this.#literals.keep(block, start, stop, text);
    return text;
  }

  /** Reads what follows a prefix of ones. RFC 7541 section 5.1. */
  #readInteger(block: Uint8Array, end: number, prefix: number): number {
    let value = prefix;
    for (let shift = 0; shift <= MAX_SHIFT; shift += 7) {
      if (this.#at >= end) throw truncated();
      const byte = block[this.#at++] as number; // below `end`
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError('LML_ERR_HPACK_INTEGER_TOO_LARGE', 'an integer in a block of fields has more than 5 bytes');
  }
}

function badIndex(index: number): HpackError {
  return new HpackError('LML_ERR_HPACK_BAD_INDEX', `there is no field with index ${index} in the tables`);
}

// First bytes of the representations, RFC 7541 section 6: each holds for all numbers from it up to the one before.
const INDEXED = 0x80;
const WITH_INDEXING = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER_INDEXED = 0x10;

/** Set in front of the length of a string. */
const HUFFMAN = 0x80;

/** Four bytes behind the prefix: nothing that is below any limit needs more than 28 bits. */
const MAX_SHIFT = 21;

const NONE: readonly number[] = Object.freeze([]);
