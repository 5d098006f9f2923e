/** Reads the 16-bit number at `at`, which the caller knows to be inside. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number); // inside, says the caller
}

/** The 16-bit numbers from `start` to `end`, which are an even number of bytes apart. */
export function uint16List(bytes: Uint8Array, start: number, end: number): readonly number[] {
  const values: number[] = [];
  for (let at = start; at < end; at += 2) values.push(uint16At(bytes, at));
  return values;
}

/** The bytes from `start` to `end` as a text, one character a byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/**
 * Whether the bytes from `start` to `end` are exactly one vector: its length in one or two bytes, then that many bytes.
 *
 * @param minBytes - Fewest bytes behind the length.
 * @param itemBytes - What the number of bytes has to be a multiple of.
 */
export function isVector(
  bytes: Uint8Array,
  start: number,
  end: number,
  shape: { readonly lengthBytes: 1 | 2; readonly minBytes: number; readonly itemBytes?: number },
): boolean {
  const { lengthBytes, minBytes, itemBytes = 1 } = shape;
  if (end - start < lengthBytes) return false;
  const length = lengthBytes === 1 ? (bytes[start] as number) : uint16At(bytes, start); // just checked
  return length === end - start - lengthBytes && length >= minBytes && length % itemBytes === 0;
}

// The fastest conversion of names there is; Buffer has it, though its type does not say so.
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice: (this: Uint8Array, start: number, end: number) => string;
};
