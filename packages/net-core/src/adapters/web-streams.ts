import { ClosedError, UsageError } from '@lamella/service-core';
import type { ByteStream, CloseInfo, ReadOptions } from '../bytes/byte-stream.ts';
import { quiet, quietRejection } from '../bytes/quiet.ts';
import { ReadSide } from '../bytes/read-side.ts';
import { toStreamError } from '../errors.ts';
import { trackResource } from '../ledger/ledger.ts';

/** The two halves of a connection as Web streams, as `WebTransport` and others have them. */
export interface WebStreamPair {
  /** Inbound bytes. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Outbound bytes. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Makes Web streams of a {@link ByteStream}.
 *
 * @remarks
 * The pair owns the stream from now on. One chunk is read per pull, none ahead. Aborting the writable breaks the
 * connection off, and so does cancelling the readable before the writable was closed: what was cut must not look like an
 * end. Closing the writable ends the outbound direction only.
 */
export function webStreamsFromByteStream(stream: ByteStream): WebStreamPair {
  let hasEnded = false;
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await stream.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => stream.destroy(reason ?? (hasEnded ? undefined : new ClosedError('cancelled'))),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      void stream.closed.then((info) => {
        if (info.reason !== 'eof') controller.error(toStreamError(info)); // whoever waits to write hears of it
      });
    },
    write: (chunk) => stream.write([chunk]),
    close: async () => {
      await stream.closeWrite();
      hasEnded = true;
    },
    abort: (reason) => stream.destroy(reason ?? new ClosedError('aborted')),
  });
  return { readable, writable };
}

/**
 * Makes a {@link ByteStream} of Web streams.
 *
 * @remarks
 * The stream owns the pair from now on and locks both halves. A pair can't tell a reset from another failure: whatever
 * its readable fails with becomes `closed` with reason `error`.
 */
export function byteStreamFromWebStreams(pair: WebStreamPair): ByteStream {
  return new WebByteStream(pair);
}

class WebByteStream implements ByteStream {
  readonly closed: Promise<CloseInfo>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #readSide: ReadSide;
  readonly #resource = trackResource('stream', () => 'a pair of Web streams');
  readonly #resolveClosed: (info: CloseInfo) => void;
  #isWanted = false;
  #isReading = false;
  #ending: Promise<void> | undefined;
  #hasFlushed = false;
  #closeInfo: CloseInfo | undefined;

  constructor(pair: WebStreamPair) {
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#reader = pair.readable.getReader();
    this.#writer = pair.writable.getWriter();
    this.#writer.closed.catch((error: unknown) => this.#close({ reason: 'error', error }));
    this.#writer.ready.catch(() => {}); // told by `closed` as well
    this.#readSide = new ReadSide({
      resume: () => {
        this.#isWanted = true;
        if (!this.#isReading) void this.#pump();
      },
      pause: () => {
        this.#isWanted = false;
      },
    });
  }

  read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#readSide.read(options);
  }

  unread(chunk: Uint8Array): void {
    this.#readSide.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#closeInfo !== undefined) return quietRejection(toStreamError(this.#closeInfo));
    if (this.#ending !== undefined) return quietRejection(new UsageError('cannot write: closeWrite was called'));
    for (const chunk of chunks) void quiet(this.#writer.write(chunk));
    return (this.#writer.desiredSize ?? 0) > 0 ? undefined : quiet(this.#writer.ready);
  }

  closeWrite(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  destroy(reason?: unknown): void {
    if (this.#closeInfo !== undefined) return;
    if (reason === undefined) {
      void this.#endBoth();
      this.#close({ reason: 'shutdown' });
      return;
    }
    void quiet(this.#reader.cancel(reason));
    void quiet(this.#writer.abort(reason));
    this.#close({ reason: 'shutdown', error: reason });
  }

  /** What was written still goes out: the peer sees a plain end. */
  async #endBoth(): Promise<void> {
    await (this.#ending ?? this.#writer.close().catch(() => {}));
    await this.#reader.cancel().catch(() => {});
  }

  async #end(): Promise<void> {
    if (this.#closeInfo !== undefined) return;
    try {
      await this.#writer.close();
      this.#hasFlushed = true;
      if (this.#readSide.hasEnded) this.#close({ reason: 'eof' });
    } catch {
      // The writer's own `closed` has told already.
    }
  }

  async #pump(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isWanted && this.#closeInfo === undefined) {
        const { value, done } = await this.#reader.read();
        if (done) {
          this.#readSide.end();
          if (this.#hasFlushed) this.#close({ reason: 'eof' });
          return;
        }
        if (value.length > 0) this.#readSide.push(value, true);
      }
    } catch (error) {
      void quiet(this.#writer.abort(error));
      this.#close({ reason: 'error', error });
    } finally {
      this.#isReading = false;
    }
  }

  #close(info: CloseInfo): void {
    if (this.#closeInfo !== undefined) return;
    this.#closeInfo = info;
    this.#readSide.fail(info);
    this.#resource.release();
    this.#resolveClosed(info);
  }
}
