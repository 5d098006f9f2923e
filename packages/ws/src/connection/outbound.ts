import type { ByteStream } from '@lamella/net-core';

/** Whose writes an {@link Outbound} does. */
export interface OutboundOwner {
  /** The peer has taken what waited. */
  onDrained(): void;
  /** Makes the error that writers get of the one of the stream. */
  toWriteError(cause: unknown): unknown;
}

/** Writes to a stream, and knows how much waits because the peer takes nothing. */
export class Outbound {
  readonly #stream: ByteStream;
  readonly #owner: OutboundOwner;
  #wait: Promise<void> | undefined;
  #told: Promise<void> | undefined;
  #bufferedBytes = 0;

  constructor(stream: ByteStream, owner: OutboundOwner) {
    this.#stream = stream;
    this.#owner = owner;
  }

  /** Bytes written since the stream asked to wait. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Whether the stream has asked to wait. */
  get isBlocked(): boolean {
    return this.#wait !== undefined;
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const wait = this.#stream.write(chunks);
    if (wait === undefined) return undefined;
    for (const chunk of chunks) this.#bufferedBytes += chunk.length;
    if (wait !== this.#wait) this.#watch(wait);
    return this.#told;
  }

  #watch(wait: Promise<void>): void {
    this.#wait = wait;
    this.#told = wait.then(
      () => {
        if (this.#wait !== wait) return;
        this.#wait = this.#told = undefined;
        this.#bufferedBytes = 0;
        this.#owner.onDrained();
      },
      (cause: unknown) => {
        throw this.#owner.toWriteError(cause);
      },
    );
    this.#told.catch(() => {}); // ignoring it is safe
  }
}
