/** One frame as it stands on the wire. RFC 9113 section 4.1. */
export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  /** With the reserved bit as its highest one. */
  readonly streamId: number;
  readonly payload: Buffer;
}

/**
 * Splits bytes into frames, for tests that judge what an engine sends or play one themselves. Shares no code with the engine of this
 * package, and checks nothing.
 *
 * @example
 * const reader = new RawFrameReader();
 * reader.read(rawFrame(6, 0, 0, Buffer.from('12345678'))); // [{ type: 6, flags: 0, streamId: 0, payload }]
 */
export class RawFrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Bytes that belong to a frame which is not whole. */
  get restBytes(): number {
    return this.#bytes.length;
  }

  /** Takes bytes, cut anywhere. @returns The frames that are whole now. */
  read(bytes: Uint8Array): RawFrame[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const frames: RawFrame[] = [];
    while (this.#bytes.length >= 9) {
      const end = 9 + this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < end) break;
      frames.push({
        type: this.#bytes.readUInt8(3),
        flags: this.#bytes.readUInt8(4),
        streamId: this.#bytes.readUInt32BE(5),
        payload: this.#bytes.subarray(9, end),
      });
      this.#bytes = this.#bytes.subarray(end);
    }
    return frames;
  }
}

/** The bytes of one frame, right or wrong. @param streamId - 0 to 4_294_967_295. */
export function rawFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  bytes.set(payload, 9);
  return bytes;
}

/** Names of error codes, each at its number. RFC 9113 section 7. */
export const errorCodeNames: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];
