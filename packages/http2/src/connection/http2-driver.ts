import type { TurnWriter } from '@lamella/http';
import { DeadlineTimer, isKernelSocket, turnWrites } from '@lamella/http';
import type { ByteSink, ByteStream, CloseInfo, Pausable } from '@lamella/net-core';
import { consumeStream, LingeringClose } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { giveAwayPage, isPage, returnPage } from '../codec/frames/output-pages.ts';
import type { Http2Event } from '../protocol/http2-events.ts';
import type { Http2Protocol } from '../protocol/http2-protocol.ts';

/** Whoever makes something of the events of a connection. */
export interface Http2DriverHost<Owner> {
  onEvent(event: Http2Event<Owner>): void;
  /** All events so far have been handled. */
  onQuiet?(): void;
  /** The stream below has ended. */
  onClosed(info: CloseInfo): void;
}

/** Options of {@link Http2Driver}. */
export interface Http2DriverOptions {
  readonly clock: Clock;
  /** How long the peer may take for what is left to write at the end, in milliseconds. */
  readonly writeTimeoutMs: number;
}

/**
 * Drives one HTTP/2 connection, of either side: the only place where its protocol meets bytes and time.
 *
 * @remarks
 * One turn: bytes go into the protocol, its events are handled, and all that came of it leaves together at the end of the turn of
 * the event loop, when every promise that could has settled.
 */
export class Http2Driver<Owner> implements ByteSink, TurnWriter {
  readonly #stream: ByteStream;
  readonly #protocol: Http2Protocol<Owner>;
  readonly #host: Http2DriverHost<Owner>;
  readonly #options: Http2DriverOptions;
  readonly #timer: DeadlineTimer;
  readonly #source: Pausable;
  readonly #isSocket: boolean;
  #receivedMs: number;
  #closing: LingeringClose | undefined;
  #isClosed = false;
  #isDraining = false;
  #isFlushing = false;
  #isScheduled = false;
  /** Whether it waits for the end of the turn, together with others. */
  #isGathered = false;
  #isBlocked = false;
  #isPaused = false;
  #keepsChunk = false;
  #closesAfterFlush = false;
  #bytesAWrite = BYTES_A_FIRST_WRITE;

