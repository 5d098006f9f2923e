/**
 * Reads dotted decimal: four numbers from 0 to 255, each in its only spelling.
 *
 * @remarks
 * Octal, hexadecimal, short and zero-padded forms are refused: others read them differently, and filters fail by that.
 *
 * @param bytes - Gets the 4 bytes from `at` on; holds no meaning if the text is refused.
 * @returns Whether `text` from `start` to `end` is an IPv4 address.
 */
export function readIpv4(text: string, start: number, end: number, bytes: Uint8Array, at: number): boolean {
  let octets = 0;
  let digits = 0;
  let value = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || octets === 3) return false;
      bytes[at + octets++] = value;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return false; // also what bounds the loop: at most 15 characters are looked at
  }
  if (octets !== 3 || digits === 0) return false;
  bytes[at + 3] = value;
  return true;
}

/**
 * Reads the text of an IPv6 address without zone and brackets. RFC 4291 section 2.2, all three forms.
 *
 * @param bytes - Gets the 16 bytes; holds no meaning if the text is refused.
 * @returns Whether `text` from `start` to `end` is an IPv6 address.
 */
export function readIpv6(text: string, start: number, end: number, bytes: Uint8Array): boolean {
  let index = start;
  let at = 0;
  let gapAt = -1; // where `::` stands, in bytes
  if (end - start >= 2 && text.charCodeAt(start) === COLON && text.charCodeAt(start + 1) === COLON) {
    gapAt = 0;
    index += 2;
  }
  while (index < end) {
    if (at === 16) return false;
    const groupStart = index;
    const groupLimit = Math.min(end, index + 4);
    let value = 0;
    for (; index < groupLimit; index++) {
      const digit = hexDigit(text.charCodeAt(index));
      if (digit < 0) break;
      value = (value << 4) | digit;
    }
    if (index === groupStart) return false;
    if (index < end && text.charCodeAt(index) === DOT) {
      if (at > 12 || !readIpv4(text, groupStart, end, bytes, at)) return false;
      at += 4;
      break;
    }
    bytes[at++] = value >> 8;
    bytes[at++] = value & 0xff;
    if (index === end) break;
    if (text.charCodeAt(index++) !== COLON || index === end) return false;
    if (text.charCodeAt(index) !== COLON) continue;
    if (gapAt >= 0) return false;
    gapAt = at;
    index++;
  }
  return gapAt < 0 ? at === 16 : openGap(bytes, gapAt, at);
}

/** Moves what stands behind `::` to the end; `::` stands for at least one group. */
function openGap(bytes: Uint8Array, gapAt: number, length: number): boolean {
  if (length > 14) return false;
  const tailAt = 16 - (length - gapAt);
  bytes.copyWithin(tailAt, gapAt, length);
  bytes.fill(0, gapAt, tailAt);
  return true;
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= 0x39) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;
