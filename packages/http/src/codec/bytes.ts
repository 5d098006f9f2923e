/** Single bytes that HTTP/1.1 gives a meaning. */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/** 1 for each byte of a `token`. RFC 9110 section 5.6.2. */
export const IS_TOKEN: Uint8Array = tableOf(
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
);

/** 1 for each byte that a field value may hold: visible, SP, HTAB and obs-text. RFC 9110 section 5.5. */
export const IS_FIELD: Uint8Array = rangeTable((byte) => byte === HTAB || (byte >= SP && byte !== 0x7f));

/**
 * 1 for each byte that a request target may hold: visible ASCII without `#`. RFC 9112 section 3.2 allows fewer; browsers
 * send `|`, `{`, `"` and others all the same, and no framing hangs on them. A fragment is never sent.
 */
export const IS_TARGET: Uint8Array = rangeTable((byte) => byte > SP && byte < 0x7f && byte !== 0x23);

/** Value of each hexadecimal digit, 255 for every other byte. */
export const HEX_VALUE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

/**
 * Whether the bytes from `start` to `end` are the ASCII word `lower`, in any case.
 *
 * @param lower - Letters in lower case and hyphens.
 */
export function isWord(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false;
  for (let index = 0; index < lower.length; index++) {
    const byte = bytes[start + index] as number; // inside start..end
    const wanted = lower.charCodeAt(index);
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== wanted) return false;
  }
  return true;
}

/** The bytes from `start` to `end` as a string, one character a byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** Writes a string into `buffer`, one byte a character. @returns Number of bytes. */
export function writeLatin1(buffer: Uint8Array, text: string, at: number): number {
  return latin1Write.call(buffer, text, at);
}

// The fastest conversions there are; Buffer has them, though its types do not say so.
const { latin1Slice, latin1Write } = Buffer.prototype as unknown as {
  latin1Slice: (this: Uint8Array, start: number, end: number) => string;
  latin1Write: (this: Uint8Array, text: string, at: number) => number;
};

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

function rangeTable(isMember: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));
}
