import type { LamellaError } from '@lamella/service-core';
import type { Http2ErrorCode } from '../codec/error-code.ts';
import { ERROR_CODE } from '../codec/error-code.ts';
import { DEFAULT_WINDOW_BYTES, FRAME, MAX_STREAM_ID } from '../codec/frames/frame-types.ts';
import { Http2ProtocolError } from '../errors.ts';
import { EventBudget } from './event-budget.ts';
import type { Http2Event } from './http2-events.ts';
import type { Http2Limits } from './http2-limits.ts';
import { BURST_SECONDS, resetBurst } from './http2-limits.ts';
import { Http2Outbound } from './http2-outbound.ts';
import { Http2Stream } from './http2-stream.ts';
import type { Http2Timeouts } from './http2-timeouts.ts';
import { PingClock } from './ping-clock.ts';
import type { Http2Priority } from './priority.ts';
import { malformedMessage, tooMuch, windowOverrun, wrongLength } from './protocol-failures.ts';
import { ReceiveWindow } from './receive-window.ts';
import type { DEFAULT_SETTINGS_ORDER, Http2SettingName } from './settings-order.ts';
import { leastTakenBytes, StreamDeadlines } from './stream-deadlines.ts';
import type { StreamEnd } from './stream-table.ts';
import { StreamTable } from './stream-table.ts';

/** Options of an `Http2Protocol`. */
export interface Http2ProtocolOptions {
  readonly role: 'client' | 'server';
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
  /** Whether a server takes extended CONNECT. RFC 8441. Default true. */
  readonly allowsExtendedConnect?: boolean;
  /** What a client says of itself, in order. Default: see {@link DEFAULT_SETTINGS_ORDER}. */
  readonly settingsOrder?: readonly Http2SettingName[];
}

/**
 * What both directions of a connection share: its streams, its windows, how far it is from its end, and what there is to tell.
 *
 * @typeParam Owner - What the driver keeps for a stream.
 */
export class ConnectionCore<Owner> {
  readonly isServer: boolean;
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
  readonly allowsExtendedConnect: boolean;
  readonly outbound: Http2Outbound<Owner>;
  readonly streams: StreamTable<Owner>;
  readonly pings: PingClock;
  readonly deadlines: StreamDeadlines<Owner>;
  /** Bytes that the peer may send on all streams. */
  readonly window: ReceiveWindow;
  /** When the call under way began. */
  nowMs: number;
  state: 'open' | 'leaving' | 'failed' | 'closed' = 'open';
  /** Whether the peer takes no new streams. */
  isPeerLeaving = false;
  /** The last stream that we serve, once we have said so. */
  lastServedId: number = MAX_STREAM_ID;
  /** The last stream that the peer has opened. */
  lastPeerId = 0;
  /** The next stream that we open. */
  nextId = 1;
  /** Whether the peer goes by our settings. */
  isAcknowledged = false;
  /** When the peer must have said so. */
  settingsEndMs: number;
  /** When a connection without streams ends. */
  idleEndMs: number;
  readonly #resets: EventBudget;
  readonly #controlFrames: EventBudget;
  #hasSaidLast = false;
  /** Content that may be on its way to streams which we have ended. */
  #lateBytes = 0;
  #events: Http2Event<Owner>[] = [];
  #eventsTaken = 0;

  constructor({ role, limits, timeouts, allowsExtendedConnect = true }: Http2ProtocolOptions, nowMs: number) {
    this.isServer = role === 'server';
    this.limits = limits;
    this.timeouts = timeouts;
    this.allowsExtendedConnect = allowsExtendedConnect;
    this.nowMs = nowMs;
    this.outbound = new Http2Outbound(limits.headerTableBytes, leastTakenBytes(timeouts), (stream) =>
      this.#onSent(stream),
    );
    this.streams = new StreamTable(Math.max(256, 2 * Math.min(limits.maxConcurrentStreams, 4_096)));
    this.window = new ReceiveWindow(limits.connectionWindowBytes, nowMs);
    const { maxResetsPerSecond, maxControlFramesPerSecond } = limits;
    this.#resets = new EventBudget(maxResetsPerSecond, resetBurst(limits), nowMs);
    const burst = BURST_SECONDS * maxControlFramesPerSecond;
    this.#controlFrames = new EventBudget(maxControlFramesPerSecond, burst, nowMs);
    this.pings = new PingClock(timeouts, nowMs);
    this.deadlines = new StreamDeadlines(timeouts, this.isServer);
    this.settingsEndMs = nowMs + timeouts.settingsTimeoutMs;
    this.idleEndMs = this.isServer ? nowMs + timeouts.idleTimeoutMs : Number.POSITIVE_INFINITY;
  }

  // ---- events

  /** Tells the driver. */
  push(event: Http2Event<Owner>): void {
    this.#events.push(event);
  }

