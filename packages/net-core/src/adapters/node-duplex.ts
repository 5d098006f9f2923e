import { Duplex } from 'node:stream';
import type { ByteStream, Pausable } from '../bytes/byte-stream.ts';
import { consumeStream } from '../bytes/consume-stream.ts';
import { toStreamError } from '../errors.ts';

/** Options of {@link duplexFromByteStream}. */
export interface NodeDuplexOptions {
  /** Bytes queued towards the reader of the duplex before the stream has to wait. Default 65_536. */
  readonly highWaterMark?: number;
}

/**
 * Makes a Node `Duplex` of a {@link ByteStream}, for libraries that want one.
 *
 * @remarks
 * The duplex owns the stream from now on. It is half-open: the end of the peer ends the readable side only. Destroying
 * the duplex, with or without an error, destroys the stream; a failing stream destroys the duplex with its error.
 */
export function duplexFromByteStream(stream: ByteStream, options: NodeDuplexOptions = {}): Duplex {
  return new ByteStreamDuplex(stream, options.highWaterMark ?? 65_536);
}

class ByteStreamDuplex extends Duplex {
  readonly #stream: ByteStream;
  #source: Pausable | undefined;

  constructor(stream: ByteStream, highWaterMark: number) {
    super({ allowHalfOpen: true, highWaterMark });
    this.#stream = stream;
    void stream.closed.then((info) => {
      if (info.reason !== 'eof' && !this.destroyed) {
        const error = toStreamError(info);
        this.destroy(error instanceof Error ? error : new Error('the byte stream was destroyed', { cause: error }));
      }
    });
  }

  override _read(): void {
    if (this.#source === undefined) this.#start();
    else this.#source.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    settle(this.#stream.write([chunk]), callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    settle(this.#stream.write(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    settle(this.#stream.closeWrite(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Ended both ways is a plain close; anything else breaks the connection off.
    const isDone = this.readableEnded && this.writableFinished;
    if (error === null && isDone) this.#stream.destroy();
    else this.#stream.destroy(error ?? undefined);
    callback(error);
  }

  #start(): void {
    this.#source = consumeStream(this.#stream, {
      onBytes: (chunk) => {
        if (!this.push(Buffer.from(chunk))) this.#source?.pause();
        return undefined;
      },
      onEnd: () => this.push(null),
    });
  }
}

function settle(work: Promise<void> | undefined, callback: (error?: Error | null) => void): void {
  if (work === undefined) {
    callback();
    return;
  }
  work.then(
    () => callback(),
    (error: unknown) => callback(error instanceof Error ? error : new Error('write failed', { cause: error })),
  );
}
