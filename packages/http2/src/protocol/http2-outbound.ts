import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from '../codec/frames/frame-types.ts';
import { FrameWriter } from '../codec/frames/frame-writer.ts';
import { HpackEncoder } from '../codec/hpack/hpack-encoder.ts';
import type { Http2Stream } from './http2-stream.ts';
import { PeerSettings } from './peer-settings.ts';
import { SendQueue } from './send-queue.ts';

/**
 * The sending half of a connection: header compression, flow control, and whose turn it is.
 *
 * @typeParam Owner - What the driver keeps for a stream.
 */
export class Http2Outbound<Owner> {
  readonly writer: FrameWriter = new FrameWriter();
  readonly peer: PeerSettings = new PeerSettings();
  readonly #encoder: HpackEncoder;
  readonly #queue = new SendQueue<Owner>();
  readonly #leastTakenBytes: number;
  readonly #onSent: (stream: Http2Stream<Owner>) => void;
  #window: number = DEFAULT_WINDOW_BYTES;
  #frameCount = 0;

  /**
   * @param leastTakenBytes - With that many, a stream has come on, and its content has waited for long only from then on.
   * @param onSent - Called when all that was given of a stream is written; its end too, if that was given.
   */
  constructor(tableBytes: number, leastTakenBytes: number, onSent: (stream: Http2Stream<Owner>) => void) {
    this.#leastTakenBytes = leastTakenBytes;
    this.#encoder = new HpackEncoder({ maxTableBytes: tableBytes });
    this.#onSent = onSent;
  }

  /** What the peer lets us send on all streams, in bytes. */
  get window(): number {
    return this.#window;
  }

  /** Takes the number of DATA frames that were written since the last call. */
  takeFrameCount(): number {
    const count = this.#frameCount;
    this.#frameCount = 0;
    return count;
  }

  /** Whether content waits that may be written. */
  get hasTurn(): boolean {
    return this.#queue.size > 0 && (this.#window > 0 || this.#queue.first()?.pending?.length === 0);
  }

  /** Takes over what the peer has set. */
  applyTableSize(): void {
    this.#encoder.setPeerMaxTableBytes(this.peer.headerTableBytes);
  }

