import type { ByteCursor } from '@lamella/net-core';
import { TtrpcProtocolError } from '../../errors.ts';

/** Types of frames. PROTOCOL.md of containerd/ttrpc, "Message Types". */
export const TtrpcType = { REQUEST: 1, RESPONSE: 2, DATA: 3 } as const;

/** Flags of frames; NO_DATA tells the end of a stream from an empty message, as the implementation in Go has it. */
export const TtrpcFlag = { REMOTE_CLOSED: 1, REMOTE_OPEN: 2, NO_DATA: 4 } as const;

/** A frame as it came. */
export interface TtrpcFrame {
  readonly streamId: number;
  /** One of {@link TtrpcType}, or what may come one day. */
  readonly type: number;
  readonly flags: number;
  /** Content, a view of what came or memory of its own; `undefined` if it was too long, and is gone. */
  readonly data: Uint8Array | undefined;
}

/** Makes the header of a frame; its data goes behind it. */
export function encodeTtrpcHeader(streamId: number, type: number, flags: number, dataBytes: number): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(dataBytes, 0);
  header.writeUInt32BE(streamId, 4);
  header[8] = type;
  header[9] = flags;
  return header;
}

/**
 * Decodes frames from input that is split anywhere.
 *
 * @remarks
 * Source: PROTOCOL.md of containerd/ttrpc, "Message Frame". A frame that is too long is passed over, and told of at its end. No memory is
 * taken for what a header promises: at most twice as much is held as came.
 */
export class TtrpcFrameDecoder {
  readonly #maxDataBytes: number;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** Data so far, in front of room for more. */
  #data: Buffer = NOTHING;
  /** Bytes of data that came, kept or not. */
  #dataBytes = 0;

  /** @param maxDataBytes - Longest data of a frame, in bytes. */
  constructor(maxDataBytes: number) {
    this.#maxDataBytes = maxDataBytes;
  }

  /** Whether no frame has begun without an end. */
  get isAtBoundary(): boolean {
    return this.#headerBytes === 0;
  }

  /**
   * Takes the next frame.
   *
   * @returns `undefined` if more bytes are needed.
   * @throws TtrpcProtocolError for a length of 16 MiB and more: its first byte is reserved, so that this is another protocol.
   */
  decode(input: ByteCursor): TtrpcFrame | undefined {
    if (!this.#readHeader(input)) return undefined;
    const length = this.#header.readUInt32BE(0);
    const isTooLong = length > this.#maxDataBytes;
    if (!isTooLong && this.#dataBytes === 0 && input.remaining >= length) return this.#frame(input.take(length));
    const piece = input.take(length - this.#dataBytes);
    if (!isTooLong) this.#keep(piece, length);
    this.#dataBytes += piece.length;
    if (this.#dataBytes < length) return undefined;
    return this.#frame(isTooLong ? undefined : this.#data.subarray(0, length));
  }

  #readHeader(input: ByteCursor): boolean {
    if (this.#headerBytes === HEADER_BYTES) return true;
    const piece = input.take(HEADER_BYTES - this.#headerBytes);
    this.#header.set(piece, this.#headerBytes);
    this.#headerBytes += piece.length;
    if (this.#header[0] !== 0) {
      throw new TtrpcProtocolError('LML_ERR_TTRPC_BAD_LENGTH', 'the first byte of a frame is not 0');
    }
    return this.#headerBytes === HEADER_BYTES;
  }

  #keep(piece: Uint8Array, length: number): void {
    const needed = this.#dataBytes + piece.length;
    if (needed > this.#data.length) {
      const grown = Buffer.allocUnsafe(Math.min(length, Math.max(needed, 2 * this.#data.length, MIN_BYTES)));
      this.#data.copy(grown, 0, 0, this.#dataBytes);
      this.#data = grown;
    }
    this.#data.set(piece, this.#dataBytes);
  }

  #frame(data: Uint8Array | undefined): TtrpcFrame {
    const header = this.#header;
    const frame = { streamId: header.readUInt32BE(4), type: header[8] ?? 0, flags: header[9] ?? 0, data };
    header[0] = 0;
    this.#headerBytes = 0;
    this.#data = NOTHING;
    this.#dataBytes = 0;
    return frame;
  }
}

const HEADER_BYTES = 10;
const MIN_BYTES = 1_024;
const NOTHING: Buffer = Buffer.alloc(0);