  /** The next event, in order; `undefined` if there is none. */
  nextEvent(): Http2Event<Owner> | undefined {
    if (this.#eventsTaken < this.#events.length) return this.#events[this.#eventsTaken++];
    if (this.#eventsTaken > 0) {
      this.#events = [];
      this.#eventsTaken = 0;
    }
    return undefined;
  }

  // ---- streams

  /** What the peer may send on a stream at first. */
  get firstWindowBytes(): number {
    const { initialStreamWindowBytes } = this.limits;
    // Until our settings are acknowledged, the peer goes by what RFC 9113 section 6.9.2 says.
    return this.isAcknowledged ? initialStreamWindowBytes : Math.max(DEFAULT_WINDOW_BYTES, initialStreamWindowBytes);
  }

  /** Opens a stream. */
  newStream(id: number): Http2Stream<Owner> {
    const window = new ReceiveWindow(this.firstWindowBytes, this.nowMs);
    const stream = new Http2Stream<Owner>(id, this.outbound.peer.initialWindowBytes, window);
    this.streams.add(stream);
    this.idleEndMs = Number.POSITIVE_INFINITY;
    return stream;
  }

  /** The peer goes by our settings: streams that are older than that have the default window no more. */
  applyWindowSize(): void {
    const change = this.limits.initialStreamWindowBytes - DEFAULT_WINDOW_BYTES;
    if (change >= 0) return;
    for (const stream of this.streams.all()) {
      if (stream.isRemoteEnded) continue;
      const increment = stream.receiveWindow.resize(change);
      if (increment > 0) this.outbound.writer.writeWindowUpdate(stream.id, increment);
    }
  }

  /** The stream is over. */
  close(stream: Http2Stream<Owner>, end: StreamEnd): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.deadlines.stop(stream);
    this.outbound.drop(stream);
    this.streams.delete(stream, end);
    if (end === 'reset-by-us' && !stream.isRemoteEnded) {
      this.expectLate(stream.receiveWindow.left);
      // A server is not to blame for answers to what we have taken back. Clients would make us reset streams to earn something.
      if (!this.isServer) this.#controlFrames.earn(LATE_SECTIONS);
    }
    this.credit(stream.unreadBytes);
    if (!this.isServer) this.push({ type: 'capacity' });
    if (this.streams.size > 0) return;
    if (this.state === 'open' && this.isServer) this.idleEndMs = this.nowMs + this.timeouts.idleTimeoutMs;
    if (this.#hasSaidLast) this.finish();
    else if (this.isPeerLeaving && this.state === 'open') this.sayLast();
  }

  /** Takes a priority over; what it does not say is as if it said the default. RFC 9218 section 4. */
  prioritize(stream: Http2Stream<Owner>, { urgency = 3, isIncremental = false }: Http2Priority): void {
    this.outbound.prioritize(stream, urgency, isIncremental);
  }

  /** The peer sent a message that is none. RFC 9113 section 8.1.1. */
  malformed(stream: Http2Stream<Owner>, why: string): void {
    const what = this.isServer ? 'request' : 'response';
    this.failStream(stream, malformedMessage(stream.id, what, why), 'PROTOCOL_ERROR');
  }

  /** The peer sent less or more content than it had announced. */
  wrongLength(stream: Http2Stream<Owner>): void {
    const error = wrongLength(stream.id, stream.contentLength, stream.receivedBytes);
    this.failStream(stream, error, 'PROTOCOL_ERROR');
  }

  /** The peer broke a rule of a stream. RFC 9113 section 5.4.2. */
  failStream(stream: Http2Stream<Owner>, error: LamellaError, errorCode: Http2ErrorCode): void {
    if (stream.isClosed) return;
    this.reset(stream, errorCode);
    this.push({ type: 'stream-failed', stream, error });
    // Nobody breaks rules in good faith, again and again; whoever is slow breaks none.
    this.countReset(error instanceof Http2ProtocolError ? BROKEN_RULE_WEIGHT : 1);
  }

  /** Ends a stream now. */
  reset(stream: Http2Stream<Owner>, errorCode: Http2ErrorCode): void {
    if (stream.isClosed) return;
    this.outbound.writer.writeReset(stream.id, ERROR_CODE[errorCode]);
    this.close(stream, 'reset-by-us');
  }

  /** Content was read or thrown away: the peer may send as much again. */
  consume(stream: Http2Stream<Owner>, byteCount: number): void {
    if (stream.isClosed || byteCount === 0) return; // what was unread was given back when it closed
    stream.unreadBytes -= byteCount;
    this.credit(byteCount);
    if (stream.isRemoteEnded) return;
    const { maxStreamWindowBytes } = this.limits;
    const { roundTripMs } = this.pings;
    const increment = stream.receiveWindow.consume(byteCount, this.nowMs, roundTripMs, maxStreamWindowBytes);
    if (increment === 0) return;
    this.outbound.writer.writeWindowUpdate(stream.id, increment);
    this.pings.measure(this.outbound.writer, this.nowMs);
  }

  /** The peer has sent all of its message. */
  endRemote(
    stream: Http2Stream<Owner>,
    trailers: readonly string[] | undefined,
    neverIndexed?: ReadonlySet<string>,
  ): void {
    if (stream.contentLength >= 0 && stream.receivedBytes !== stream.contentLength) {
      this.wrongLength(stream);
      return;
    }
    stream.isRemoteEnded = true;
    this.deadlines.stop(stream);
    this.push({ type: 'end', stream, trailers, neverIndexed });
    if (stream.isLocalEnded) this.close(stream, 'ended');
  }

  /** We have ended a stream. The peer may have sent so much on it before it hears of that, and never more than it may on all of them. */
  expectLate(byteCount: number): void {
    this.#lateBytes = Math.min(this.#lateBytes + Math.max(0, byteCount), this.window.left);
  }

  /**
   * Throws content for a stream away that is over.
   *
   * @param isLate - Whether it may have been on its way. @throws Http2ProtocolError if so much can't have been.
   */
  discard(streamId: number, byteCount: number, isLate: boolean): void {
    if (byteCount === 0) this.countControlFrame(FRAME.data); // the end of a stream has none
    if (isLate) this.#lateBytes -= byteCount;
    if (this.#lateBytes < 0) throw windowOverrun(streamId, 'connection');
    this.credit(byteCount);
  }

  /** We have sent all of our message. */
  endLocal(stream: Http2Stream<Owner>): void {
    stream.isLocalEnded = true;
    if (!this.isServer && !stream.hasHead) this.deadlines.awaitHead(stream, this.nowMs);
    if (stream.isRemoteEnded) this.close(stream, 'ended');
  }

  #onSent(stream: Http2Stream<Owner>): void {
    if (stream.isLocalEnded) this.endLocal(stream);
    // Of a message that is over nobody waits to send more; of a tunnel somebody may wait for its end.
    if (!stream.isClosed || stream.isTunnel) this.push({ type: 'sent', stream });
  }

  // ---- budgets

  /** Counts a stream that the peer has reset, or made us reset. @throws Http2ProtocolError if it is one too many. */
  countReset(weight = 1): void {
    if (!this.#resets.isOverdrawnBy(this.nowMs, weight)) return;
    throw tooMuch(`${this.#resets.spent} streams were reset`);
  }

  /** Counts a frame that carries nothing. @throws Http2ProtocolError if it is one too many. */
  countControlFrame(type: number): void {
    if (!this.#controlFrames.isOverdrawnBy(this.nowMs)) return;
    throw tooMuch(`the peer sent ${this.#controlFrames.spent} frames that carry nothing, the last of type ${type}`);
  }

  /** Updates are earned by content that was sent; without any they are noise. */
  countUpdate(): void {
    this.#controlFrames.earn(UPDATES_PER_FRAME * this.outbound.takeFrameCount());
    this.countControlFrame(FRAME.windowUpdate);
  }

  // ---- the connection

  /** Bytes of the connection's window that are free again. */
  credit(byteCount: number): void {
    const increment = this.window.consume(byteCount, this.nowMs, 0, 0);
    if (increment > 0) this.outbound.writer.writeWindowUpdate(0, increment);
  }

  /** Which stream is the last one that is served. */
  sayLast(): void {
    if (this.#hasSaidLast || this.state === 'failed' || this.state === 'closed') return;
    this.#hasSaidLast = true;
    if (this.state === 'open') this.state = 'leaving';
    this.idleEndMs = Number.POSITIVE_INFINITY;
    if (this.isServer) this.lastServedId = this.lastPeerId;
    this.outbound.writer.writeGoaway(this.lastPeerId, ERROR_CODE.NO_ERROR, '');
    if (this.streams.size === 0) this.finish();
  }

  /** Nothing is left to do. */
  finish(): void {
    if (this.state === 'failed' || this.state === 'closed') return;
    this.state = 'closed';
    this.push({ type: 'closed' });
  }

  /** What breaks a rule of the connection ends it. */
  failIfBroken(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Http2ProtocolError)) throw error;
      this.fail(error, error.errorCode);
    }
  }

  /** RFC 9113 section 5.4.1. */
  fail(error: LamellaError, errorCode: Http2ErrorCode): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    const debugText = error instanceof Http2ProtocolError ? asciiOf(error.message) : '';
    // RFC 9113 section 6.8: never more than was said before.
    const lastId = Math.min(this.lastPeerId, this.lastServedId);
    this.outbound.writer.writeGoaway(lastId, ERROR_CODE[errorCode], debugText);
    this.push({ type: 'failed', error, errorCode });
  }
}

/** What the peer may read of it. */
function asciiOf(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

/** As many resets as a stream counts whose peer has broken a rule. */
const BROKEN_RULE_WEIGHT = 4;
/** A head and trailers. */
const LATE_SECTIONS = 2;
/** A peer may give back to the stream and to the connection, and more often than we send. */
const UPDATES_PER_FRAME = 4;
