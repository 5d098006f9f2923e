import { UsageError } from '@lamella/service-core';
import { toStreamError } from '../errors.ts';
import type { ByteSink, CloseInfo, Pausable, ReadOptions } from './byte-stream.ts';

/** Where the bytes of a {@link ReadSide} come from, as far as it can be told to wait. */
export interface ReadOrigin {
  /** Push bytes as they come. */
  resume(): void;
  /** Push nothing more; one chunk that is on its way may still come. */
  pause(): void;
  /** Push chunks of about this size, if possible; `undefined` is the origin's own choice. */
  preferChunks?(bytes: number | undefined): void;
  /** A chunk that was kept is needed no longer; if it is one of the origin's, its memory may be used again. */
  giveBack?(chunk: Uint8Array): void;
  /** Push to nobody any more: what comes goes back to where it would go without a stream around it. */
  release?(): void;
}

/**
 * The inbound half of a byte stream: turns what an origin pushes into `read`, `unread` and `consume`.
 *
 * @remarks
 * Every `ByteStream` in Lamella has one of these, so the rules of reading are written once: one read at a time, no
 * byte lost by an aborted read or a stopped sink, at most one chunk queued beyond what was put back, and bytes that
 * came before a failure are delivered before the failure.
 */
export class ReadSide {
  readonly #origin: ReadOrigin;
  readonly #queue: Uint8Array[] = [];
  #sink: ByteSink | undefined;
  #waiter: Waiter | undefined;
  #isFlowing = false;
  #isSinkPaused = false;
  #isFlushing = false;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(origin: ReadOrigin) {
    this.#origin = origin;
  }

  /** Whether the peer has ended its direction; queued bytes may be left. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the origin was asked to push. */
  get isFlowing(): boolean {
    return this.#isFlowing;
  }

  // ---- from the origin

  /**
   * Takes bytes from the origin.
   *
   * @param chunk - Borrowed; `'kept'` says that it now belongs to this side or its reader.
   * @param isGiven - The origin has no more use for the memory of `chunk`, whatever the answer. Saves a copy.
   */
  push(chunk: Uint8Array, isGiven = false): 'kept' | undefined {
    if (this.#sink !== undefined && !this.#isSinkPaused && this.#queue.length === 0) return this.#sink.onBytes(chunk);
    const isKept = isGiven || chunk.length >= KEEP_FROM_BYTES;
    this.#queue.push(isKept ? chunk : copyOf(chunk));
    if (this.#waiter !== undefined) this.#answer(this.#waiter);
    else {
      // Said even if nothing was asked for: an origin that pushes by itself must not fill the queue.
      this.#isFlowing = false;
      this.#origin.pause();
    }
    return isKept ? 'kept' : undefined;
  }

  /** The peer has ended its direction. */
  end(): void {
    if (this.#hasEnded || this.#failure !== undefined) return;
    this.#hasEnded = true;
    this.#settle();
  }

  /** The stream is gone: whoever reads gets what is queued, then the error. */
  fail(info: CloseInfo): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error: toStreamError(info) };
    if (info.reason === 'shutdown' && this.#queue.length > 0) {
      this.#queue.length = 0;
      this.#hasEnded = false; // what was thrown away must not look like all there was
    }
    this.#settle();
  }

  // ---- to the user of the stream

  read(options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const { maxBytes = Number.POSITIVE_INFINITY, signal } = options;
    if (this.#sink !== undefined) return Promise.reject(new UsageError('cannot read: a sink consumes this stream'));
    if (this.#waiter !== undefined) return Promise.reject(new UsageError('cannot read: another read is waiting'));
    if (!(maxBytes >= 1)) return Promise.reject(new UsageError(`maxBytes must be >= 1, got ${maxBytes}`));
    if (signal?.aborted === true) return Promise.reject(signal.reason);

    if (this.#queue.length > 0) return Promise.resolve(this.#take(maxBytes));
    if (this.#failure !== undefined && !this.#hasEnded) return Promise.reject(this.#failure.error);
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, maxBytes, unlisten: undefined };
      this.#waiter = waiter;
      if (signal !== undefined) this.#listen(waiter, signal);
      this.#startFlow();
    });
  }

  unread(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#queue.unshift(chunk);
    if (this.#waiter !== undefined) this.#answer(this.#waiter);
    else if (this.#sink !== undefined) this.#flushSoon();
  }

  consume(sink: ByteSink): Pausable {
    if (this.#sink !== undefined) throw new UsageError('cannot consume: a sink consumes this stream already');
    if (this.#waiter !== undefined) throw new UsageError('cannot consume: a read is waiting');
    this.#sink = sink;
    this.#isSinkPaused = false;
    this.#origin.preferChunks?.(sink.chunkBytes);
    this.#resumeSink();
    return new Consumption(sink, this);
  }

  /** Lets the origin go; a sink that consumes gets nothing more. @returns The queued bytes, in order. */
  release(): readonly Uint8Array[] {
    this.#sink = undefined; // or its `resume` would make an origin flow that is somebody else's
    this.#stopFlow();
    this.#origin.release?.();
    return this.#queue.splice(0);
  }

  // ---- for Consumption

  pauseSink(sink: ByteSink): void {
    if (this.#sink !== sink) return;
    this.#isSinkPaused = true;
    this.#stopFlow();
  }

  resumeSink(sink: ByteSink): void {
    if (this.#sink !== sink || !this.#isSinkPaused) return;
    this.#isSinkPaused = false;
    this.#resumeSink();
  }

  stopSink(sink: ByteSink): void {
    if (this.#sink !== sink) return;
    this.#sink = undefined;
    this.#origin.preferChunks?.(undefined);
    this.#stopFlow();
  }

  giveBack(chunk: Uint8Array): void {
    this.#origin.giveBack?.(chunk);
  }

  #resumeSink(): void {
    if (this.#queue.length > 0 || this.#hasEnded) this.#flushSoon();
    else this.#startFlow();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  /** Gives the sink what is queued, then the end, then lets the origin push again. */
  #flush(): void {
    while (this.#sink !== undefined && !this.#isSinkPaused) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.#sink.onBytes(chunk); // owned by us and now forgotten, so it may well be kept
    }
    if (this.#sink === undefined || this.#isSinkPaused) return;
    if (this.#hasEnded) this.#endSink();
    else if (this.#failure === undefined) this.#startFlow();
  }

  #endSink(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onEnd();
  }

  /** Something has ended: tells whoever waits. */
  #settle(): void {
    if (this.#waiter !== undefined) this.#answer(this.#waiter);
    else if (this.#hasEnded && this.#sink !== undefined && !this.#isSinkPaused) {
      if (this.#queue.length === 0) this.#endSink();
      else this.#flushSoon();
    }
  }

  #answer(waiter: Waiter): void {
    this.#waiter = undefined;
    waiter.unlisten?.();
    if (this.#queue.length > 0) waiter.resolve(this.#take(waiter.maxBytes));
    else if (this.#failure !== undefined && !this.#hasEnded) waiter.reject(this.#failure.error);
    else waiter.resolve(undefined);
  }

  #take(maxBytes: number): Uint8Array | undefined {
    const chunk = this.#queue[0];
    if (chunk === undefined || chunk.length <= maxBytes) return this.#queue.shift();
    this.#queue[0] = chunk.subarray(maxBytes);
    return chunk.subarray(0, maxBytes);
  }

  #listen(waiter: Waiter, signal: AbortSignal): void {
    const onAbort = (): void => {
      this.#waiter = undefined;
      this.#stopFlow();
      waiter.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waiter.unlisten = () => signal.removeEventListener('abort', onAbort);
  }

  #startFlow(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    this.#origin.resume();
  }

  #stopFlow(): void {
    if (!this.#isFlowing) return;
    this.#isFlowing = false;
    this.#origin.pause();
  }
}

class Consumption implements Pausable {
  readonly #sink: ByteSink;
  readonly #side: ReadSide;

  constructor(sink: ByteSink, side: ReadSide) {
    this.#sink = sink;
    this.#side = side;
  }

  pause(): void {
    this.#side.pauseSink(this.#sink);
  }

  resume(): void {
    this.#side.resumeSink(this.#sink);
  }

  stop(): void {
    this.#side.stopSink(this.#sink);
  }

  giveBack(chunk: Uint8Array): void {
    this.#side.giveBack(chunk);
  }
}

interface Waiter {
  readonly resolve: (chunk: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly maxBytes: number;
  unlisten: (() => void) | undefined;
}

/** A copy in memory of its own; small ones come from the shared pool of `Buffer`. */
function copyOf(chunk: Uint8Array): Uint8Array {
  return Buffer.from(chunk);
}

/** Chunks from this size on are kept instead of copied: a new read buffer is then cheaper than the copy. */
const KEEP_FROM_BYTES = 32 * 1024;
