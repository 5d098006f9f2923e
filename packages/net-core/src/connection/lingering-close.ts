import type { Clock, Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';

/**
 * Closes a connection so that the peer gets all that was written. RFC 9112 section 9.6.
 *
 * @remarks
 * Ends the outbound direction, waits until all of it is sent, then goes on reading for a while and throws away what comes: a
 * kernel that has unread bytes at the close would reset the connection, and the peer might lose the end of our last response.
 * A peer that does not take that end in time is reset: a part of a response must not look like the whole.
 */
export class LingeringClose {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  #timer: Timer;
  #isOver = false;
  #bytesDiscarded = 0;

  /**
   * Starts closing.
   *
   * @param writeTimeoutMs - How long the peer may take for what is not sent yet, in milliseconds.
   */
  constructor(stream: ByteStream, clock: Clock, writeTimeoutMs: number) {
    this.#stream = stream;
    this.#clock = clock;
    this.#timer = clock.startTimer(writeTimeoutMs, () => {
      stream.destroy(
        new TimeoutError({ limit: 'writeTimeoutMs', timeoutMs: writeTimeoutMs, facts: { phase: 'write' } }),
      );
    });
    void stream.closeWrite().then(() => this.#linger());
  }

  /** The peer has sent more. */
  discard(byteCount: number): void {
    this.#bytesDiscarded += byteCount;
    if (this.#bytesDiscarded > MAX_LINGER_BYTES) this.#stream.destroy();
  }

  /** The stream has ended. */
  cancel(): void {
    this.#isOver = true;
    this.#timer.cancel();
  }

  #linger(): void {
    if (this.#isOver) return;
    this.#timer.cancel();
    this.#timer = this.#clock.startTimer(LINGER_MS, () => this.#stream.destroy());
  }
}

const LINGER_MS = 2_000;
const MAX_LINGER_BYTES = 1024 * 1024;
