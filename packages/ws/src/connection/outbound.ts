import type { ByteStream } from '@lamella/net-core';

/** Writes to a stream, and knows how much waits because the peer takes nothing. */
export class Outbound {
  readonly #stream: ByteStream;
  readonly #onDrained: () => void;
  #wait: Promise<void> | undefined;
  #bufferedBytes = 0;

  /** @param onDrained - Hears when the peer has taken what waited. */
  constructor(stream: ByteStream, onDrained: () => void) {
    this.#stream = stream;
    this.#onDrained = onDrained;
  }

  /** Bytes written since the stream asked to wait. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Whether the stream has asked to wait. */
  get isBlocked(): boolean {
    return this.#wait !== undefined;
  }

  readonly write = (chunks: readonly Uint8Array[]): Promise<void> | undefined => {
    const wait = this.#stream.write(chunks);
    if (wait === undefined) return undefined;
    for (const chunk of chunks) this.#bufferedBytes += chunk.length;
    if (wait !== this.#wait) this.#watch(wait);
    return wait;
  };

  #watch(wait: Promise<void>): void {
    this.#wait = wait;
    wait.then(
      () => {
        if (this.#wait !== wait) return;
        this.#wait = undefined;
        this.#bufferedBytes = 0;
        this.#onDrained();
      },
      () => {}, // the stream is gone, which its `closed` tells
    );
  }
}
