/** Encodes a netstring as chunks for one write; the content is not copied. */
export function encodeNetstring(content: Uint8Array): readonly Uint8Array[] {
  return [Buffer.from(`${content.length}:`, 'latin1'), content, COMMA.slice()];
}

const COMMA = Uint8Array.of(0x2c);
