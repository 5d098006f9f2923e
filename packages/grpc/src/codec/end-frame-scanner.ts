import { GrpcStatusError } from '../errors.ts';
import { GrpcStatus } from './grpc-status.ts';

/** The frame that ends a stream of messages in protocols that do not trust HTTP with trailers. */
export interface EndFrame {
  /** Whether `bytes` are compressed. */
  readonly isCompressed: boolean;
  /** What the frame holds. */
  readonly bytes: Uint8Array;
}

/**
 * Finds the frame that ends a stream of messages, and passes on the frames before it as they come.
 *
 * @remarks
 * Input may be split anywhere. Messages are not held back, only looked at: whoever reads them knows how long they may be. Behind the end
 * nothing may stand.
 */
export class EndFrameScanner {
  readonly #endFlag: number;
  readonly #maxEndBytes: number;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixBytes = 0;
  /** Bytes of the frame that are still to come. */
  #left = 0;
  #end: Uint8Array | undefined;
  #endBytes = 0;

  /**
   * @param endFlag - Bit of the flags that says so: 0x80 of gRPC-Web, 0x02 of Connect.
   * @param maxEndBytes - Longest end, in bytes.
   */
  constructor(endFlag: number, maxEndBytes: number) {
    this.#endFlag = endFlag;
    this.#maxEndBytes = maxEndBytes;
  }

  /** The end, once all of it is here. */
  get end(): EndFrame | undefined {
    if (this.#end === undefined || this.#left > 0) return undefined;
    return { isCompressed: ((this.#prefix[0] ?? 0) & 1) === 1, bytes: this.#end };
  }

  /**
   * Takes bytes. @returns Those of them that belong to messages, prefixes included.
   *
   * @throws GrpcStatusError RESOURCE_EXHAUSTED for an end that is too long, INTERNAL for bytes behind it.
   */
  push(input: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at < input.length) {
      if (this.#end !== undefined && this.#left === 0) throw internal('there is more behind the end of the messages');
      if (this.#left > 0) at += this.#takeContent(input, at, messages);
      else at += this.#takePrefix(input, at, messages);
    }
    return messages;
  }

  #takeContent(input: Uint8Array, at: number, messages: Uint8Array[]): number {
    const content = input.subarray(at, at + this.#left);
    if (this.#end === undefined) messages.push(content);
    else {
      this.#end.set(content, this.#endBytes);
      this.#endBytes += content.length;
    }
    this.#left -= content.length;
    return content.length;
  }

  #takePrefix(input: Uint8Array, at: number, messages: Uint8Array[]): number {
    const part = input.subarray(at, at + PREFIX_BYTES - this.#prefixBytes);
    this.#prefix.set(part, this.#prefixBytes);
    this.#prefixBytes += part.length;
    if (this.#prefixBytes < PREFIX_BYTES) return part.length;
    this.#prefixBytes = 0;
    this.#left = new DataView(this.#prefix.buffer).getUint32(1);
    if (((this.#prefix[0] ?? 0) & this.#endFlag) === 0) messages.push(this.#prefix.slice());
    else this.#beginEnd();
    return part.length;
  }

  #beginEnd(): void {
    if (((this.#prefix[0] ?? 0) & ~(this.#endFlag | 1)) !== 0) throw internal('the end has flags that are not known');
    if (this.#left > this.#maxEndBytes) {
      const message = `an end of ${this.#left} bytes is longer than ${this.#maxEndBytes} bytes`;
      throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, message);
    }
    this.#end = new Uint8Array(this.#left);
  }
}

/** Puts the prefix of an end in front of it. */
export function encodeEndFrame(content: Uint8Array, endFlag: number): Uint8Array {
  const frame = new Uint8Array(PREFIX_BYTES + content.length);
  frame[0] = endFlag;
  new DataView(frame.buffer).setUint32(1, content.length);
  frame.set(content, PREFIX_BYTES);
  return frame;
}

function internal(message: string): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.INTERNAL, message);
}

const PREFIX_BYTES = 5;
