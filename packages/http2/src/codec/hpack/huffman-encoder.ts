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
 * @param target - Has room for {@link huffmanBytes} from `at`.
 * @returns Index behind the last byte.
 */
export function writeHuffman(target: Uint8Array, text: string, at: number): number {
  // The lowest `held` bits of `pending` are not written yet: at most 7, so that they and a code need 37 bits. Codes of more
  // than 24 bits come in two parts therefore.
  let pending = 0;
  let held = 0;
  let position = at;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    const code = CODES[symbol] as number; // 256 entries and EOS
    let bits = CODE_BITS[symbol] as number;
    if (bits > 24) {
      bits -= 16;
      pending = (pending << bits) | (code >>> 16);
      held += bits;
      while (held >= 8) {
        held -= 8;
        target[position++] = pending >>> held;
      }
      bits = 16;
      pending = (pending << 16) | (code & 0xffff);
    } else {
      pending = (pending << bits) | code;
    }
    held += bits;
    while (held >= 8) {
      held -= 8;
      target[position++] = pending >>> held;
    }
  }
  if (held > 0) target[position++] = (pending << (8 - held)) | (0xff >>> held);
  return position;
}
