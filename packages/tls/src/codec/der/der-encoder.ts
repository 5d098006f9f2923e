/**
 * Encodes a value of any tag.
 *
 * @remarks
 * Source: X.690 sections 8.1 and 10.1: the length in as few bytes as can be, never the indefinite form.
 *
 * @param tag - The whole identifier octet, such as 0x30 for a SEQUENCE.
 * @param parts - The contents, put one behind the other.
 */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [tag, ...lengthOctets(length)];
  const encoded = new Uint8Array(head.length + length);
  encoded.set(head);
  let at = head.length;
  for (const part of parts) {
    encoded.set(part, at);
    at += part.length;
  }
  return encoded;
}

/** SEQUENCE and SEQUENCE OF. */
export function derSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(0x30, ...parts);
}

/** A SET OF one element: more would have to be sorted, and nothing here has more. */
export function derSetOf(element: Uint8Array): Uint8Array {
  return encodeDer(0x31, element);
}

/** BOOLEAN. */
export function derBoolean(value: boolean): Uint8Array {
  return encodeDer(0x01, Uint8Array.of(value ? 0xff : 0));
}

/**
 * INTEGER of a number that is not negative.
 *
 * @param magnitude - Big-endian bytes; zeros in front are left out, and one is put there if the number would look negative.
 */
export function derUnsigned(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const high = magnitude[first];
  if (high === undefined) return encodeDer(0x02, Uint8Array.of(0));
  const digits = magnitude.subarray(first);
  return high < 0x80 ? encodeDer(0x02, digits) : encodeDer(0x02, Uint8Array.of(0), digits);
}

/** BIT STRING of whole bytes. */
export function derBitString(bytes: Uint8Array): Uint8Array {
  return encodeDer(0x03, Uint8Array.of(0), bytes);
}

/**
 * BIT STRING whose bits have names: bits behind the last one that is set are left out. X.690 section 11.2.2.
 *
 * @param bits - Numbers of the bits that are set, from 0 to 15.
 */
export function derNamedBits(bits: readonly number[]): Uint8Array {
  const count = Math.max(-1, ...bits) + 1;
  const mask = bits.reduce((set, bit) => set | (0x8000 >> bit), 0);
  const bytes = Uint8Array.of(mask >> 8, mask & 0xff).subarray(0, Math.ceil(count / 8));
  return encodeDer(0x03, Uint8Array.of(bytes.length * 8 - count), bytes);
}

/** OCTET STRING. */
export function derOctetString(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(0x04, ...parts);
}

/** NULL. */
export function derNull(): Uint8Array {
  return encodeDer(0x05);
}

/** UTF8String. */
export function derUtf8String(text: string): Uint8Array {
  return encodeDer(0x0c, Buffer.from(text, 'utf8'));
}

/** PrintableString, whose few characters the caller has checked. */
export function derPrintableString(text: string): Uint8Array {
  return encodeDer(0x13, Buffer.from(text, 'latin1'));
}

/** A value inside of a tag of its context, `[number] EXPLICIT`, or a constructed `[number] IMPLICIT`. */
export function derTagged(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(0xa0 | number, ...parts);
}

/** Contents under a tag of their context, primitive: `[number] IMPLICIT`. */
export function derImplicit(number: number, contents: Uint8Array): Uint8Array {
  return encodeDer(0x80 | number, contents);
}

/** The short form up to 127, else the number of bytes and the bytes. */
function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 0x100)) bytes.unshift(rest % 0x100);
  return [0x80 | bytes.length, ...bytes];
}
