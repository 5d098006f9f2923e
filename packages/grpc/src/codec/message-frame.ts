import { GrpcStatusError } from '../errors.ts';
import { GrpcStatus } from './grpc-status.ts';

/** Puts the prefix in front of a message. PROTOCOL-HTTP2.md of grpc/grpc, "Length-Prefixed-Message". */
export function encodeMessageFrame(message: Uint8Array, isCompressed: boolean): Uint8Array {
  const frame = Buffer.allocUnsafe(MESSAGE_PREFIX_BYTES + message.length);
  writeMessagePrefix(frame, 0, message.length, isCompressed);
  frame.set(message, MESSAGE_PREFIX_BYTES);
  return frame;
}

/** Writes the prefix of a message of `length` bytes at `at`. */
export function writeMessagePrefix(target: Uint8Array, at: number, length: number, isCompressed: boolean): void {
  target[at] = isCompressed ? 1 : 0;
  target[at + 1] = length >>> 24;
  target[at + 2] = length >>> 16;
  target[at + 3] = length >>> 8;
  target[at + 4] = length;
}

/** A message as it came. */
export interface MessageFrame {
  /** Whether `bytes` are compressed, as `grpc-encoding` says. */
  readonly isCompressed: boolean;
  /** Content, possibly empty. A view of what came, or memory of its own. */
  readonly bytes: Uint8Array;
}

/**
 * Decodes length-prefixed messages from input that is split anywhere.
 *
 * @remarks
 * A message is refused by its prefix, before its bytes are here. No memory is taken for what a prefix promises: as much is held as came.
 */
export class MessageFrameDecoder {
  readonly #maxMessageBytes: number;
  #pending: Uint8Array[] = NO_PIECES;
  #pendingBytes = 0;
  #input: Uint8Array = NOTHING;
  #at = 0;
  #isCompressed = false;
  /** Bytes of the message that is being read; -1 as long as its prefix is not complete. */
  #length = -1;

  /** @param maxMessageBytes - Longest message, in bytes, as it is on the wire. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether no message has begun without an end. */
  get isAtBoundary(): boolean {
    return this.#length < 0 && this.#pendingBytes === 0 && this.#at === this.#input.length;
  }

  /** Takes bytes. Call {@link next} until it gives nothing before the next ones. */
  push(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#at = 0;
  }

  /**
   * Takes the next message.
   *
   * @returns `undefined` if more bytes are needed.
   * @throws GrpcStatusError INTERNAL for a flag that is neither 0 nor 1, RESOURCE_EXHAUSTED for a message that is too long.
   */
  next(): MessageFrame | undefined {
    if (this.#length < 0 && !this.#takePrefix()) return undefined;
    const bytes = this.#take(this.#length);
    if (bytes === undefined) return undefined;
    this.#length = -1;
    return { isCompressed: this.#isCompressed, bytes };
  }

  /** @returns Whether it was there. */
  #takePrefix(): boolean {
    const end = this.#at + MESSAGE_PREFIX_BYTES;
    if (this.#pendingBytes === 0 && end <= this.#input.length) {
      // Most prefixes lie in one piece: a view of each would cost as much as all else.
      this.#readPrefix(this.#input, this.#at);
      this.#at = end;
      return true;
    }
    const prefix = this.#take(MESSAGE_PREFIX_BYTES);
    if (prefix !== undefined) this.#readPrefix(prefix, 0);
    return prefix !== undefined;
  }

  #readPrefix(bytes: Uint8Array, at: number): void {
    const flag = bytes[at] ?? 0;
    if (flag > 1) {
      throw new GrpcStatusError(
        GrpcStatus.INTERNAL,
        `a message has the compressed flag ${flag}, which is neither 0 nor 1`,
      );
    }
    const length = uint32At(bytes, at + 1);
    if (length > this.#maxMessageBytes) throw messageTooLong(length, this.#maxMessageBytes);
    this.#isCompressed = flag === 1;
    this.#length = length;
  }

  /** @returns Exactly `byteCount` bytes, or `undefined` with what there is kept. */
  #take(byteCount: number): Uint8Array | undefined {
    const wanted = byteCount - this.#pendingBytes;
    const end = this.#at + wanted;
    if (end > this.#input.length) {
      this.#keepRest();
      return undefined;
    }
    const bytes = bytesAt(this.#input, this.#at, wanted);
    this.#at = end;
    if (this.#pendingBytes === 0) return bytes;
    const whole = Buffer.concat([...this.#pending, bytes], byteCount);
    this.#pending = NO_PIECES;
    this.#pendingBytes = 0;
    return whole;
  }

  #keepRest(): void {
    const isEmpty = this.#at === this.#input.length;
    const rest = isEmpty ? NOTHING : this.#input.subarray(this.#at);
    this.#input = NOTHING;
    this.#at = 0;
    if (isEmpty) return;
    if (this.#pending === NO_PIECES) this.#pending = [rest];
    else this.#pending.push(rest);
    this.#pendingBytes += rest.length;
    // A peer that sends byte by byte must not make a message weigh a hundred times its size.
    if (this.#pending.length >= MERGED_PIECES) this.#merge();
  }

  /** Joins pieces of about the same size, so that no byte is copied more often than its message doubles. */
  #merge(): void {
    let joined = 0;
    let from = this.#pending.length;
    while (from > 0 && (this.#pending[from - 1]?.length ?? 0) <= Math.max(joined, MERGED_BYTES)) {
      from--;
      joined += this.#pending[from]?.length ?? 0;
    }
    if (joined > 0) this.#pending.push(Buffer.concat(this.#pending.splice(from), joined));
  }
}

/**
 * Some of the bytes, as plain ones.
 *
 * @remarks
 * V8 keeps up to 64 bytes beside their object, as long as nobody looks at them by another one: a view costs memory of its own then, and four times a
 * copy.
 */
function bytesAt(input: Uint8Array, at: number, length: number): Uint8Array {
  if (length > MAX_COPIED_BYTES) return new Uint8Array(input.buffer, input.byteOffset + at, length);
  const copy = new Uint8Array(length);
  for (let index = 0; index < length; index++) copy[index] = input[at + index] as number; // within
  return copy;
}

function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** The failure of a message that is longer than allowed, on the wire or inflated. */
export function messageTooLong(length: number | undefined, maximum: number): GrpcStatusError {
  const what = length === undefined ? 'an inflated message' : `a message of ${length} bytes`;
  return new GrpcStatusError(
    GrpcStatus.RESOURCE_EXHAUSTED,
    `${what} is longer than maxMessageBytes of ${maximum} bytes`,
  );
}

/** Length of the prefix of a message: a flag and 32 bits. */
export const MESSAGE_PREFIX_BYTES = 5;
const MAX_COPIED_BYTES = 64;
const MERGED_PIECES = 64;
const MERGED_BYTES = 1_024;
const NOTHING = new Uint8Array(0);
const NO_PIECES: Uint8Array[] = [];
