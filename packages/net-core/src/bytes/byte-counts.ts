import type { Duplex } from 'node:stream';
import type { ByteSink, ByteStream, CloseInfo, DetachedSocket, Pausable, ReadOptions } from './byte-stream.ts';

/** Bytes that went through a stream so far; live. */
export interface ByteCounts {
  /** Bytes that were read. */
  readonly bytesIn: number;
  /** Bytes that were written. */
  readonly bytesOut: number;
}

/** A stream that counts, as {@link countBytes} makes it. */
export interface CountedByteStream {
  /** The same stream; use it in place of the original. */
  readonly stream: ByteStream;
  /** What has gone through it. */
  readonly counts: ByteCounts;
  /** Resolves with the end of the stream, or of the socket that was handed over. Never rejects. */
  readonly ended: Promise<CloseInfo>;
}

/**
 * Counts the bytes that go through a stream.
 *
 * @remarks
 * Counts what the user of the stream takes and gives: bytes put back by `unread` are subtracted until they are read again.
 * The fast paths of the original stay fast paths. A socket that is handed over (`detach`), as to TLS, counts by itself from then on; a duplex
 * that has no counters, as those of Node's sockets, is not counted any more.
 */
export function countBytes(stream: ByteStream): CountedByteStream {
  const counted = new CountingStream(stream);
  return { stream: counted, counts: counted.counts, ended: counted.ended };
}

/** What has gone through a stream, and the socket that counts the rest, once that was handed over. */
interface CountState {
  taken: number;
  given: number;
  socket: (Duplex & SocketCounters) | undefined;
}

/** Properties of its own, so that a copy (`{ ...counts }`) has the numbers of its moment. */
function liveCounts(state: CountState): ByteCounts {
  return {
    get bytesIn() {
      return state.taken + (state.socket?.bytesRead ?? 0);
    },
    get bytesOut() {
      return state.given + (state.socket?.bytesWritten ?? 0);
    },
  };
}

/** What Node's sockets count, also under TLS. */
interface SocketCounters {
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
}

class CountingStream implements ByteStream {
  readonly #state: CountState = { taken: 0, given: 0, socket: undefined };
  readonly counts: ByteCounts = liveCounts(this.#state);
  readonly consume?: (sink: ByteSink) => Pausable;
  readonly writeLent?: (chunk: Uint8Array) => boolean;
  readonly detach?: () => DetachedSocket | undefined;
  readonly #inner: ByteStream;
  readonly #ended = Promise.withResolvers<CloseInfo>();
  #isHandedOver = false;

  constructor(inner: ByteStream) {
    this.#inner = inner;
    if (inner.consume !== undefined) this.consume = (sink) => this.#consume(sink);
    if (inner.writeLent !== undefined) this.writeLent = (chunk) => this.#writeLent(chunk);
    if (inner.detach !== undefined) this.detach = () => this.#detach();
    void inner.closed.then((info) => {
      if (!this.#isHandedOver) this.#ended.resolve(info);
    });
  }

  get ended(): Promise<CloseInfo> {
    return this.#ended.promise;
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  async read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    const chunk = await this.#inner.read(options);
    if (chunk !== undefined) this.#state.taken += chunk.length;
    return chunk;
  }

  unread(chunk: Uint8Array): void {
    this.#state.taken -= chunk.length;
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    for (const chunk of chunks) this.#state.given += chunk.length;
    return this.#inner.write(chunks);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  #consume(sink: ByteSink): Pausable {
    const state = this.#state;
    const counting: ByteSink = {
      onBytes(chunk) {
        state.taken += chunk.length;
        return sink.onBytes(chunk);
      },
      onEnd: () => sink.onEnd(),
      ...(sink.chunkBytes === undefined ? {} : { chunkBytes: sink.chunkBytes }),
    };
    // Only asked for where the inner stream has it.
    return (this.#inner.consume as (sink: ByteSink) => Pausable).call(this.#inner, counting);
  }

  #detach(): DetachedSocket | undefined {
    this.#isHandedOver = true; // `closed` of the stream tells of that first
    const detached = this.#inner.detach?.();
    if (detached === undefined) {
      this.#isHandedOver = false;
      return undefined;
    }
    this.#follow(detached);
    return detached;
  }

  #follow({ socket, buffered }: { readonly socket: Duplex & SocketCounters } & DetachedSocket): void {
    const state = this.#state;
    for (const chunk of buffered) state.taken += chunk.length;
    state.taken -= socket.bytesRead ?? 0;
    state.given -= socket.bytesWritten ?? 0;
    state.socket = socket;
    socket.once('close', () => {
      const { errored } = socket;
      this.#ended.resolve(errored === null ? { reason: 'eof' } : { reason: 'error', error: errored });
    });
  }

  #writeLent(chunk: Uint8Array): boolean {
    this.#state.given += chunk.length;
    return this.#inner.writeLent?.(chunk) ?? false;
  }
}