  /** Writes a field section. */
  sendFields(
    stream: Http2Stream<Owner>,
    fields: readonly string[],
    endStream: boolean,
    neverIndexed?: ReadonlySet<string>,
  ): void {
    this.writer.writeHeaders(stream.id, fields, this.#encoder, endStream, this.peer.maxFrameBytes, neverIndexed);
    if (endStream) stream.isLocalEnded = true;
  }

  /** Takes content; it is written when it is its turn: now, if it is little and nobody waits, or by {@link fill}. */
  give(stream: Http2Stream<Owner>, bytes: Uint8Array, endStream: boolean, nowMs: number): void {
    stream.pending = bytes;
    stream.pendingFrom = 0;
    stream.endsAfterPending = endStream;
    // An end needs no room: behind others that wait for some it might never come, though their reader waits for it.
    if (bytes.length === 0 || this.#mayGoNow(stream, bytes.length)) this.#sendFrame(stream, nowMs);
    else this.#enqueue(stream, nowMs);
  }

  /** Gives content up that was not written. */
  drop(stream: Http2Stream<Owner>): void {
    this.#queue.delete(stream);
    stream.pending = undefined;
    stream.pendingTrailers = undefined;
    stream.stalledSinceMs = Number.POSITIVE_INFINITY;
  }

  /** Changes whose turn it is. */
  prioritize(stream: Http2Stream<Owner>, urgency: number, isIncremental: boolean): void {
    const wasQueued = stream.isQueued;
    this.#queue.delete(stream);
    stream.urgency = urgency;
    stream.isIncremental = isIncremental;
    if (wasQueued) this.#queue.add(stream);
  }

  /** Writes content of those whose turn it is, until so many bytes wait to be taken or nobody may go on. */
  fill(maxBytes: number, nowMs: number): void {
    if (this.#queue.size === 0) return;
    let room = maxBytes - this.writer.byteCount;
    for (let stream = this.#queue.first(); stream !== undefined && room > 0; stream = this.#queue.first()) {
      const sent = this.#sendFrame(stream, nowMs);
      if (sent < 0) return; // the window of the connection is empty
      room -= sent;
    }
  }

  /** The peer lets us send more on all streams. @returns Whether the window is within its bounds. */
  widen(increment: number): boolean {
    this.#window += increment;
    return this.#window <= MAX_WINDOW_BYTES;
  }

  /** The peer lets us send more, or less, on one. @returns Whether the window is within its bounds. */
  widenStream(stream: Http2Stream<Owner>, increment: number, nowMs: number): boolean {
    stream.sendWindow += increment;
    if (stream.pending !== undefined) this.#enqueue(stream, nowMs);
    return stream.sendWindow <= MAX_WINDOW_BYTES;
  }

  /** Whether content would be written next anyway, in one piece. What the peer does not take must not pile up as frames. */
  #mayGoNow(stream: Http2Stream<Owner>, byteCount: number): boolean {
    if (byteCount > MAX_LITTLE_BYTES || this.#queue.size > 0 || this.writer.byteCount > MAX_WAITING_BYTES) return false;
    if (stream.isTunnel) return false; // who breaks it off takes back what is not written
    return byteCount <= Math.min(stream.sendWindow, this.#window, this.peer.maxFrameBytes);
  }

  #enqueue(stream: Http2Stream<Owner>, nowMs: number): void {
    const needsRoom = stream.pending !== undefined && stream.pending.length > stream.pendingFrom;
    if (!needsRoom || stream.sendWindow > 0) this.#queue.add(stream);
    else this.#queue.delete(stream);
    if (stream.stalledSinceMs === Number.POSITIVE_INFINITY) {
      stream.stalledSinceMs = nowMs;
      stream.bytesSinceStall = 0;
    }
  }

  /** @returns Bytes that were written, or -1 if there is no room on the connection. */
  #sendFrame(stream: Http2Stream<Owner>, nowMs: number): number {
    const bytes = stream.pending ?? EMPTY;
    const from = stream.pendingFrom;
    const left = bytes.length - from;
    // A window may be below 0, which must not make a frame that needs no room less than empty.
    const length = Math.max(
      0,
      Math.min(left, stream.sendWindow, this.#window, this.peer.maxFrameBytes, MAX_DATA_BYTES),
    );
    if (length === 0 && left > 0) {
      if (stream.sendWindow > 0) return -1;
      this.#queue.delete(stream);
      return 0;
    }
    const isAll = length === left;
    const endsHere = isAll && stream.endsAfterPending && stream.pendingTrailers === undefined;
    this.#frameCount++;
    if (length > 0 || endsHere) this.writer.writeData(stream.id, bytes, from, from + length, endsHere);
    stream.sendWindow -= length;
    this.#window -= length;
    stream.pendingFrom += length;
    stream.bytesSinceStall += length;
    if (stream.bytesSinceStall >= this.#leastTakenBytes) {
      stream.stalledSinceMs = nowMs;
      stream.bytesSinceStall = 0;
    }
    if (isAll) this.#finish(stream, endsHere);
    else if (stream.sendWindow > 0) this.#queue.rotate(stream);
    else {
      this.#queue.delete(stream);
      stream.stalledSinceMs = Math.min(stream.stalledSinceMs, nowMs);
    }
    return length;
  }

  #finish(stream: Http2Stream<Owner>, hasEnded: boolean): void {
    const { pendingTrailers: trailers, pendingNeverIndexed } = stream;
    const ends = stream.endsAfterPending;
    this.drop(stream);
    if (hasEnded) stream.isLocalEnded = true;
    else if (ends && trailers !== undefined) this.sendFields(stream, trailers, true, pendingNeverIndexed);
    this.#onSent(stream);
  }
}

const EMPTY = new Uint8Array(0);
/** Large enough to cost nothing, small enough for others to have their turn, whatever the peer would take in one frame. */
const MAX_DATA_BYTES = 16_384;
/** Content that is copied anyway, and that nobody else has to wait for. */
const MAX_LITTLE_BYTES = 4_096;
const MAX_WAITING_BYTES = 32_768;
