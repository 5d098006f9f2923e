import { CODE_BITS, CODES } from './huffman-code.ts';

/** Bytes that a string takes Huffman-coded. Of each character, the lowest 8 bits count. */
export function huffmanBytes(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += CODE_BITS[text.charCodeAt(at) & 0xff] as number; // 256 entries and EOS
  return (bits + 7) >>> 3;
}

/**
 * Writes a string Huffman-coded. RFC 7541 section 5.2.
 *
 * @param target - Has room from `at` for as many bytes as the string has characters.
 * @returns Index behind the last byte; -1 when the string gets no shorter.
 */
export function writeHuffman(target: Uint8Array, text: string, at: number): number {
  const limit = at + text.length;
  // The lowest `held` bits of `pending` are not written yet. 15 of them at most, so that a code has room beside them.
  let pending = 0;
  let held = 0;
  let position = at;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    // Tables of 256 entries and EOS.
    const code = CODES[symbol] as number;
    let bits = CODE_BITS[symbol] as number;
    if (bits > 16) {
      // In two parts.
      bits -= 16;
      pending = (pending << 16) | (code >>> bits);
      if (position + 2 > limit) return -1;
      target[position++] = pending >>> (held + 8);
      target[position++] = pending >>> held;
      pending = (pending << bits) | (code & ((1 << bits) - 1));
    } else {
      pending = (pending << bits) | code;
    }
    held += bits;
    if (held >= 16) {
      if (position + 2 > limit) return -1;
      held -= 16;
      target[position++] = pending >>> (held + 8);
      target[position++] = pending >>> held;
    }
  }
  if (held > 0) {
    const last = (pending << (16 - held)) | (0xffff >>> held);
    if (position + ((held + 7) >>> 3) > limit) return -1;
    target[position++] = last >>> 8;
    if (held > 8) target[position++] = last;
  }
  return position < limit ? position : -1;
}
