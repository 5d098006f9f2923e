/** Base64 without padding, as the values of `-bin` fields are sent. RFC 4648 section 4. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64').replace(/=+$/, '');
}

/**
 * Reads Base64 with or without padding.
 *
 * @returns `undefined` if the value is malformed: other characters, a length that cannot be, padding that does not fit.
 */
export function decodeBase64(value: string): Uint8Array | undefined {
  const found = BASE64.exec(value);
  if (found === null) return undefined;
  const [, digits = '', padding = ''] = found;
  if (digits.length % 4 === 1) return undefined;
  if (padding.length > 0 && (digits.length + padding.length) % 4 !== 0) return undefined;
  return Buffer.from(digits, 'base64');
}

const BASE64 = /^([A-Za-z0-9+/]*)(={0,2})$/;
