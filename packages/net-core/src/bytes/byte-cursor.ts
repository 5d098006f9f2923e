/**
 * A place in a run of bytes: decoders move it, the caller owns the bytes.
 *
 * @remarks
 * Bytes stand at `position` to `end`. The fields are open, so that a decoder can scan {@link bytes} in a tight loop and
 * set {@link position} once.
 *
 * @example
 * const cursor = new ByteCursor(new Uint8Array([1, 2, 3]));
 * cursor.next(); // 1
 * cursor.take(2); // Uint8Array [2, 3]
 * cursor.next(); // undefined
 */
export class ByteCursor {
  /** The run of bytes. */
  bytes: Uint8Array;
  /** Index of the next byte. */
  position: number;
  /** Index behind the last byte. */
  end: number;

  constructor(bytes: Uint8Array, position = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.end - this.position;
  }

  /** Takes a byte. @returns The next byte, and moves behind it; `undefined` at the end. */
  next(): number | undefined {
    return this.position < this.end ? this.bytes[this.position++] : undefined;
  }

  /** Looks at a byte. @returns The next byte without moving; `undefined` at the end. */
  peek(): number | undefined {
    return this.position < this.end ? this.bytes[this.position] : undefined;
  }

  /** Takes bytes. @returns Up to `length` bytes as a view, and moves behind them. */
  take(length: number): Uint8Array {
    const start = this.position;
    this.position = Math.min(this.end, start + length);
    return this.bytes.subarray(start, this.position);
  }
}
