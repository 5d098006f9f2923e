import { FRAME, FRAME_HEADER_BYTES } from './frame-types.ts';

/** Takes frames from a {@link FrameDecoder}. What it throws ends the decoding and passes through. */
export interface FrameSink {
  /** The header of a frame has come. Called once for each frame, before anything of its payload is looked at. */
  onFrameHeader(type: number, flags: number, streamId: number, length: number): void;
  /**
   * The whole payload of a frame that is no DATA frame.
   *
   * @param bytes - Borrowed; the payload lies from `start` to `end`.
   */
  onFrame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void;
  /**
   * A piece of the payload of a DATA frame, padding included; also called once for an empty one.
   *
   * @param bytes - Borrowed; the piece lies from `start` to `end`.
   * @param isLast - Whether the frame ends with it.
   */
  onDataPiece(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number, isLast: boolean): void;
}

/**
 * Decodes frames from input split anywhere. RFC 9113 section 4.1.
 *
 * @remarks
 * DATA is passed on as it comes and never collected. Every other payload is passed on whole: where it lies in one piece, without
 * a copy; where it does not, it is put together. Its length is bounded by what {@link FrameSink.onFrameHeader} lets through.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  /** What has come of a header, or of a payload, that is not whole. */
  #partial: Uint8Array | undefined;
  #partialBytes = 0;
  /** Bytes that are missing of the payload under way; of a DATA frame or of one that is being put together. */
  #missing = 0;
  #state: 'header' | 'data' | 'payload' = 'header';
  #type = 0;
  #flags = 0;
  #streamId = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether a frame has begun and is not whole. */
  get isInFrame(): boolean {
    return this.#state !== 'header' || this.#partialBytes > 0;
  }

  /** Takes what came; calls the sink for all frames that are in it. */
  decode(bytes: Uint8Array, from: number): void {
    let at = from;
    const { length } = bytes;
    while (at < length) {
      if (this.#state === 'data') at = this.#passData(bytes, at);
      else if (this.#state === 'payload') at = this.#collectPayload(bytes, at);
      else if (this.#partialBytes === 0 && length - at >= FRAME_HEADER_BYTES) at = this.#readHere(bytes, at);
      else at = this.#collectHeader(bytes, at);
    }
  }

  /** The usual case: a whole header lies in the input. */
  #readHere(bytes: Uint8Array, at: number): number {
    const length = this.#readHeader(bytes, at);
    const start = at + FRAME_HEADER_BYTES;
    const end = start + length;
    if (end > bytes.length || this.#type === FRAME.data) return this.#startPayload(length, start, bytes);
    this.#sink.onFrame(this.#type, this.#flags, this.#streamId, bytes, start, end);
    return end;
  }

  /** @returns The length of the payload. */
  #readHeader(bytes: Uint8Array, at: number): number {
    // The caller has seen that the header lies within.
    const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    this.#type = bytes[at + 3] as number;
    this.#flags = bytes[at + 4] as number;
    // The highest bit is reserved, and ignored. RFC 9113 section 4.1.
    this.#streamId =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number);
    this.#sink.onFrameHeader(this.#type, this.#flags, this.#streamId, length);
    return length;
  }

  #startPayload(length: number, at: number, bytes: Uint8Array): number {
    this.#missing = length;
    if (this.#type === FRAME.data) {
      this.#state = 'data';
      return length === 0 ? this.#passData(bytes, at) : at;
    }
    if (length === 0) {
      this.#sink.onFrame(this.#type, this.#flags, this.#streamId, bytes, at, at);
      return at;
    }
    this.#state = 'payload';
    this.#partial = new Uint8Array(length);
    this.#partialBytes = 0;
    return at;
  }

  #passData(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#missing);
    this.#missing -= end - at;
    const isLast = this.#missing === 0;
    if (isLast) this.#state = 'header';
    this.#sink.onDataPiece(this.#flags, this.#streamId, bytes, at, end, isLast);
    return end;
  }

  #collectPayload(bytes: Uint8Array, at: number): number {
    const partial = this.#partial ?? EMPTY;
    const end = Math.min(bytes.length, at + this.#missing);
    partial.set(bytes.subarray(at, end), this.#partialBytes);
    this.#partialBytes += end - at;
    this.#missing -= end - at;
    if (this.#missing > 0) return end;
    this.#state = 'header';
    this.#partial = undefined;
    this.#partialBytes = 0;
    this.#sink.onFrame(this.#type, this.#flags, this.#streamId, partial, 0, partial.length);
    return end;
  }

  #collectHeader(bytes: Uint8Array, at: number): number {
    this.#partial ??= new Uint8Array(FRAME_HEADER_BYTES);
    const partial = this.#partial;
    const end = Math.min(bytes.length, at + FRAME_HEADER_BYTES - this.#partialBytes);
    for (let index = at; index < end; index++) partial[this.#partialBytes++] = bytes[index] as number; // inside
    if (this.#partialBytes < FRAME_HEADER_BYTES) return end;
    this.#partial = undefined;
    this.#partialBytes = 0;
    return this.#startPayload(this.#readHeader(partial, 0), end, bytes);
  }
}

const EMPTY = new Uint8Array(0);
