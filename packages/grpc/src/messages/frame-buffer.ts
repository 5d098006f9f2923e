import { MESSAGE_PREFIX_BYTES, writeMessagePrefix } from '../codec/message-frame.ts';

/**
 * Messages with their prefixes, one behind the other.
 *
 * @remarks
 * Bytes are copied as they are added: whoever made them may use their memory again. A single message gets memory of its own length, so that a
 * stream that says little at a time costs no more than it says.
 */
export class FrameBuffer {
  #bytes: Uint8Array = NOTHING;
  #end = 0;
  /** Of the last piece with several messages: the next one will be about as long. */
  #usualBytes = LEAST_BYTES;

  /** Bytes that were added and not taken. */
  get byteCount(): number {
    return this.#end;
  }

  /** Adds a message. */
  add(message: Uint8Array, isCompressed: boolean): void {
    const at = this.#end;
    const end = at + MESSAGE_PREFIX_BYTES + message.length;
    if (end > this.#bytes.length) this.#grow(end);
    writeMessagePrefix(this.#bytes, at, message.length, isCompressed);
    this.#bytes.set(message, at + MESSAGE_PREFIX_BYTES);
    this.#end = end;
  }

  /** Takes everything; it is the caller's for good. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#end);
    if (bytes.length >= LEAST_BYTES) this.#usualBytes = Math.min(bytes.length, MOST_USUAL_BYTES);
    this.#bytes = NOTHING;
    this.#end = 0;
    return bytes;
  }

  #grow(leastBytes: number): void {
    const isFirst = this.#end === 0;
    const wanted = isFirst ? leastBytes : Math.max(leastBytes, this.#bytes.length * 2, this.#usualBytes);
    const bytes = Buffer.allocUnsafe(wanted);
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
  }
}

const NOTHING = new Uint8Array(0);
const LEAST_BYTES = 512;
const MOST_USUAL_BYTES = 32_768;
