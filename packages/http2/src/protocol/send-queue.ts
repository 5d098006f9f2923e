import type { Http2Stream } from './http2-stream.ts';

/**
 * Streams that have content to send which the peer has room for, in the order in which they may. RFC 9218 section 10.
 *
 * @remarks
 * Lower urgency numbers go first. Within one urgency, streams whose content is of use bit by bit take turns frame by frame; the
 * others are sent one after the other, in the order in which they came.
 */
export class SendQueue<Owner> {
  readonly #levels: Http2Stream<Owner>[][] = Array.from({ length: 8 }, () => []);
  #count = 0;

  /** Streams in the queue. */
  get size(): number {
    return this.#count;
  }

  /** Adds a stream at the end of those of its urgency. */
  add(stream: Http2Stream<Owner>): void {
    if (stream.isQueued) return;
    stream.isQueued = true;
    this.#level(stream).push(stream);
    this.#count++;
  }

  /** Takes a stream out, wherever it stands. */
  delete(stream: Http2Stream<Owner>): void {
    if (!stream.isQueued) return;
    const level = this.#level(stream);
    const at = level.indexOf(stream);
    if (at >= 0) level.splice(at, 1);
    stream.isQueued = false;
    this.#count--;
  }

  /** The stream whose turn it is; `undefined` if there is none. */
  first(): Http2Stream<Owner> | undefined {
    if (this.#count === 0) return undefined;
    for (const level of this.#levels) if (level.length > 0) return level[0];
    return undefined;
  }

  /** The stream, which had its turn, has sent a frame and has more: others of its urgency may have theirs. */
  rotate(stream: Http2Stream<Owner>): void {
    const level = this.#level(stream);
    if (!stream.isIncremental || level.length === 1) return;
    level.shift();
    level.push(stream);
  }

  #level({ urgency }: Http2Stream<Owner>): Http2Stream<Owner>[] {
    return this.#levels[urgency] as Http2Stream<Owner>[]; // 0 to 7 by construction
  }
}
