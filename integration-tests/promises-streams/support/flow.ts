import { createHash } from 'node:crypto';
import type { BodyChunk } from '@lamella/http';
import type { ByteStream } from '@lamella/net-core';
import { patternChunks } from '../../support/pattern.ts';

/** Both ends of one bulk transfer: how far the producer is ahead of the consumer, and whether it has to wait. */
export class Flow {
  readonly #length: number;
  #produced = 0;
  #consumed = 0;
  #isWaiting = false;
  #mostAhead = 0;
  #looks = 0;
  #waits = 0;
  readonly #hash = createHash('sha1');

  /** @param length - Bytes to transfer. */
  constructor(length: number) {
    this.#length = length;
  }

  /** Most bytes that were produced and not consumed, wherever they were. */
  get mostAhead(): number {
    return this.#mostAhead;
  }

  /** Share of the looks at which the producer was made to wait. */
  get waitingRatio(): number {
    return this.#waits / this.#looks;
  }

  /** Bytes given to the other side so far. */
  get produced(): number {
    return this.#produced;
  }

  /** Whether the producer is through. */
  get isProduced(): boolean {
    return this.#produced === this.#length;
  }

  /** SHA-1 of what was consumed. */
  sum(): string {
    return this.#hash.digest('hex');
  }

  /** Everything, as a body: whoever asks for a chunk lets the producer go on. */
  async *body(): AsyncGenerator<BodyChunk> {
    for (const chunk of patternChunks(this.#length)) {
      this.#produce(chunk.length);
      yield chunk;
      this.#isWaiting = false;
    }
  }

  /** Writes everything and the end. */
  async writeTo(stream: ByteStream): Promise<void> {
    for (const chunk of patternChunks(this.#length)) {
      this.#produce(chunk.length);
      await stream.write([Uint8Array.prototype.slice.call(chunk)]); // it is the stream's for good
      this.#isWaiting = false;
    }
    await stream.closeWrite();
  }

  /**
   * Reads everything, slowly.
   *
   * @param pause - Called between two reads: the time that a slow consumer takes.
   */
  async readFrom(from: { read(): Promise<Uint8Array | undefined> }, pause: () => Promise<void>): Promise<void> {
    for (let chunk = await from.read(); chunk !== undefined; chunk = await from.read()) {
      this.#hash.update(chunk);
      this.#consumed += chunk.length;
      await pause();
      if (this.isProduced) continue; // nothing to wait for any more
      this.#looks++;
      if (this.#isWaiting) this.#waits++;
    }
  }

  #produce(length: number): void {
    this.#produced += length;
    this.#isWaiting = true;
    this.#mostAhead = Math.max(this.#mostAhead, this.#produced - this.#consumed);
  }
}
