import { readFileSync } from 'node:fs';
import type { HpackDecoder } from '../../src/codec/hpack/hpack-decoder.ts';
import type { HpackEncoder } from '../../src/codec/hpack/hpack-encoder.ts';
import { HpackError } from '../../src/codec/hpack/hpack-error.ts';

/** A block from hexadecimal digits; blanks between them don't count. */
export function blockOf(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex');
}

/** A block of a list, as long as it is. */
export function encoded(encoder: HpackEncoder, fields: readonly string[], sensitive?: ReadonlySet<string>): Buffer {
  const target = Buffer.alloc(encoder.maxEncodedBytes(fields));
  return target.subarray(0, encoder.encode(fields, target, 0, sensitive));
}

/** Decodes a block that stands between other bytes: nothing beside it may be read. */
export function decoded(decoder: HpackDecoder, block: Uint8Array): string[] {
  const bytes = Buffer.concat([Buffer.alloc(3, 0xff), block, Buffer.alloc(3, 0xff)]);
  return decoder.decode(bytes, 3, 3 + block.length);
}

/** What the dynamic table of a decoder holds, newest entry first: names and values by turns. */
export function tableOf(decoder: HpackDecoder): string[] {
  const fields: string[] = [];
  for (let index = 62; ; index++) {
    const block = index < 127 ? [0x80 | index] : [0xff, index - 127];
    try {
      fields.push(...decoded(decoder, Uint8Array.from(block)));
    } catch (error) {
      if (error instanceof HpackError && error.code === 'LML_ERR_HPACK_BAD_INDEX') return fields;
      throw error;
    }
  }
}

/** Size of a list or of a table of its fields. RFC 7541 section 4.1. */
export function sizeOf(fields: readonly string[]): number {
  return fields.join('').length + fields.length * 16;
}

/** A block of the fixtures. */
export interface ExampleBlock {
  readonly tableBytes?: number;
  readonly block: string;
  readonly fields: readonly string[];
  readonly table?: readonly string[];
  readonly tableSize?: number;
}

/** Blocks of one connection. */
export interface Example {
  readonly name?: string;
  readonly origin?: string;
  readonly tableBytes?: number;
  readonly blocks: readonly ExampleBlock[];
}

/** Reads a fixture. */
export function examples(file: string): readonly Example[] {
  // The file is part of this repository, and of this form.
  return JSON.parse(readFileSync(new URL(`../fixtures/hpack/${file}`, import.meta.url), 'utf8')) as Example[];
}
