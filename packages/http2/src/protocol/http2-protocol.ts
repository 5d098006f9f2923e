import type { LamellaError } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { Http2ErrorCode } from '../codec/error-code.ts';
import { ERROR_CODE } from '../codec/error-code.ts';
import { DEFAULT_WINDOW_BYTES, FRAME, MAX_STREAM_ID, PREFACE, SETTING } from '../codec/frames/frame-types.ts';
import { Http2ProtocolError } from '../errors.ts';
import { EventBudget } from './event-budget.ts';
import type { Http2Event } from './http2-events.ts';
import type { FrameHandler } from './http2-inbound.ts';
import { Http2Inbound } from './http2-inbound.ts';
import type { Http2Limits } from './http2-limits.ts';
import { BURST_SECONDS } from './http2-limits.ts';
import { Http2Outbound } from './http2-outbound.ts';
import { Http2Stream } from './http2-stream.ts';
import type { Http2Timeouts } from './http2-timeouts.ts';
import { MessageFields, readResponse, readTrailers } from './message-fields.ts';
import type { PeerSettings } from './peer-settings.ts';
import { PingClock } from './ping-clock.ts';
import type { Http2Priority } from './priority.ts';
import { parsePriority } from './priority.ts';
import { ReceiveWindow } from './receive-window.ts';
import { StreamDeadlines } from './stream-deadlines.ts';
import type { StreamEnd } from './stream-table.ts';
import { StreamTable } from './stream-table.ts';

/** Options of {@link Http2Protocol}. */
export interface Http2ProtocolOptions {
  readonly role: 'client' | 'server';
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
}

/**
 * One side of an HTTP/2 connection. RFC 9113.
 *
 * @remarks
 * Does no IO: bytes and time go in, events and bytes come out. After each call of a `receive...` method, of
 * {@link handleTimeout} or of a command, the driver takes all events, the output, and the next deadline.
 *
 * @typeParam Owner - What the driver keeps for a stream.
 */
export class Http2Protocol<Owner> implements FrameHandler {
  readonly #isServer: boolean;
  readonly #limits: Http2Limits;
  readonly #timeouts: Http2Timeouts;
  readonly #inbound: Http2Inbound;
  readonly #outbound: Http2Outbound<Owner>;
  readonly #fields = new MessageFields();
  readonly #streams: StreamTable<Owner>;
  readonly #window: ReceiveWindow;
  readonly #resets: EventBudget;
  readonly #controlFrames: EventBudget;
  readonly #pings: PingClock;
  readonly #deadlines: StreamDeadlines<Owner>;
  readonly #earlyPriorities = new Map<number, Http2Priority>();
  #events: Http2Event<Owner>[] = [];
  #eventsTaken = 0;
  #nowMs: number;
  #state: 'open' | 'leaving' | 'failed' | 'closed' = 'open';
  #isPeerLeaving = false;
  /** The last stream that we serve, once we have said so. */
  #lastServedId = MAX_STREAM_ID;
  #hasSaidLast = false;
  #lastPeerId = 0;
  #nextId = 1;
  #dataStream: Http2Stream<Owner> | undefined;
  #settingsEndMs: number;
  #isAcknowledged = false;
  #sectionEndMs = Number.POSITIVE_INFINITY;
  #idleEndMs: number;
  #writeEndMs = Number.POSITIVE_INFINITY;

  constructor({ role, limits, timeouts }: Http2ProtocolOptions, nowMs: number) {
    this.#isServer = role === 'server';
    this.#limits = limits;
    this.#timeouts = timeouts;
    this.#nowMs = nowMs;
    this.#inbound = new Http2Inbound(this, limits, this.#isServer);
    this.#outbound = new Http2Outbound(limits.headerTableBytes, (stream) => this.#onSent(stream));
    this.#streams = new StreamTable(Math.max(256, 2 * Math.min(limits.maxConcurrentStreams, 4_096)));
    this.#window = new ReceiveWindow(limits.connectionWindowBytes, nowMs);
    const { maxResetsPerSecond, maxControlFramesPerSecond } = limits;
    this.#resets = new EventBudget(maxResetsPerSecond, BURST_SECONDS * maxResetsPerSecond, nowMs);
    const burst = BURST_SECONDS * maxControlFramesPerSecond;
    this.#controlFrames = new EventBudget(maxControlFramesPerSecond, burst, nowMs);
    this.#pings = new PingClock(timeouts, nowMs);
    this.#deadlines = new StreamDeadlines(timeouts, this.#isServer);
    this.#settingsEndMs = nowMs + timeouts.settingsTimeoutMs;
    this.#idleEndMs = this.#isServer ? nowMs + timeouts.idleTimeoutMs : Number.POSITIVE_INFINITY;
    this.#greet();
  }

