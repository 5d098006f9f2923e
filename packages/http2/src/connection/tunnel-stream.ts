import type { ByteSink, ByteStream, CloseInfo, Pausable, ReadOptions, ReadOrigin } from '@lamella/net-core';
import { ReadSide, toStreamError } from '@lamella/net-core';
import { ClosedError } from '@lamella/service-core';

/** What a {@link TunnelStream} asks of the connection that carries it. */
export interface TunnelHost {
  /** Sends bytes; `onSent` of the tunnel is called when there is room for more. */
  send(bytes: Uint8Array, isEnd: boolean): void;
  /** Bytes were read: the peer may send as many again. */
  taken(byteCount: number): void;
  /** Ends both directions abortively, or plainly if both have ended. */
  reset(isPlain: boolean): void;
}

/**
 * A tunnel through an HTTP/2 stream, as a byte stream: what CONNECT makes of it. RFC 9113 section 8.5, RFC 8441.
 *
 * @remarks
 * DATA frames are the bytes, END_STREAM is the end of a direction, RST_STREAM a reset.
 */
export class TunnelStream implements ByteStream, ReadOrigin {
  readonly closed: Promise<CloseInfo>;
  readonly #host: TunnelHost;
  readonly #side: ReadSide = new ReadSide(this);
  readonly #resolveClosed: (info: CloseInfo) => void;
  /** What came while nobody read, in one run of memory however small its pieces were; the window of the stream bounds it. */
  #memory: Uint8Array | undefined;
  #waitingBytes = 0;
  #isFlowing = false;
  #remoteEnd = false;
  /** What was written while an earlier chunk is on its way. */
  #queue: Uint8Array[] = [];
  #isSending = false;
  #wantsEnd = false;
  #hasSentEnd = false;
  #isEndWritten = false;
  /** Whether nothing more can be sent, or shall be. */
  #isCut = false;
  #room: PromiseWithResolvers<void> | undefined;
  #flushed: PromiseWithResolvers<void> | undefined;
  #info: CloseInfo | undefined;

  constructor(host: TunnelHost) {
    this.#host = host;
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  // ---- from the connection

  /** Bytes have come, borrowed. */
  push(bytes: Uint8Array): void {
    if (this.#info !== undefined) return;
    if (this.#isFlowing && this.#waitingBytes === 0) this.#give(Buffer.from(bytes));
    else this.#keep(bytes);
  }

  /** The peer has ended its direction. */
  end(): void {
    this.#remoteEnd = true;
    this.#flow();
    this.#checkClosed();
  }

  /** What was given has been written. */
  onSent(): void {
    this.#isSending = false;
    if (this.#hasSentEnd) {
      this.#isEndWritten = true;
      this.#flushed?.resolve();
      if (this.#info === undefined) this.#checkClosed();
      else if (!this.#remoteEnd) this.#host.reset(true); // nobody is here any more to read what comes
    } else this.#sendNext();
  }

  /** The stream is gone. */
  fail(info: CloseInfo): void {
    this.#isCut = true;
    this.#finish(info);
  }

  // ---- ReadOrigin

  resume(): void {
    this.#isFlowing = true;
    queueMicrotask(() => this.#flow());
  }

  pause(): void {
    this.#isFlowing = false;
  }

  // ---- ByteStream

  read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#side.read(options);
  }

  consume(sink: ByteSink): Pausable {
    return this.#side.consume(sink);
  }

  unread(chunk: Uint8Array): void {
    this.#side.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#info !== undefined || this.#wantsEnd) return quietly(Promise.reject(this.#writeError()));
    for (const chunk of chunks) if (chunk.length > 0) this.#queue.push(chunk);
    this.#sendNext();
    if (this.#queue.length === 0 && !this.#isSending) return undefined;
    this.#room ??= Promise.withResolvers();
    return quietly(this.#room.promise);
  }

  closeWrite(): Promise<void> {
    if (this.#info !== undefined) return Promise.resolve();
    this.#wantsEnd = true;
    this.#flushed ??= Promise.withResolvers();
    this.#sendNext();
    return this.#flushed.promise;
  }

  destroy(reason?: unknown): void {
    if (this.#info !== undefined) return;
    this.#isCut = reason !== undefined;
    this.#finish({ reason: 'shutdown', error: reason });
    if (this.#isCut || this.#isEndWritten) this.#host.reset(!this.#isCut);
    else {
      this.#wantsEnd = true; // a plain close: what was written still arrives, and then its end
      this.#sendNext();
    }
  }

  // ---- both directions

  #flow(): void {
    if (this.#isFlowing && this.#memory !== undefined) {
      const chunk = this.#memory.subarray(0, this.#waitingBytes);
      this.#memory = undefined;
      this.#waitingBytes = 0;
      this.#give(chunk);
    }
    if (this.#remoteEnd && this.#memory === undefined) this.#side.end();
  }

  #give(chunk: Uint8Array): void {
    this.#side.push(chunk, true);
    this.#host.taken(chunk.length);
  }

  #keep(bytes: Uint8Array): void {
    const byteCount = this.#waitingBytes + bytes.length;
    const memory = this.#memory ?? new Uint8Array(bytes.length);
    if (byteCount > memory.length) {
      this.#memory = new Uint8Array(2 * byteCount);
      this.#memory.set(memory.subarray(0, this.#waitingBytes));
    } else this.#memory = memory;
    this.#memory.set(bytes, this.#waitingBytes);
    this.#waitingBytes = byteCount;
  }

  #sendNext(): void {
    if (this.#isSending || this.#hasSentEnd || this.#isCut) return;
    if (this.#queue.length > 0) {
      const bytes = this.#queue.length === 1 ? (this.#queue[0] as Uint8Array) : Buffer.concat(this.#queue);
      this.#queue = [];
      this.#isSending = true;
      this.#host.send(bytes, false);
      return;
    }
    this.#room?.resolve();
    this.#room = undefined;
    if (!this.#wantsEnd) return;
    this.#hasSentEnd = true;
    this.#host.send(NOTHING, true);
  }

  #checkClosed(): void {
    if (this.#remoteEnd && this.#isEndWritten) this.#finish({ reason: 'eof' });
  }

  #finish(info: CloseInfo): void {
    if (this.#info !== undefined) return;
    this.#info = info;
    this.#flow();
    // What came whole is read to its end, even if the peer has reset the other direction behind it.
    if (info.reason === 'shutdown' || !this.#remoteEnd) this.#side.fail(info);
    this.#room?.reject(this.#writeError());
    this.#flushed?.resolve();
    this.#resolveClosed(info);
  }

  #writeError(): unknown {
    return this.#info === undefined ? new ClosedError('the tunnel takes no more bytes') : toStreamError(this.#info);
  }
}

/** A write that is not waited for must not end the process. */
function quietly(work: Promise<void>): Promise<void> {
  work.catch(() => {});
  return work;
}

const NOTHING = new Uint8Array(0);
