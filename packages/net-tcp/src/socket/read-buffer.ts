/**
 * Memory that all sockets of the process read into, one after the other.
 *
 * @remarks
 * A read is over before the next one starts, so one buffer serves every socket: whoever wants the bytes for longer copies them, or
 * keeps the buffer, which is then replaced.
 */
export class ReadBuffer {
  readonly #size: number;
  #memory: Buffer | undefined;

  /** @param size - In bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** The memory for the next read. */
  get memory(): Buffer {
    this.#memory ??= Buffer.allocUnsafeSlow(this.#size);
    return this.#memory;
  }

  /** Somebody has kept the memory of the last read. */
  replace(): void {
    this.#memory = undefined;
  }
}

/** For most reads. */
export const readBuffer: ReadBuffer = new ReadBuffer(64 * 1024);

/** For bulk transfers, which spend less time between reads by it. */
export const bulkReadBuffer: ReadBuffer = new ReadBuffer(256 * 1024);
