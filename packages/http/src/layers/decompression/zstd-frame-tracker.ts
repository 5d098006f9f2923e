/** What is wrong with bytes that are no zstd frames. */
export class ZstdFrameError extends Error {}

/**
 * Follows where frames begin and end in a zstd stream that is split anywhere. RFC 8878 section 3.1.
 *
 * @remarks
 * Decoders do not tell everywhere whether their input ended within a frame, nor what stands behind one. This one only
 * counts: it reads headers of frames and blocks, and passes over the rest.
 */
export class ZstdFrameTracker {
  #step: Step = 'magic';
  /** Bytes of the step that are there, as a number, little-endian, and how many. */
  #value = 0;
  #have = 0;
  /** Bytes to pass over. */
  #skip = 0;
  #endsFrame = false;
  #frameType: 'data' | 'skippable' | undefined;
  #hasChecksum = false;

  /** Whether no frame has begun that has not ended. */
  get isBetweenFrames(): boolean {
    return this.#step === 'magic' && this.#have === 0 && this.#skip === 0;
  }

  /** What the frame is that was advanced through last; `undefined` as long as its first four bytes are not there. */
  get frameType(): 'data' | 'skippable' | undefined {
    return this.#frameType;
  }

  /**
   * Goes on from `start`.
   *
   * @returns Index behind the frame that is under way, or the length of the chunk if the frame goes on behind it.
   * @throws ZstdFrameError if what stands there is no frame.
   */
  advance(chunk: Uint8Array, start: number): number {
    let at = start;
    if (at < chunk.length && this.isBetweenFrames) this.#frameType = undefined;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        this.#skip -= passed;
        at += passed;
      } else {
        this.#value += (chunk[at] as number) * 256 ** this.#have; // within the chunk
        this.#have++;
        at++;
        if (this.#have === STEP_BYTES[this.#step]) this.#take();
      }
      if (this.#skip === 0 && this.#endsFrame) {
        this.#endsFrame = false;
        return at;
      }
    }
    return at;
  }

  #take(): void {
    const value = this.#value;
    this.#value = this.#have = 0;
    switch (this.#step) {
      case 'magic':
        if (value === MAGIC) {
          this.#step = 'descriptor';
          this.#frameType = 'data';
        } else if (value >= SKIPPABLE && value < SKIPPABLE + 16) {
          this.#step = 'skippable-size';
          this.#frameType = 'skippable';
        } else throw new ZstdFrameError('what stands there is no zstd frame');
        break;
      case 'skippable-size':
        this.#endFrame(value);
        break;
      case 'descriptor':
        this.#takeDescriptor(value);
        break;
      case 'block':
        this.#takeBlock(value);
    }
  }

  /** RFC 8878 section 3.1.1.1. */
  #takeDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const window = isSingleSegment ? 0 : 1;
    const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#skip = window + dictionary + contentSize;
    this.#step = 'block';
  }

  /** RFC 8878 section 3.1.1.2. */
  #takeBlock(header: number): void {
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw new ZstdFrameError('a zstd block is of the reserved type');
    const size = type === REPEATED ? 1 : header >> 3;
    if ((header & 1) === 0) this.#skip = size;
    else this.#endFrame(size + (this.#hasChecksum ? CHECKSUM_BYTES : 0));
  }

  #endFrame(restBytes: number): void {
    this.#skip = restBytes;
    this.#endsFrame = true;
    this.#step = 'magic';
  }
}

type Step = 'magic' | 'skippable-size' | 'descriptor' | 'block';

const STEP_BYTES: Readonly<Record<Step, number>> = { magic: 4, 'skippable-size': 4, descriptor: 1, block: 3 };
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const REPEATED = 1;
const RESERVED = 3;
const CHECKSUM_BYTES = 4;