  // ---- what the driver asks

  /** Streams that are open. */
  get activeStreams(): number {
    return this.#streams.size;
  }

  /** What the peer has said of itself. */
  get peer(): PeerSettings {
    return this.#outbound.peer;
  }

  /** Whether new streams are welcome: neither side has said that it leaves. */
  get isOpen(): boolean {
    return this.#state === 'open' && !this.#isPeerLeaving && this.#nextId <= MAX_STREAM_ID;
  }

  /** Whether the connection was given up; what it had to say of that may still be written. */
  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  /** Whether something is to be written now. */
  get hasOutput(): boolean {
    return this.#outbound.writer.hasOutput || (this.#state !== 'failed' && this.#outbound.hasTurn);
  }

  /** Bytes of frames that wait to be taken. */
  get outputBytes(): number {
    return this.#outbound.writer.byteCount;
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

  /**
   * Takes what is to be written: chunks of memory that `returnPage` takes back.
   *
   * @param maxBytes - About how much content to put in; frames that carry none are all there.
   */
  takeOutput(maxBytes: number): readonly Uint8Array[] {
    if (this.#state !== 'failed') this.#outbound.fill(maxBytes, this.#nowMs);
    return this.#outbound.writer.takeOutput();
  }

  /** When {@link handleTimeout} is to be called, on the monotonic clock; `Infinity` for never. */
  nextTimeoutMs(): number {
    if (this.#state === 'failed' || this.#state === 'closed') return this.#writeEndMs;
    return Math.min(
      this.#settingsEndMs,
      this.#sectionEndMs,
      this.#idleEndMs,
      this.#writeEndMs,
      this.#deadlines.nextMs,
      this.#pings.nextMs(this.#streams.size > 0),
    );
  }

  // ---- from the peer

  /** Takes what came. Events that hold bytes of it must be taken before the next call. */
  receiveBytes(bytes: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#pings.noteLife(nowMs);
    this.#failIfBroken(() => this.#inbound.receive(bytes));
    if (!this.#inbound.isInSection) this.#sectionEndMs = Number.POSITIVE_INFINITY;
    else if (this.#sectionEndMs === Number.POSITIVE_INFINITY)
      this.#sectionEndMs = nowMs + this.#timeouts.headerTimeoutMs;
  }

  /** The peer has ended its direction: what it has not sent in full will never come. */
  receiveEnd(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#isPeerLeaving = true;
    for (const stream of [...this.#streams.values()]) {
      if (stream.isRemoteEnded) continue;
      this.#close(stream, 'reset-by-peer');
      this.#push({ type: 'reset', stream, errorCode: ERROR_CODE.CANCEL });
    }
    if (this.#streams.size === 0) this.#sayLast();
  }

  /** A deadline may have passed. */
  handleTimeout(nowMs: number): void {
    this.#nowMs = nowMs;
    if (nowMs >= this.#writeEndMs) this.#giveUp('writeTimeoutMs', 'write', 'NO_ERROR');
    if (this.#state === 'failed' || this.#state === 'closed') return;
    if (nowMs >= this.#settingsEndMs) this.#giveUp('settingsTimeoutMs', 'settings', 'SETTINGS_TIMEOUT');
    else if (nowMs >= this.#sectionEndMs) this.#giveUp('headerTimeoutMs', 'request-head', 'PROTOCOL_ERROR');
    else if (nowMs >= this.#idleEndMs) this.shutdown(nowMs, true);
    else this.#handlePings(nowMs);
    this.#failIfBroken(() => {
      for (const { stream, error } of this.#deadlines.expired(this.#streams.values(), nowMs)) {
        this.#failStream(stream, error, 'CANCEL');
      }
    });
  }

  // ---- commands

  /**
   * Opens a stream. Clients only; only while {@link isOpen} and the peer has room.
   *
   * @param fields - The whole field section, pseudo-header fields first, names in lower case.
   */
  openStream(fields: readonly string[], endStream: boolean, isHead: boolean, nowMs: number): Http2Stream<Owner> {
    this.#nowMs = nowMs;
    const stream = this.#newStream(this.#nextId);
    this.#nextId += 2;
    stream.isHead = isHead;
    stream.hasSentHead = true;
    this.#outbound.sendFields(stream, fields, endStream);
    if (endStream) this.#deadlines.awaitHead(stream, nowMs);
    return stream;
  }

  /** Sends the head of a response, an interim one (`isFinal` false), or trailers. */
  sendFields(stream: Http2Stream<Owner>, fields: readonly string[], endStream: boolean, isFinal = true): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    this.#outbound.sendFields(stream, fields, endStream);
    if (isFinal) stream.hasSentHead = true;
    if (endStream) this.#endLocal(stream);
  }

  /** Sends content. The next may follow when the event `sent` has come. */
  sendData(stream: Http2Stream<Owner>, bytes: Uint8Array, endStream: boolean, nowMs: number): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    this.#nowMs = nowMs;
    this.#outbound.give(stream, bytes, endStream, nowMs);
    this.#deadlines.noteStall(stream);
  }

  /** Ends our direction with trailers, behind what waits. */
  sendTrailers(stream: Http2Stream<Owner>, fields: readonly string[]): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    if (stream.pending === undefined) {
      this.sendFields(stream, fields, true);
      return;
    }
    stream.pendingTrailers = fields;
    stream.endsAfterPending = true;
  }

  /** Ends a stream now. */
  reset(stream: Http2Stream<Owner>, errorCode: Http2ErrorCode): void {
    if (stream.isClosed) return;
    this.#outbound.writer.writeReset(stream.id, ERROR_CODE[errorCode]);
    this.#close(stream, 'reset-by-us');
  }

  /** Somebody waits for content of the stream, or nobody does. */
  wantBody(stream: Http2Stream<Owner>, isWanted: boolean, nowMs: number): void {
    if (stream.isClosed || stream.isRemoteEnded || stream.isTunnel || !stream.hasHead) return;
    this.#deadlines.wantBody(stream, isWanted, nowMs);
  }

  /** Content was read or thrown away: the peer may send as much again. */
  consume(stream: Http2Stream<Owner>, byteCount: number, nowMs: number): void {
    this.#nowMs = nowMs;
    if (stream.isClosed || byteCount === 0) return; // what was unread was given back when it closed
    stream.unreadBytes -= byteCount;
    this.#credit(byteCount);
    if (stream.isRemoteEnded) return;
    const { maxStreamWindowBytes } = this.#limits;
    const { roundTripMs } = this.#pings;
    const increment = stream.receiveWindow.consume(byteCount, nowMs, roundTripMs, maxStreamWindowBytes);
    if (increment === 0) return;
    this.#outbound.writer.writeWindowUpdate(stream.id, increment);
    this.#pings.measure(this.#outbound.writer, nowMs);
  }

  /** The CONNECT was accepted: what follows has no length and no deadline. */
  startTunnel(stream: Http2Stream<Owner>): void {
    stream.isTunnel = true;
    this.#deadlines.stop(stream);
  }

  /** Tells a server that its answers may be in another order than they came. RFC 9218 section 7.1. */
  sendPriority(streamId: number, value: string): void {
    this.#outbound.writer.writePriorityUpdate(streamId, value);
  }

  /** The peer takes no output now, or takes it again. */
  blockWrite(isBlocked: boolean, nowMs: number): void {
    this.#writeEndMs = isBlocked ? nowMs + this.#timeouts.writeTimeoutMs : Number.POSITIVE_INFINITY;
  }

  /**
   * Leaves in good order. RFC 9113 section 6.8: a server says first that it is going to, so that requests on their way are still
   * served, and one round trip later which one was the last.
   *
   * @param isIdle - Whether nothing is on its way, as far as can be known: then once is enough.
   */
  shutdown(nowMs: number, isIdle = false): void {
    this.#nowMs = nowMs;
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#idleEndMs = Number.POSITIVE_INFINITY;
    if (this.#isServer && !isIdle && this.#inbound.hasSettings) {
      this.#outbound.writer.writeGoaway(MAX_STREAM_ID, ERROR_CODE.NO_ERROR, '');
      this.#pings.sendLast(this.#outbound.writer, nowMs);
    } else this.#sayLast();
  }

  // ---- frames

  onFields(streamId: number, fields: string[], endStream: boolean, isTooLarge: boolean): void {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#continueMessage(stream, fields, endStream, isTooLarge);
    else if (this.#isServer && (streamId & 1) === 1 && streamId > this.#lastPeerId) {
      this.#startRequest(streamId, fields, endStream, isTooLarge);
    } else this.#onClosedStream(streamId, 'HEADERS');
  }

  onDataStart(streamId: number, length: number): boolean {
    if (!this.#window.receive(length)) throw overflow('the connection');
    const stream = this.#streams.get(streamId);
    this.#dataStream = stream;
    if (stream === undefined) {
      this.#credit(length);
      this.#onClosedStream(streamId, 'DATA');
      return false;
    }
    stream.unreadBytes += length;
    if (stream.isRemoteEnded) this.#failStream(stream, closed(streamId, 'DATA'), 'STREAM_CLOSED');
    else if (!stream.hasHead) this.#malformed(stream, 'DATA comes before HEADERS');
    else if (!stream.receiveWindow.receive(length)) {
      this.#failStream(stream, overflow(`stream ${streamId}`), 'FLOW_CONTROL_ERROR');
    } else return true;
    return false;
  }

  onDataPiece(bytes: Uint8Array, start: number, end: number, paddingBytes: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (paddingBytes > 0) this.consume(stream, paddingBytes, this.#nowMs);
    if (end === start) return;
    stream.receivedBytes += end - start;
    this.#deadlines.noteBody(stream, end - start, this.#nowMs);
    if (stream.contentLength >= 0 && stream.receivedBytes > stream.contentLength) this.#wrongLength(stream);
    else this.#push({ type: 'data', stream, bytes: bytes.subarray(start, end) });
  }

  onDataEnd(endStream: boolean): void {
    const stream = this.#dataStream;
    if (endStream && stream !== undefined && !stream.isClosed) this.#endRemote(stream, undefined);
  }

  onPriority(streamId: number, dependsOn: number): void {
    this.onControlFrame(FRAME.priority);
    if (dependsOn !== streamId) return; // the tree of priorities has no meaning any more. RFC 9113 section 5.3.2
    throw new Http2ProtocolError('LML_ERR_HTTP2_BAD_PRIORITY', `stream ${streamId} depends on itself`);
  }

  onPriorityUpdate(streamId: number, value: string): void {
    if ((streamId & 1) === 0) {
      throw new Http2ProtocolError('LML_ERR_HTTP2_BAD_PRIORITY', `no client can have opened stream ${streamId}`);
    }
    const stream = this.#streams.get(streamId);
    const priority = parsePriority(value);
    if (stream !== undefined) this.#prioritize(stream, priority);
    else if (streamId > this.#lastPeerId && this.#earlyPriorities.size < MAX_EARLY_PRIORITIES) {
      this.#earlyPriorities.set(streamId, priority);
    }
  }

  onReset(streamId: number, errorCode: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#checkIdle(streamId, 'RST_STREAM');
      this.onControlFrame(FRAME.rstStream);
      return;
    }
    // RFC 9113 section 8.1: a server that has answered in full may say that it does not need the rest of the request.
    this.#close(stream, 'reset-by-peer');
    this.#push({ type: 'reset', stream, errorCode });
    if (this.#isServer) this.#countReset();
  }

  onSetting(identifier: number, value: number): void {
    const { peer } = this.#outbound;
    const windowBefore = peer.initialWindowBytes;
    peer.apply(identifier, value, !this.#isServer);
    if (identifier === SETTING.headerTableSize) this.#outbound.applyTableSize();
    const change = peer.initialWindowBytes - windowBefore;
    if (change === 0) return;
    // RFC 9113 section 6.9.2: it holds for the streams that are open, too, and may take back what they had.
    for (const stream of this.#streams.values()) {
      if (this.#outbound.widenStream(stream, change, this.#nowMs)) continue;
      throw overflow(`stream ${stream.id}`);
    }
  }

  onSettingsEnd(): void {
    this.#outbound.peer.isKnown = true;
    this.#outbound.writer.writeSettingsAck();
    this.#push({ type: 'capacity' });
  }

  onSettingsAck(): void {
    if (this.#isAcknowledged) {
      this.onControlFrame(FRAME.settings);
      return;
    }
    this.#isAcknowledged = true;
    this.#settingsEndMs = Number.POSITIVE_INFINITY;
    this.#inbound.applyTableSize();
  }

  onPing(bytes: Uint8Array, start: number, isAck: boolean): void {
    this.onControlFrame(FRAME.ping);
    if (!isAck) this.#outbound.writer.writePing(bytes, start, true);
    else if (this.#pings.takeAck(bytes, start, this.#nowMs) === 'last' && this.#state === 'leaving') this.#sayLast();
  }

  onGoaway(lastStreamId: number, errorCode: number, debugText: string): void {
    this.onControlFrame(FRAME.goaway);
    this.#isPeerLeaving = true;
    this.#push({ type: 'capacity' });
    if (!this.#isServer) {
      for (const stream of [...this.#streams.values()]) {
        if (stream.id <= lastStreamId) continue;
        this.#close(stream, 'reset-by-peer');
        this.#push({ type: 'unprocessed', stream });
      }
    }
    if (errorCode !== ERROR_CODE.NO_ERROR) this.#push({ type: 'goaway', errorCode, debugText });
    if (this.#streams.size === 0) this.#sayLast();
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (streamId === 0) {
      if (increment === 0) throw emptyUpdate(0);
      if (!this.#outbound.widen(increment)) throw overflow('the connection');
      this.#countUpdate();
      return;
    }
    const stream = this.#streams.get(streamId);
    this.#countUpdate();
    if (stream === undefined) this.#checkIdle(streamId, 'WINDOW_UPDATE');
    else if (increment === 0) this.#failStream(stream, emptyUpdate(streamId), 'PROTOCOL_ERROR');
    else if (!this.#outbound.widenStream(stream, increment, this.#nowMs)) {
      this.#failStream(stream, overflow(`stream ${streamId}`), 'FLOW_CONTROL_ERROR');
    }
  }

  onControlFrame(type: number): void {
    if (!this.#controlFrames.isOverdrawnBy(this.#nowMs)) return;
    throw tooMuch(`the peer sent ${this.#controlFrames.spent} frames that carry nothing, the last of type ${type}`);
  }

  // ---- messages

  #startRequest(streamId: number, section: string[], endStream: boolean, isTooLarge: boolean): void {
    this.#lastPeerId = streamId;
    if (streamId > this.#lastServedId) return; // we have said so
    if (this.#streams.size >= this.#limits.maxConcurrentStreams) {
      this.#refuse(streamId);
      return;
    }
    const head = isTooLarge ? TOO_LARGE : this.#fields.readRequest(section, true);
    const stream = this.#newStream(streamId);
    this.#deadlines.stop(stream);
    stream.isRemoteEnded = endStream;
    if (isTooLarge) this.#answerTooLarge(stream);
    else if (typeof head === 'string') this.#malformed(stream, head);
    else if (endStream && head.contentLength > 0) this.#wrongLength(stream);
    else {
      stream.hasHead = true;
      stream.contentLength = head.contentLength;
      const priority = this.#earlyPriorities.get(streamId) ?? head.priority;
      if (priority !== undefined) this.#prioritize(stream, priority);
      this.#earlyPriorities.delete(streamId);
      this.#push({ type: 'request', stream, head, hasBody: !endStream });
    }
  }

  /** HEADERS on a stream that is open: a response, or trailers. */
  #continueMessage(stream: Http2Stream<Owner>, section: string[], endStream: boolean, isTooLarge: boolean): void {
    if (stream.isRemoteEnded) this.#failStream(stream, closed(stream.id, 'HEADERS'), 'STREAM_CLOSED');
    else if (isTooLarge) this.#failStream(stream, tooLarge(stream.id, this.#limits), 'ENHANCE_YOUR_CALM');
    else if (!stream.hasHead) this.#takeResponse(stream, section, endStream);
    else if (stream.isTunnel)
      this.#malformed(stream, 'a tunnel has no trailers'); // RFC 9113 section 8.5
    else {
      const trailers = endStream ? readTrailers(section) : 'trailers must end the stream';
      if (typeof trailers === 'string') this.#malformed(stream, trailers);
      else this.#endRemote(stream, trailers);
    }
  }

  #takeResponse(stream: Http2Stream<Owner>, section: string[], endStream: boolean): void {
    const head = readResponse(section);
    if (typeof head === 'string') {
      this.#malformed(stream, head);
      return;
    }
    const isInterim = head.status < 200;
    if (isInterim && endStream) {
      this.#malformed(stream, 'an interim response must not end the stream');
      return;
    }
    if (isInterim) this.onControlFrame(FRAME.headers);
    else {
      stream.hasHead = true;
      const isBodyless = stream.isHead || head.status === 204 || head.status === 304;
      stream.contentLength = isBodyless ? 0 : head.contentLength;
      this.#deadlines.stop(stream);
    }
    this.#push({ type: 'response', stream, head, hasBody: !isInterim && !endStream });
    if (endStream) this.#endRemote(stream, undefined);
  }

  #endRemote(stream: Http2Stream<Owner>, trailers: readonly string[] | undefined): void {
    if (stream.contentLength >= 0 && stream.receivedBytes !== stream.contentLength) {
      this.#wrongLength(stream);
      return;
    }
    stream.isRemoteEnded = true;
    this.#deadlines.stop(stream);
    this.#push({ type: 'end', stream, trailers });
    if (stream.isLocalEnded) this.#close(stream, 'ended');
  }

  #endLocal(stream: Http2Stream<Owner>): void {
    stream.isLocalEnded = true;
    if (!this.#isServer && !stream.hasHead) this.#deadlines.awaitHead(stream, this.#nowMs);
    if (stream.isRemoteEnded) this.#close(stream, 'ended');
  }

  #onSent(stream: Http2Stream<Owner>): void {
    if (stream.isLocalEnded) this.#endLocal(stream);
    this.#push({ type: 'sent', stream });
  }

  // ---- streams

  #newStream(id: number): Http2Stream<Owner> {
    const { initialStreamWindowBytes } = this.#limits;
    // Until our settings are acknowledged, the peer goes by what RFC 9113 section 6.9.2 says.
    const windowBytes = this.#isAcknowledged
      ? initialStreamWindowBytes
      : Math.max(DEFAULT_WINDOW_BYTES, initialStreamWindowBytes);
    const window = new ReceiveWindow(windowBytes, this.#nowMs);
    const stream = new Http2Stream<Owner>(id, this.#outbound.peer.initialWindowBytes, window);
    this.#streams.add(stream);
    this.#idleEndMs = Number.POSITIVE_INFINITY;
    return stream;
  }

  #close(stream: Http2Stream<Owner>, end: StreamEnd): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.#deadlines.stop(stream);
    this.#outbound.drop(stream);
    this.#streams.delete(stream, end);
    this.#credit(stream.unreadBytes);
    if (!this.#isServer) this.#push({ type: 'capacity' });
    if (this.#streams.size > 0) return;
    if (this.#state === 'open' && this.#isServer) this.#idleEndMs = this.#nowMs + this.#timeouts.idleTimeoutMs;
    if (this.#hasSaidLast) this.#finish();
    else if (this.#isPeerLeaving && this.#state === 'open') this.#sayLast();
  }

  #prioritize(stream: Http2Stream<Owner>, { urgency = 3, isIncremental = false }: Http2Priority): void {
    this.#outbound.prioritize(stream, urgency, isIncremental);
  }

  /** A frame for a stream that is not open. RFC 9113 section 5.1. */
  #onClosedStream(streamId: number, frame: string): void {
    this.#checkIdle(streamId, frame);
    if (streamId > this.#lastServedId) return;
    const end = this.#streams.endOf(streamId);
    if (end === 'ended') throw closed(streamId, frame);
    if (end !== 'reset-by-peer') return; // it may not have heard of it when it sent that
    this.#outbound.writer.writeReset(streamId, ERROR_CODE.STREAM_CLOSED);
    this.#countReset();
  }

  #checkIdle(streamId: number, frame: string): void {
    const isIdle = this.#isServer
      ? (streamId & 1) === 0 || streamId > this.#lastPeerId
      : (streamId & 1) === 0 || streamId >= this.#nextId;
    if (!isIdle) return;
    throw new Http2ProtocolError(
      'LML_ERR_HTTP2_BAD_STREAM_ID',
      `${frame} for stream ${streamId}, which was never open`,
    );
  }

  #refuse(streamId: number): void {
    this.#outbound.writer.writeReset(streamId, ERROR_CODE.REFUSED_STREAM);
    this.#streams.noteReset(streamId, 'refused');
    this.#countReset();
  }

  /** RFC 6585 section 5: 431 (Request Header Fields Too Large). */
  #answerTooLarge(stream: Http2Stream<Owner>): void {
    this.#outbound.sendFields(stream, [':status', '431'], true);
    this.#outbound.writer.writeReset(stream.id, ERROR_CODE.NO_ERROR);
    this.#close(stream, 'reset-by-us');
    this.#countReset();
  }

  #malformed(stream: Http2Stream<Owner>, why: string): void {
    const what = this.#isServer ? 'request' : 'response';
    const error = new Http2ProtocolError('LML_ERR_HTTP2_MALFORMED_MESSAGE', `malformed ${what}: ${why}`, {
      scope: 'stream',
      streamId: stream.id,
    });
    this.#failStream(stream, error, 'PROTOCOL_ERROR');
  }

  #wrongLength(stream: Http2Stream<Owner>): void {
    const message = `content-length says ${stream.contentLength} bytes, but ${stream.receivedBytes} came`;
    const options = { scope: 'stream', streamId: stream.id } as const;
    const error = new Http2ProtocolError('LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH', message, options);
    this.#failStream(stream, error, 'PROTOCOL_ERROR');
  }

  #failStream(stream: Http2Stream<Owner>, error: LamellaError, errorCode: Http2ErrorCode): void {
    if (stream.isClosed) return;
    this.reset(stream, errorCode);
    this.#push({ type: 'stream-failed', stream, error });
    this.#countReset();
  }

  // ---- the connection

  #greet(): void {
    const { writer } = this.#outbound;
    const limits = this.#limits;
    const settings = [SETTING.headerTableSize, limits.headerTableBytes];
    if (this.#isServer) {
      settings.push(SETTING.maxConcurrentStreams, limits.maxConcurrentStreams, SETTING.enableConnectProtocol, 1);
    } else {
      writer.writeRaw(PREFACE);
      settings.push(SETTING.enablePush, 0);
    }
    settings.push(
      SETTING.initialWindowSize,
      limits.initialStreamWindowBytes,
      SETTING.maxFrameSize,
      limits.maxFrameBytes,
    );
    settings.push(SETTING.maxHeaderListSize, limits.maxHeaderListBytes, SETTING.noRfc7540Priorities, 1);
    writer.writeSettings(settings);
    const more = limits.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) writer.writeWindowUpdate(0, more);
  }

  /** Bytes of the connection's window that are free again. */
  #credit(byteCount: number): void {
    const increment = this.#window.consume(byteCount, this.#nowMs, 0, 0);
    if (increment > 0) this.#outbound.writer.writeWindowUpdate(0, increment);
  }

  #handlePings(nowMs: number): void {
    const due = this.#pings.handleTimeout(this.#outbound.writer, nowMs, this.#streams.size > 0);
    if (due === 'dead') this.#giveUp('pingTimeoutMs', 'ping', 'NO_ERROR');
    else if (due === 'last' && this.#state === 'leaving') this.#sayLast();
  }

  /** Which stream is the last one that is served. */
  #sayLast(): void {
    if (this.#hasSaidLast || this.#state === 'failed' || this.#state === 'closed') return;
    this.#hasSaidLast = true;
    if (this.#state === 'open') this.#state = 'leaving';
    this.#idleEndMs = Number.POSITIVE_INFINITY;
    if (this.#isServer) this.#lastServedId = this.#lastPeerId;
    this.#outbound.writer.writeGoaway(this.#lastPeerId, ERROR_CODE.NO_ERROR, '');
    if (this.#streams.size === 0) this.#finish();
  }

  #finish(): void {
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#state = 'closed';
    this.#push({ type: 'closed' });
  }

  #giveUp(
    limit: 'writeTimeoutMs' | 'settingsTimeoutMs' | 'headerTimeoutMs' | 'pingTimeoutMs',
    phase: string,
    errorCode: Http2ErrorCode,
  ): void {
    const facts = { layer: 'h2', phase };
    this.#fail(new TimeoutError({ limit, timeoutMs: this.#timeouts[limit], facts }), errorCode);
  }

  /** What breaks a rule of the connection ends it. */
  #failIfBroken(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Http2ProtocolError)) throw error;
      this.#fail(error, error.errorCode);
    }
  }

  /** RFC 9113 section 5.4.1. */
  #fail(error: LamellaError, errorCode: Http2ErrorCode): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    const debugText = error instanceof Http2ProtocolError ? asciiOf(error.message) : '';
    this.#outbound.writer.writeGoaway(this.#lastPeerId, ERROR_CODE[errorCode], debugText);
    this.#push({ type: 'failed', error, errorCode });
  }

  #countReset(): void {
    if (!this.#resets.isOverdrawnBy(this.#nowMs)) return;
    throw tooMuch(`${this.#resets.spent} streams were reset`);
  }

  /** Updates are earned by content that was sent; without any they are noise. */
  #countUpdate(): void {
    this.#controlFrames.earn(UPDATES_PER_FRAME * this.#outbound.takeFrameCount());
    this.onControlFrame(FRAME.windowUpdate);
  }

  #push(event: Http2Event<Owner>): void {
    this.#events.push(event);
  }
}

function overflow(where: string): Http2ProtocolError {
  const options = { errorCode: 'FLOW_CONTROL_ERROR' } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_WINDOW', `the flow-control window of ${where} is overrun`, options);
}

function emptyUpdate(streamId: number): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_WINDOW', 'a WINDOW_UPDATE by 0 says nothing', { streamId });
}

function closed(streamId: number, frame: string): Http2ProtocolError {
  const message = `${frame} for stream ${streamId}, which the peer has ended`;
  return new Http2ProtocolError('LML_ERR_HTTP2_STREAM_CLOSED', message, { errorCode: 'STREAM_CLOSED', streamId });
}

function tooLarge(streamId: number, { maxHeaderListBytes, maxHeaders }: Http2Limits): Http2ProtocolError {
  const message = `the field section is larger than ${maxHeaderListBytes} bytes or ${maxHeaders} fields`;
  const options = { scope: 'stream', errorCode: 'ENHANCE_YOUR_CALM', streamId } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_HEADERS_TOO_LARGE', message, options);
}

function tooMuch(message: string): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND', message, { errorCode: 'ENHANCE_YOUR_CALM' });
}

/** What the peer may read of it. */
function asciiOf(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

const TOO_LARGE = 'the field section is too large';
/** A peer may give back to the stream and to the connection, and more often than we send. */
const UPDATES_PER_FRAME = 4;
const MAX_EARLY_PRIORITIES = 64;
