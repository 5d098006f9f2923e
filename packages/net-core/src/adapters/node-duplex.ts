import { Duplex } from 'node:stream';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { toStreamError } from '../errors.ts';

/** Options of {@link duplexFromByteStream}. */
export interface NodeDuplexOptions {
  /** Most bytes queued towards the reader of the duplex; beyond that the stream has to wait. Default 65_536. */
  readonly highWaterMark?: number;
  /** Whether the duplex destroys itself when both directions have ended, as in Node. Default true. */
  readonly autoDestroy?: boolean;
}

/**
 * Makes a Node `Duplex` of a {@link ByteStream}, for libraries that want one.
 *
 * @remarks
 * The duplex owns the stream from now on. It is half-open: the end of the peer ends the readable side only. Destroying
 * the duplex, with or without an error, destroys the stream; a failing stream destroys the duplex with its error. It reads
 * no more than there is room for. Chunks written to it belong to the stream for good: do not change them afterwards.
 */
export function duplexFromByteStream(stream: ByteStream, options: NodeDuplexOptions = {}): Duplex {
  const { highWaterMark = 65_536, autoDestroy = true } = options;
  return new ByteStreamDuplex(stream, { highWaterMark, autoDestroy });
}

class ByteStreamDuplex extends Duplex {
  readonly #stream: ByteStream;

  constructor(stream: ByteStream, options: Required<NodeDuplexOptions>) {
    super({ allowHalfOpen: true, ...options });
    this.#stream = stream;
    void stream.closed.then((info) => {
      if (info.reason !== 'eof' && !this.destroyed) this.destroy(toError(toStreamError(info)));
    });
  }

  /** Called when there is room, and not again before `push`: so there is one read at a time. */
  override _read(): void {
    const maxBytes = Math.max(1, this.readableHighWaterMark - this.readableLength);
    this.#stream.read({ maxBytes }).then(
      (chunk) => {
        if (!this.destroyed) this.push(chunk ?? null);
      },
      (error: unknown) => this.destroy(toError(error)), // does nothing if this end was destroyed first
    );
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
    this.#stream.destroy(error ?? undefined); // without an error: a plain close
    callback(error);
  }
}

function settle(work: Promise<void> | undefined, callback: (error?: Error | null) => void): void {
  if (work === undefined) {
    callback();
    return;
  }
  work.then(
    () => callback(),
    (error: unknown) => callback(toError(error)),
  );
}

/** Node wants errors, while a stream may be destroyed with anything. */
function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the byte stream was destroyed', { cause: reason });
}
