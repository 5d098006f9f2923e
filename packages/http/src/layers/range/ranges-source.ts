import type { BodySource } from '../../message/body-source.ts';
import type { ByteRange } from '../../message/byte-ranges.ts';
import type { HttpBody } from '../../message/http-body.ts';

/** A part of a body, with what is sent in front of it. */
export interface RangePart {
  /** Bytes in front, such as the head of a part of multipart/byteranges; possibly none. */
  readonly head: Uint8Array;
  /** What to send of the body. */
  readonly range: ByteRange;
}

/**
 * A source that gives parts of a body in ascending order: it skips what lies between, and cancels what comes after the last.
 *
 * @param tail - Bytes behind the last part, possibly none.
 */
export function rangesSource(body: HttpBody, parts: readonly RangePart[], tail: Uint8Array): BodySource {
  return new RangesSource(body, parts, tail);
}

class RangesSource implements BodySource {
  readonly #body: HttpBody;
  readonly #parts: readonly RangePart[];
  readonly #tail: Uint8Array;
  #partIndex = 0;
  #isHeadSent = false;
  #isTailSent = false;
  /** Position of the first byte of `#chunk` in the body. */
  #position = 0;
  #chunk: Uint8Array = NOTHING;

  constructor(body: HttpBody, parts: readonly RangePart[], tail: Uint8Array) {
    this.#body = body;
    this.#parts = parts;
    this.#tail = tail;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const part = this.#parts[this.#partIndex];
      if (part === undefined) return this.#readTail();
      if (!this.#isHeadSent) {
        this.#isHeadSent = true;
        if (part.head.length > 0) return part.head;
      }
      const bytes = await this.#readOf(part.range);
      if (bytes === undefined) return undefined; // shorter than its size: whoever sends this counts, and sees it
      if (bytes.length > 0) return bytes;
      this.#partIndex++;
      this.#isHeadSent = false;
    }
  }

  cancel(reason: unknown): void {
    this.#body.cancel(reason);
  }

  /** @returns No bytes when the range is complete, `undefined` when the body ended before. */
  async #readOf({ firstByte, lastByte }: ByteRange): Promise<Uint8Array | undefined> {
    if (this.#position > lastByte) return NOTHING;
    while (this.#position + this.#chunk.length <= firstByte || this.#chunk.length === 0) {
      this.#position += this.#chunk.length;
      this.#chunk = NOTHING;
      const next = await this.#body.read();
      if (next === undefined) return undefined;
      this.#chunk = next;
    }
    const start = Math.max(0, firstByte - this.#position);
    const end = Math.min(this.#chunk.length, lastByte + 1 - this.#position);
    const bytes = this.#chunk.subarray(start, end);
    this.#chunk = this.#chunk.subarray(end);
    this.#position += end;
    return bytes;
  }

  #readTail(): Uint8Array | undefined {
    if (this.#isTailSent) return undefined;
    this.#isTailSent = true;
    this.#body.cancel();
    return this.#tail.length > 0 ? this.#tail : undefined;
  }
}

const NOTHING = new Uint8Array(0);