  constructor(
    stream: ByteStream,
    protocol: Http2Protocol<Owner>,
    host: Http2DriverHost<Owner>,
    options: Http2DriverOptions,
  ) {
    const { clock } = options;
    this.#receivedMs = clock.nowMs();
    this.#stream = stream;
    this.#isSocket = isKernelSocket(stream);
    this.#protocol = protocol;
    this.#host = host;
    this.#options = options;
    const onDeadline = (nowMs: number): void => {
      protocol.handleTimeout(nowMs);
      this.turn();
    };
    this.#timer = new DeadlineTimer(clock, () => protocol.nextTimeoutMs(), onDeadline);
    void stream.closed.then((info) => this.#onClosed(info));
    this.#source = consumeStream(stream, this);
    this.turn();
  }

  /** Now, on the monotonic clock, good enough for deadlines. */
  get nowMs(): number {
    return this.#options.clock.coarseNowMs();
  }

  /** When the last chunk came, on the monotonic clock: all that it holds came then. */
  get receivedMs(): number {
    return this.#receivedMs;
  }

  // ---- ByteSink

  onBytes(chunk: Uint8Array): 'kept' | undefined {
    if (this.#closing !== undefined) this.#closing.discard(chunk.length);
    if (this.#closing !== undefined || this.#isClosed) return undefined;
    this.#keepsChunk = false;
    this.#receivedMs = this.#options.clock.nowMs();
    this.#protocol.receiveBytes(chunk, this.#receivedMs);
    this.turn();
    return this.#keepsChunk ? 'kept' : undefined;
  }

  /** Something of the chunk under way is kept as it is. */
  keepChunk(): void {
    this.#keepsChunk = true;
  }

  onEnd(): void {
    if (this.#closing !== undefined || this.#isClosed) return;
    this.#protocol.receiveEnd(this.nowMs);
    this.turn();
  }

  // ---- the turn

  /** Handles all events, and sees to it that the output leaves. Called after every command to the protocol. */
  turn(): void {
    try {
      this.#drainEvents();
    } finally {
      this.#settle();
    }
  }

  /** Ends what is over: in good order, so that everything written still arrives, if the peer takes anything. */
  close(reason?: unknown): void {
    if (this.#closing !== undefined || this.#isClosed) return;
    if (this.#protocol.isStuck) {
      this.#stream.destroy(reason);
      return;
    }
    if (this.#isFlushing) {
      this.#closesAfterFlush = true;
      return;
    }
    // Little is left, such as the end of the last response; it goes behind what the peer has not taken yet.
    while (this.#protocol.hasOutput) void this.#write(this.#protocol.takeOutput(BYTES_A_WRITE));
    this.#timer.cancel();
    this.#closing = new LingeringClose(this.#stream, this.#options.clock, this.#options.writeTimeoutMs);
    this.#source.resume();
  }

  /** One event after the other, also where what handles one gives the protocol something to do. */
  #drainEvents(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    let thrown: { readonly error: unknown } | undefined;
    for (let event = this.#protocol.nextEvent(); event !== undefined; event = this.#protocol.nextEvent()) {
      try {
        this.#host.onEvent(event);
      } catch (error) {
        thrown ??= { error }; // what the user of one stream throws must not stop the others
      }
    }
    this.#isDraining = false;
    this.#host.onQuiet?.();
    if (thrown !== undefined) throw thrown.error;
  }

  #settle(): void {
    if (this.#isClosed || this.#closing !== undefined) return;
    if (this.#protocol.hasOutput && !this.#isBlocked) this.#schedule();
    if (this.#isBlocked || this.#isPaused) this.#holdSource();
    if (!this.#isScheduled) this.#timer.update(this.nowMs); // else once for all that happens until then
  }

  /** A peer that reads nothing and asks for answers all the time must not fill the memory with them. */
  #holdSource(): void {
    const shouldPause = this.#isBlocked && this.#protocol.outputBytes > MAX_UNWRITTEN_BYTES;
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#source.pause();
    else this.#source.resume();
  }

  /** Behind all promises that settle now: what they bring leaves in the same write. */
  #schedule(): void {
    if (this.#isScheduled) {
      if (!this.#isGathered || this.#mayWait()) return;
      this.#isGathered = false; // what has come since it was gathered can't wait as long
    } else {
      this.#isScheduled = true;
      this.#isGathered = this.#mayWait() && turnWrites.gather(this);
      if (this.#isGathered) return;
    }
    void SETTLED.then(() => nextTick(this.#onTick)); // as queueMicrotask does it, but without a resource for async_hooks
  }

  /**
   * Many streams have their answers leave in few writes as it is; with one, each is a write, which is cheaper behind those of others. Content whose next
   * chunk waits for this one would come on by one chunk a turn.
   */
  #mayWait(): boolean {
    return this.#isSocket && this.#protocol.activeStreams <= 1 && !this.#protocol.hasContent;
  }

  readonly #onTick = (): void => this.writeTurn();

  // ---- TurnWriter

  writeTurn(): void {
    this.#isScheduled = false;
    this.#isGathered = false;
    if (this.#isBlocked) this.#settle();
    else this.flush();
  }

  failTurn(error: unknown): void {
    this.#stream.destroy(error);
  }

  /** Writes what there is, as far as the peer takes it. */
  flush(): void {
    if (this.#isBlocked || this.#isClosed || this.#closing !== undefined || this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      this.#writeOutput();
    } finally {
      this.#isFlushing = false;
      this.#settleFlush();
    }
  }

  #writeOutput(): void {
    let written = 0;
    while (this.#protocol.hasOutput && written < MAX_BYTES_A_TURN) {
      const chunks = this.#protocol.takeOutput(this.#bytesAWrite);
      if (chunks.length === 0) break;
      let length = 0;
      for (const chunk of chunks) length += chunk.length;
      written += length;
      const room = this.#write(chunks);
      // What the kernel of a slow peer has room for is less than that.
      if (room === undefined && length >= BYTES_A_FIRST_WRITE) this.#bytesAWrite = BYTES_A_WRITE;
      if (room !== undefined) this.#block(room);
      this.#drainEvents();
      if (room !== undefined) return;
    }
  }

  #settleFlush(): void {
    if (this.#closesAfterFlush) {
      this.#closesAfterFlush = false;
      this.close();
    } else if (this.#isBlocked || !this.#protocol.hasOutput) this.#settle();
    else if (!this.#isScheduled) {
      this.#timer.update(this.nowMs);
      this.#isScheduled = true;
      setImmediate(this.#onTick); // everybody else has a turn in between
    }
  }

  #write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const stream = this.#stream;
    if (stream.writeLent === undefined || !chunks.every(isPage)) return stream.write(chunks.map(ownChunk));
    let isKept = false;
    for (const chunk of chunks) {
      if (stream.writeLent(chunk)) returnPage(chunk);
      else {
        giveAwayPage(chunk);
        isKept = true;
      }
    }
    return isKept ? stream.write(NOTHING) : undefined;
  }

  #block(room: Promise<void>): void {
    this.#isBlocked = true;
    const sinceMs = this.nowMs;
    this.#protocol.blockWrite(true, sinceMs);
    room.then(
      () => {
        this.#isBlocked = false;
        const { nowMs } = this;
        this.#bytesAWrite = nowMs - sinceMs < FAST_WRITE_MS ? BYTES_A_WRITE : BYTES_A_SLOW_WRITE;
        this.#protocol.blockWrite(false, nowMs);
        this.flush();
      },
      () => {}, // the stream is gone, which its `closed` tells
    );
  }

  #onClosed(info: CloseInfo): void {
    this.#isClosed = true;
    this.#timer.cancel();
    this.#closing?.cancel();
    this.#host.onClosed(info);
  }
}

/** A small chunk in memory of its own, so that its page can be used again; a large one takes the page with it. */
function ownChunk(chunk: Uint8Array): Uint8Array {
  if (!isPage(chunk)) return chunk;
  if (chunk.length > MAX_COPIED_BYTES) {
    giveAwayPage(chunk);
    return chunk;
  }
  const copy = Buffer.from(chunk);
  returnPage(chunk);
  return copy;
}

/** Large enough that bulk transfers spend their time in the kernel. */
const BYTES_A_WRITE = 1024 * 1024;
/** For a peer of whom nothing is known yet. */
const BYTES_A_FIRST_WRITE = 256 * 1024;
/** For one on a slow line: it has to take all of a write in time, and what is urgent does not wait long behind it. */
const BYTES_A_SLOW_WRITE = 64 * 1024;
const FAST_WRITE_MS = 1_000;
const MAX_COPIED_BYTES = 16 * 1024;
const MAX_UNWRITTEN_BYTES = 64 * 1024;
const MAX_BYTES_A_TURN = 1024 * 1024;
const NOTHING: readonly Uint8Array[] = [];
/** Looked up once: globals of Node are found by a getter. */
const { nextTick } = process;
const { setImmediate } = globalThis;
const SETTLED: Promise<void> = Promise.resolve();
