import type { ByteStream } from '@lamella/net-core';
import type { Clock, Timer } from '@lamella/service-core';

/**
 * Closes a connection so that the peer gets all that was written. RFC 9112 section 9.6.
 *
 * @remarks
 * Ends the outbound direction, then goes on reading for a while and throws away what comes: a kernel that has unread bytes at
 * the close would reset the connection, and the peer might lose the end of our last response.
 */
export class LingeringClose {
  readonly #stream: ByteStream;
  readonly #timer: Timer;
  #bytesDiscarded = 0;

  /** Starts closing. */
  constructor(stream: ByteStream, clock: Clock) {
    this.#stream = stream;
    void stream.closeWrite();
    this.#timer = clock.startTimer(LINGER_MS, () => stream.destroy());
  }

  /** The peer has sent more. */
  discard(byteCount: number): void {
    this.#bytesDiscarded += byteCount;
    if (this.#bytesDiscarded > MAX_LINGER_BYTES) this.#stream.destroy();
  }

  /** The stream has ended. */
  cancel(): void {
    this.#timer.cancel();
  }
}

const LINGER_MS = 2_000;
const MAX_LINGER_BYTES = 1024 * 1024;
