import fc from 'fast-check';

/** Text of any bytes, one character a byte. */
export function anyBytes(constraints: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.array(fc.nat(255), constraints).map((bytes) => String.fromCharCode(...bytes));
}

/** A token: a method or the name of a field. RFC 9110 section 5.6.2. */
export const token: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), {
    minLength: 1,
    maxLength: 12,
  })
  .map((characters) => characters.join(''));

/** What may stand in a field value, blanks at the ends included. RFC 9110 section 5.5. */
export const fieldText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0x21, max: 0x7e }) },
      { weight: 1, arbitrary: fc.constantFrom(0x09, 0x20, 0x2c, 0x3a, 0x22) },
      { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }) },
    ),
    { maxLength: 16 },
  )
  .map((codes) => String.fromCharCode(...codes));

/** Blanks as they may stand around a field value. */
export const blanks: fc.Arbitrary<string> = fc.constantFrom('', ' ', ' ', ' ', '\t', '  ', ' \t ');

/** Cuts bytes in pieces whose sizes are taken in turn from `sizes`. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length);
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** Sizes for {@link cut}. */
export const cutSizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 }), fc.constant(100_000)),
  { minLength: 1, maxLength: 6 },
);
