import { TlsMaterialError } from '../../errors.ts';

/** A value as it stands in DER. */
export interface DerElement {
  /** The identifier octet, such as 0x30 for a SEQUENCE. */
  readonly tag: number;
  /** What is inside, borrowed from the bytes that were read. */
  readonly contents: Uint8Array;
  /** The element as a whole, borrowed likewise. */
  readonly raw: Uint8Array;
}

/**
 * Reads one element, and nothing behind it.
 *
 * @param tag - The identifier octet that it has to have. Default: any.
 * @throws TlsMaterialError if the bytes are not DER: cut short, more behind, a length that is not in its shortest form or indefinite, a tag
 * number of 31 and more (nothing in a certificate has one), or another tag.
 */
export function readDer(bytes: Uint8Array, tag?: number): DerElement {
  const element = elementAt(bytes, 0);
  if (element.raw.length < bytes.length) throw malformed(`${bytes.length - element.raw.length} bytes behind its end`);
  if (tag !== undefined && element.tag !== tag) throw malformed(`tag ${element.tag} in place of ${tag}`);
  return element;
}

/** Reads the elements inside of another one, one behind the other. @throws TlsMaterialError as {@link readDer} does, and beyond 4_096. */
export function readDerList(contents: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < contents.length; ) {
    if (elements.length === MAX_ELEMENTS) throw malformed(`more than ${MAX_ELEMENTS} elements in one`);
    const element = elementAt(contents, at);
    elements.push(element);
    at += element.raw.length;
  }
  return elements;
}

function elementAt(bytes: Uint8Array, start: number): DerElement {
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw malformed('a tag of several bytes');
  const first = byteAt(bytes, start + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first >= 0x80 && (lengthBytes === 0 || lengthBytes > MAX_LENGTH_BYTES))
    throw malformed(`a length of form ${first}`);
  let length = first < 0x80 ? first : 0;
  for (let index = 0; index < lengthBytes; index++) length = length * 0x100 + byteAt(bytes, start + 2 + index);
  if (lengthBytes > 0 && length < (lengthBytes === 1 ? 0x80 : 0x100 ** (lengthBytes - 1)))
    throw malformed('a length that is too long');
  const from = start + 2 + lengthBytes;
  if (from + length > bytes.length) throw malformed(`${length} bytes announced, ${bytes.length - from} are there`);
  return { tag, contents: bytes.subarray(from, from + length), raw: bytes.subarray(start, from + length) };
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw malformed('it is cut short');
  return byte;
}

function malformed(why: string): TlsMaterialError {
  return new TlsMaterialError(`malformed DER: ${why}`);
}

const MAX_ELEMENTS = 4_096;
/** 4 GiB: more than anybody has. */
const MAX_LENGTH_BYTES = 4;
