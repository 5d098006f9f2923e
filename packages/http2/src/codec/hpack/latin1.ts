/** The bytes from `start` to `end` as a string, one character a byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** Writes a string into `target`, one byte a character. @returns Number of bytes. */
export function writeLatin1(target: Uint8Array, text: string, at: number): number {
  return latin1Write.call(target, text, at);
}

// The fastest conversions there are; Buffer has them, though its types do not say so.
const { latin1Slice, latin1Write } = Buffer.prototype as unknown as {
  latin1Slice: (this: Uint8Array, start: number, end: number) => string;
  latin1Write: (this: Uint8Array, text: string, at: number) => number;
};
