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
  const bytes: number[] = [];
  for (let at = 0; at < value.length; at++) {
    const digits = value.slice(at + 1, at + 3);
    if (value.charCodeAt(at) === PERCENT && HEX_PAIR.test(digits)) {
      bytes.push(Number.parseInt(digits, 16));
      at += 2;
    } else bytes.push(...Buffer.from(value.charAt(at), 'utf8'));
  }
  return Buffer.from(bytes).toString('utf8');
}

const PERCENT = 0x25;
const PLAIN = /^(?:[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?)?$/;
const HEX_PAIR = /^[0-9a-fA-F]{2}$/;
