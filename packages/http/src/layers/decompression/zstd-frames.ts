import { ZstdFrameTracker } from './zstd-frame-tracker.ts';

/**
 * Takes zstd content apart into its frames, for a decoder that takes one at a time. RFC 8878 section 3.1.
 *
 * @remarks
 * Not every decoder tells of an end within a frame, or goes on behind one that ends within a chunk. What is to be skipped is left out: a
 * decoder takes longer for each such frame than it takes to send.
 */
export class ZstdFrames {
  readonly #tracker = new ZstdFrameTracker();
  readonly #onFrame: (count: number) => void;
  /** First bytes of a frame, as long as they do not say of which type it is. */
  #start: Uint8Array | undefined;
  #count = 0;

  /** @param onFrame - Hears of each frame that is decoded, with the number of those so far. May throw. */
  constructor(onFrame: (count: number) => void) {
    this.#onFrame = onFrame;
  }

  /** Whether the content may not end here. */
  get isIncomplete(): boolean {
    return !this.#tracker.isBetweenFrames;
  }

  /** The chunk in pieces, each of one frame. @throws ZstdFrameError if what stands there is no frame; what `onFrame` throws. */
  *pieces(chunk: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#tracker.isBetweenFrames) this.#start = NOTHING;
      const from = at;
      at = this.#tracker.advance(chunk, at);
      const { frameType } = this.#tracker;
      if (frameType === 'skippable') continue;
      let piece = chunk.subarray(from, at);
      if (this.#start !== undefined) {
        if (this.#start.length > 0) piece = Buffer.concat([this.#start, piece]);
        this.#start = frameType === undefined ? piece : undefined;
        if (frameType === 'data') this.#onFrame(++this.#count);
      }
      if (frameType === 'data') yield piece;
    }
  }
}

const NOTHING = new Uint8Array(0);
