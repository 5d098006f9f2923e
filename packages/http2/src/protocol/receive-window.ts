/**
 * Bytes that the peer may send before they are read: of one stream, or of the connection. RFC 9113 section 5.2.
 *
 * @remarks
 * What was read is given back when it is half of the window, so that updates are few and the peer does not run dry. A window that
 * was read empty within two round trips holds a fast reader back, so it doubles; one whose reader is slow stays small.
 */
export class ReceiveWindow {
  #size: number;
  /** What the peer may still send. */
  #left: number;
  /** What was read, and not given back. */
  #read = 0;
  #updatedMs: number;

  constructor(sizeBytes: number, nowMs: number) {
    this.#size = sizeBytes;
    this.#left = sizeBytes;
    this.#updatedMs = nowMs;
  }

  /** Bytes that may be on their way or wait to be read. */
  get size(): number {
    return this.#size;
  }

  /** What the peer may still send, in bytes. */
  get left(): number {
    return this.#left;
  }

  /**
   * The size that both sides go by has changed. RFC 9113 section 6.9.2: what the peer may still send changes with it, below 0 too.
   *
   * @returns What to give back to the peer now, in bytes; 0 for nothing.
   */
  resize(change: number): number {
    this.#size += change;
    this.#left += change;
    const increment = this.#read < this.#size >>> 1 ? 0 : this.#read;
    this.#left += increment;
    this.#read -= increment;
    return increment;
  }

  /** Takes what came. @returns Whether the peer was allowed to send it: nothing at all, such as an end, always. RFC 9113 section 6.9.1. */
  receive(byteCount: number): boolean {
    this.#left -= byteCount;
    return byteCount === 0 || this.#left >= 0;
  }

  /**
   * Notes that bytes were read or thrown away.
   *
   * @param roundTripMs - Time to the peer and back, as far as it is known; 0 if not.
   * @param maxBytes - To what the window may grow.
   * @returns What to give back to the peer now, in bytes; 0 for nothing yet.
   */
  consume(byteCount: number, nowMs: number, roundTripMs: number, maxBytes: number): number {
    this.#read += byteCount;
    if (this.#read < this.#size >>> 1) return 0;
    const isHoldingBack = nowMs - this.#updatedMs < 2 * roundTripMs;
    const growth = isHoldingBack ? Math.max(0, Math.min(this.#size, maxBytes - this.#size)) : 0;
    const increment = this.#read + growth;
    this.#size += growth;
    this.#left += increment;
    this.#read = 0;
    this.#updatedMs = nowMs;
    return increment;
  }
}
