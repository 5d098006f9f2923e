/** Bytes as Base64 with padding: a piece of a text that others may follow. */
export function encodeBase64Piece(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'), 'latin1');
}
