import { HpackError } from './hpack-error.ts';
import { CODE_BITS, CODES, EOS, MAX_CODE_BITS, SYMBOLS_BY_CODE } from './huffman-code.ts';
import { latin1 } from './latin1.ts';

/**
 * Decodes a Huffman-coded string. RFC 7541 section 5.2.
 *
 * @remarks
 * Codes of up to 10 bits, which nearly all characters of fields have, are looked up at once, in a table that is small enough to
 * stay in the nearest cache. Longer ones are looked for bit by bit.
 *
 * @param bytes - Holds the coded string from `start` to `end`.
 * @returns The string, one character a byte.
 * @throws {@link HpackError} `LML_ERR_HPACK_BAD_HUFFMAN` when it holds EOS, ends inside of a code, or is padded with more than 7
 * bits or with others than ones.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  // Reads are inside of start..end and of the tables.
  const output = outputFor(end - start);
  let length = 0;
  let at = start;
  // The lowest `held` bits of `pending` are not decoded yet.
  let pending = 0;
  let held = 0;

  while (at < end) {
    if (at + 1 < end) {
      pending = (pending << 16) | ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      at += 2;
      held += 16;
    } else {
      pending = (pending << 8) | (bytes[at++] as number);
      held += 8;
    }
    while (held >= LOOKUP_BITS) {
      const found = LOOKUP[(pending >>> (held - LOOKUP_BITS)) & LOOKUP_MASK] as number;
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
    const filled = ((pending << (LOOKUP_BITS - held)) | (LOOKUP_MASK >>> held)) & LOOKUP_MASK;
    const found = LOOKUP[filled] as number;
    // Of up to 7 bits that ones were added to, only ones look like the beginning of a long code.
    if (found === 0 && held <= 7) break;
    const bits = found >>> 8;
    if (found === 0 || bits > held) throw badHuffman('ends inside of a code, or in bad padding');
    held -= bits;
    output[length++] = found;
  }
  return latin1(output, 0, length);
}

/** The symbol whose code starts at `bit`, counted from `start`, and is too long to be looked up. */
function findLongCode(bytes: Uint8Array, start: number, end: number, bit: number): number {
  const available = Math.min(MAX_CODE_BITS, (end - start) * 8 - bit);
  let code = 0;
  for (let bits = 1; bits <= available; bits++) {
    const at = bit + bits - 1;
    code = (code << 1) | (((bytes[start + (at >>> 3)] as number) >>> (7 - (at & 7))) & 1); // inside of start..end
    // In canonical order, what is below the first code of a length has a shorter code, and that was looked up before.
    const index = code - (FIRST_CODES[bits] as number);
    if (bits > LOOKUP_BITS && index < (COUNTS[bits] as number)) {
      const symbol = SYMBOLS_BY_CODE[(OFFSETS[bits] as number) + index] as number;
      if (symbol === EOS) throw badHuffman('holds EOS');
      return symbol;
    }
  }
  throw badHuffman('ends inside of a code, or in bad padding');
}

function badHuffman(what: string): HpackError {
  return new HpackError('LML_ERR_HPACK_BAD_HUFFMAN', `a Huffman-coded string ${what}`);
}

/** Room for the output of that many coded bytes. No code is shorter than 5 bits. */
function outputFor(codedBytes: number): Uint8Array {
  const bytes = Math.ceil((codedBytes * 8) / 5);
  return bytes <= SHARED_OUTPUT.length ? SHARED_OUTPUT : new Uint8Array(bytes);
}

/** Nothing in here outlives a call. */
const SHARED_OUTPUT = new Uint8Array(8_192);

const LOOKUP_BITS = 10;
const LOOKUP_MASK = (1 << LOOKUP_BITS) - 1;

/** What the next 10 bits begin with: the length of a code times 256 plus its symbol, or 0 when the code is longer. */
const LOOKUP = new Uint16Array(1 << LOOKUP_BITS);
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
  if (bits <= LOOKUP_BITS) {
    const free = LOOKUP_BITS - bits;
    LOOKUP.fill((bits << 8) | symbol, code << free, (code + 1) << free);
  }
}
