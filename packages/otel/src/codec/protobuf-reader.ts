import { OtlpError } from '../errors.ts';

/** Wire types of protobuf. Groups, which are of version 2, are none of them. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Reads the parts of a protobuf message, one after the other. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The number and the wire type of the next field. */
  tag(): { readonly number: number; readonly wireType: number } {
    const tag = this.varint();
    const number = Number(tag >> 3n);
    if (number === 0 || number > MAX_FIELD_NUMBER) throw malformed('a field has a number that there is not');
    return { number, wireType: Number(tag & 7n) };
  }

  /** An integer of up to 64 bits, as it stands: not signed. */
  varint(): bigint {
    // Nearly all of them are small: lengths, tags, counts.
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return BigInt(first);
    }
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = BigInt(this.#view.getUint8(this.#take(1)));
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return BigInt.asUintN(64, value);
    }
    throw malformed('an integer is longer than ten bytes');
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Bytes with their length before them. A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    if (length > BigInt(this.#bytes.length)) throw malformed('the message ends within a field');
    const start = this.#take(Number(length));
    return this.#bytes.subarray(start, this.#at);
  }

  /** The same as text. */
  text(encoding: 'utf8' | 'hex' | 'base64'): string {
    const { buffer, byteOffset, length } = this.bytes();
    return Buffer.from(buffer, byteOffset, length).toString(encoding);
  }

  /** Passes over a field that is not known. */
  skip(wireType: number): void {
    if (wireType === WIRE.varint) this.varint();
    else if (wireType === WIRE.fixed64) this.#take(8);
    else if (wireType === WIRE.bytes) this.bytes();
    else if (wireType === WIRE.fixed32) this.#take(4);
    else throw malformed(`there is no wire type ${wireType}`);
  }

  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw malformed('the message ends within a field');
    this.#at = start + length;
    return start;
  }
}

function malformed(what: string): OtlpError {
  return new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', what);
}

const MAX_FIELD_NUMBER = 536_870_911;
