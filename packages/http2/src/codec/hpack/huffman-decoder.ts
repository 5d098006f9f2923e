import { HpackError } from './hpack-error.ts';
import { CODE_BITS, CODES, EOS, MAX_CODE_BITS, SYMBOLS_BY_CODE } from './huffman-code.ts';
import { latin1 } from './latin1.ts';

/**
 * Decodes a Huffman-coded string. RFC 7541 section 5.2.
 *
 * @remarks
 * Eight bits at a time are enough for every character that fields are usually made of; a table of 256 entries stays in the
 * nearest cache. Longer codes are rare, and are looked for bit by bit.
 *
 * @param bytes - Holds the coded string from `start` to `end`.
 * @returns The string, one character a byte.
 * @throws {@link HpackError} `LML_ERR_HPACK_BAD_HUFFMAN` when it holds EOS, ends inside of a code, or is padded with more than 7
 * bits or with others than ones.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  const output = outputFor(end - start);
  let length = 0;
  let at = start;
  // The lowest `held` bits of `pending` are not decoded yet. Reads are inside of start..end and of the tables.
  let pending = 0;
  let held = 0;

  while (at < end) {
    pending = (pending << 8) | (bytes[at++] as number);
    held += 8;
    while (held >= 8) {
      const found = SHORT_CODES[(pending >>> (held - 8)) & 0xff] as number;
      if (found !== 0) {
        output[length++] = found;
        held -= found >>> 8;
        continue;
      }
      const bit = (at - start) * 8 - held;
      const symbol = findLongCode(bytes, start, end, bit);
      output[length++] = symbol;
      const next = bit + (CODE_BITS[symbol] as number);
      at = start + ((next + 7) >>> 3);
      held = (at - start) * 8 - next;
      pending = bytes[at - 1] as number;
    }
  }
  while (held > 0) {
    // Filled up with ones, only the padding looks like a long code.
    const found = SHORT_CODES[((pending << (8 - held)) | (0xff >>> held)) & 0xff] as number;
    if (found === 0) break;
    held -= found >>> 8;
    if (held < 0)
      throw new HpackError('LML_ERR_HPACK_BAD_HUFFMAN', 'a Huffman-coded string is padded with other bits than ones');
    output[length++] = found;
  }
  return latin1(output, 0, length);
}

/** The symbol of more than 8 bits whose code starts at `bit`, counted from `start`. */
function findLongCode(bytes: Uint8Array, start: number, end: number, bit: number): number {
  const available = Math.min(MAX_CODE_BITS, (end - start) * 8 - bit);
  let code = 0;
  for (let bits = 1; bits <= available; bits++) {
    const at = bit + bits - 1;
    code = (code << 1) | (((bytes[start + (at >>> 3)] as number) >>> (7 - (at & 7))) & 1); // inside start..end
    const index = code - (FIRST_CODES[bits] as number);
    // Shorter codes were looked for before, and in canonical order whatever is below the first code is a shorter one.
    if (index >= 0 && index < (COUNTS[bits] as number)) {
      const symbol = SYMBOLS_BY_CODE[(OFFSETS[bits] as number) + index] as number;
      if (symbol === EOS) throw new HpackError('LML_ERR_HPACK_BAD_HUFFMAN', 'a Huffman-coded string holds EOS');
      return symbol;
    }
  }
  throw new HpackError(
    'LML_ERR_HPACK_BAD_HUFFMAN',
    'a Huffman-coded string ends inside of a code, or in too much padding',
  );
}

/** Room for the output of that many coded bytes. No code is shorter than 5 bits. */
function outputFor(codedBytes: number): Uint8Array {
  const bytes = Math.ceil((codedBytes * 8) / 5);
  return bytes <= SHARED_OUTPUT.length ? SHARED_OUTPUT : new Uint8Array(bytes);
}

/** Nothing in here outlives a call. */
const SHARED_OUTPUT = new Uint8Array(8_192);

/** What the next 8 bits are: length of the code times 256 plus the symbol, or 0 when the code is longer. */
const SHORT_CODES = new Uint16Array(256);
/** By length: the first code, how many there are, and where their symbols start in order of codes. */
const FIRST_CODES = new Uint32Array(MAX_CODE_BITS + 1);
const COUNTS = new Uint16Array(MAX_CODE_BITS + 1);
const OFFSETS = new Uint16Array(MAX_CODE_BITS + 1);

for (const [order, symbol] of SYMBOLS_BY_CODE.entries()) {
  // Symbols are below the length of the tables, lengths at most MAX_CODE_BITS.
  const bits = CODE_BITS[symbol] as number;
  const code = CODES[symbol] as number;
  if (COUNTS[bits] === 0) {
    FIRST_CODES[bits] = code;
    OFFSETS[bits] = order;
  }
  COUNTS[bits] = (COUNTS[bits] as number) + 1;
  if (bits <= 8) {
    const free = 8 - bits;
    SHORT_CODES.fill((bits << 8) | symbol, code << free, (code + 1) << free);
  }
}
