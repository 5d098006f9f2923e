/** The symbol that no string may hold; its beginning is what pads the last byte. RFC 7541 section 5.2. */
export const EOS = 256;

/** Longest code, in bits. */
export const MAX_CODE_BITS = 30;

/** Length of each symbol's code, in bits; the last one is {@link EOS}. RFC 7541 Appendix B. */
export const CODE_BITS: Uint8Array = Uint8Array.of(
  // 0x00
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  // 0x20: blank, punctuation, digits
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  // 0x40: letters
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  // 0x80
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  // 0xc0
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
);

/** Symbols in the order of their codes: by length, and by value where the length is the same. */
export const SYMBOLS_BY_CODE: Uint16Array = Uint16Array.from(CODE_BITS.keys()).sort(
  // Both are below the length of the table.
  (first, second) => (CODE_BITS[first] as number) - (CODE_BITS[second] as number) || first - second,
);

/**
 * Code of each symbol, in its lowest bits.
 *
 * @remarks
 * The code is canonical: codes of one length are consecutive numbers, and the first of a length follows from the last of the
 * length before. So the lengths say it all.
 */
export const CODES: Uint32Array = codesFromLengths();

function codesFromLengths(): Uint32Array {
  const codes = new Uint32Array(CODE_BITS.length);
  let code = 0;
  let bits = 0;
  for (const symbol of SYMBOLS_BY_CODE) {
    const length = CODE_BITS[symbol] as number; // symbols are below the length of the table
    code <<= length - bits;
    bits = length;
    codes[symbol] = code++;
  }
  return codes;
}
