/**
 * Percent-encodes a status message for the field `grpc-message`.
 *
 * @remarks
 * Source: PROTOCOL-HTTP2.md of grpc/grpc, "Status-Message": UTF-8, and every byte that is not printable ASCII, or is `%`, as `%XX`.
 * So is a blank at either end, which no value of a field may have: HTTP/2 would make the whole response malformed. A lone surrogate becomes
 * U+FFFD.
 */
export function encodeGrpcMessage(message: string): string {
  if (PLAIN.test(message)) return message;
  let encoded = '';
  const bytes = Buffer.from(message, 'utf8');
  for (const [at, byte] of bytes.entries()) {
    const isAtEnd = at === 0 || at === bytes.length - 1;
    const isPlain = byte >= (isAtEnd ? 0x21 : 0x20) && byte <= 0x7e && byte !== PERCENT;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/**
 * Reads the field `grpc-message`.
 *
 * @remarks
 * Never fails: a `%` without two hexadecimal digits stays as it is, and bytes that are no UTF-8 become U+FFFD.
 */
export function decodeGrpcMessage(value: string): string {
  if (!value.includes('%')) return value;
  // In place: what is decoded is never longer.
  const bytes = Buffer.from(value, 'utf8');
  let end = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number; // within the length
    const high = byte === PERCENT ? digitOf(bytes[at + 1]) : NO_DIGIT;
    const low = high === NO_DIGIT ? NO_DIGIT : digitOf(bytes[at + 2]);
    if (low === NO_DIGIT) bytes[end++] = byte;
    else {
      bytes[end++] = high * 16 + low;
      at += 2;
    }
  }
  return bytes.toString('utf8', 0, end);
}

function digitOf(byte: number | undefined): number {
  if (byte === undefined) return NO_DIGIT;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = (byte | 0x20) - 0x61; // in either case
  return letter >= 0 && letter < 6 ? letter + 10 : NO_DIGIT;
}

const PERCENT = 0x25;
const PLAIN = /^(?:[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?)?$/;
const NO_DIGIT = -1;
