import type { ByteStream } from '@lamella/net-core';

/** Writes to a stream, and knows how much waits because the peer takes nothing. */
export class Outbound {
  readonly #stream: ByteStream;
  readonly #onDrained: () => void;
  readonly #toError: (cause: unknown) => unknown;
  #wait: Promise<void> | undefined;
  #told: Promise<void> | undefined;
  #bufferedBytes = 0;

  /**
   * @param onDrained - Hears when the peer has taken what waited.
   * @param toError - Makes the error that writers get of the one of the stream.
   */
  constructor(stream: ByteStream, onDrained: () => void, toError: (cause: unknown) => unknown) {
    this.#stream = stream;
    this.#onDrained = onDrained;
    this.#toError = toError;
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
    return this.#told;
  };

  #watch(wait: Promise<void>): void {
    this.#wait = wait;
    this.#told = wait.then(
      () => {
        if (this.#wait !== wait) return;
        this.#wait = this.#told = undefined;
        this.#bufferedBytes = 0;
        this.#onDrained();
      },
      (cause: unknown) => {
        throw this.#toError(cause);
      },
    );
    this.#told.catch(() => {}); // ignoring it is safe
  }
}
