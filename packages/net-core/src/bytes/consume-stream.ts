import type { ByteSink, ByteStream, Pausable } from './byte-stream.ts';

/**
 * Pushes the bytes of a stream to a sink: by its own push path if it has one, else by reading.
 *
 * @returns Controls of the consumption. A read that is waiting when it is stopped gives its bytes back to the stream.
 */
export function consumeStream(stream: ByteStream, sink: ByteSink): Pausable {
  return stream.consume?.(sink) ?? new ReadingLoop(stream, sink);
}

class ReadingLoop implements Pausable {
  readonly #stream: ByteStream;
  readonly #sink: ByteSink;
  readonly #stopped = new AbortController();
  #isPaused = false;
  #isReading = false;

  constructor(stream: ByteStream, sink: ByteSink) {
    this.#stream = stream;
    this.#sink = sink;
    void this.#run();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isReading) void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    this.#isReading = true;
    try {
      while (!this.#isPaused && !signal.aborted) {
        const chunk = await this.#stream.read({ signal });
        if (chunk === undefined) {
          this.#stopped.abort();
          this.#sink.onEnd();
        } else if (this.#isPaused || signal.aborted) this.#stream.unread(chunk);
        else this.#sink.onBytes(chunk);
      }
    } catch {
      // Stopped, or the stream is gone, which its `closed` tells.
    } finally {
      this.#isReading = false;
    }
  }
}
