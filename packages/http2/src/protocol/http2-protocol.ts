import { TimeoutError } from '@lamella/service-core';
import type { Http2ErrorCode } from '../codec/error-code.ts';
import { ERROR_CODE } from '../codec/error-code.ts';
import { MAX_STREAM_ID } from '../codec/frames/frame-types.ts';
import type { Http2ProtocolOptions } from './connection-core.ts';
import { ConnectionCore } from './connection-core.ts';
import type { Http2ClientFacts } from './early-frames.ts';
import { greet } from './greeting.ts';
import type { Http2Event } from './http2-events.ts';
import type { Http2Stream } from './http2-stream.ts';
import { PeerFrames } from './peer-frames.ts';
import type { PeerSettings } from './peer-settings.ts';
import { sectionTooLargeForPeer } from './protocol-failures.ts';
import { writePhase } from './stream-deadlines.ts';

/**
 * One side of an HTTP/2 connection. RFC 9113.
 *
 * @remarks
 * Does no IO: bytes and time go in, events and bytes come out. After each call of a `receive...` method, of
 * {@link handleTimeout} or of a command, the driver takes all events, the output, and the next deadline.
 *
 * @typeParam Owner - What the driver keeps for a stream.
 */
export class Http2Protocol<Owner> {
  readonly #core: ConnectionCore<Owner>;
  readonly #peerFrames: PeerFrames<Owner>;
  #sectionEndMs = Number.POSITIVE_INFINITY;
  /** Field sections so far that CONTINUATION frames were awaited for. */
  #sectionCount = 0;
  #writeEndMs = Number.POSITIVE_INFINITY;
  #isStuck = false;

  constructor(options: Http2ProtocolOptions, nowMs: number) {
    this.#core = new ConnectionCore(options, nowMs);
    this.#peerFrames = new PeerFrames(this.#core);
    greet(this.#core.outbound.writer, options);
  }

  // ---- what the driver asks

  /** Streams that are open. */
  get activeStreams(): number {
    return this.#core.streams.size;
  }

  /** Whether content may be written that is not yet in frames, such as a chunk of a body whose next one waits for that. */
  get hasContent(): boolean {
    return this.#core.outbound.hasTurn;
  }

  /** What the peer has said of itself. */
  get peer(): PeerSettings {
    return this.#core.outbound.peer;
  }

  /** What the client has said first; servers only. */
  get early(): Http2ClientFacts {
    return this.#peerFrames.early;
  }

  /** Whether new streams are welcome: neither side has said that it leaves. */
  get isOpen(): boolean {
    return this.#core.state === 'open' && !this.#core.isPeerLeaving && this.#core.nextId <= MAX_STREAM_ID;
  }

  /** Whether the peer has been silent for so long that it may be gone; the next byte of it says that it is not. */
  get isInDoubt(): boolean {
    return this.#core.pings.isInDoubt;
  }

  /** Whether the connection was given up; what it had to say of that may still be written. */
  get hasFailed(): boolean {
    return this.#core.state === 'failed';
  }

  /** Whether the peer has said that it speaks this: its first SETTINGS are here. */
  get hasGreeting(): boolean {
    return this.#peerFrames.inbound.hasSettings;
  }

  /** Whether it was given up because the peer takes nothing: what it is told can't be written either. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Whether something is to be written now. */
  get hasOutput(): boolean {
    return this.#core.outbound.writer.hasOutput || (this.#core.state !== 'failed' && this.#core.outbound.hasTurn);
  }

  /** Bytes of frames that wait to be taken. */
  get outputBytes(): number {
    return this.#core.outbound.writer.byteCount;
  }

  /**
   * Takes what is to be written: chunks of memory that `returnPage` takes back.
   *
   * @param maxBytes - About how much content to put in; frames that carry none are all there.
   */
  takeOutput(maxBytes: number): readonly Uint8Array[] {
    if (this.#core.state !== 'failed') this.#core.outbound.fill(maxBytes, this.#core.nowMs);
    return this.#core.outbound.writer.takeOutput();
  }

  /** When {@link handleTimeout} is to be called, on the monotonic clock; `Infinity` for never. */
  nextTimeoutMs(): number {
    if (this.#core.state === 'failed' || this.#core.state === 'closed') return this.#writeEndMs;
    return Math.min(
      this.#core.settingsEndMs,
      this.#sectionEndMs,
      this.#core.idleEndMs,
      this.#writeEndMs,
      this.#core.deadlines.nextMs,
      this.#core.pings.nextMs(this.#core.streams.size > 0),
    );
  }

  /** The next event, in order; `undefined` if there is none. */
  nextEvent(): Http2Event<Owner> | undefined {
    return this.#core.nextEvent();
  }

  // ---- from the peer

  /** Takes what came. Events that hold bytes of it must be taken before the next call. */
  receiveBytes(bytes: Uint8Array, nowMs: number): void {
    this.#core.nowMs = nowMs;
    if (this.#core.state === 'failed' || this.#core.state === 'closed') return;
    if (this.#core.pings.noteLife(nowMs)) this.#core.push({ type: 'capacity' });
    this.#core.failIfBroken(() => this.#peerFrames.inbound.receive(bytes));
    const { isInSection, sectionCount } = this.#peerFrames.inbound;
    if (!isInSection) this.#sectionEndMs = Number.POSITIVE_INFINITY;
    else if (this.#sectionCount !== sectionCount) this.#sectionEndMs = nowMs + this.#core.timeouts.headerTimeoutMs;
    this.#sectionCount = sectionCount;
  }

  /** The peer has ended its direction: what it has not sent in full will never come. */
  receiveEnd(nowMs: number): void {
    this.#core.nowMs = nowMs;
    if (this.#core.state === 'failed' || this.#core.state === 'closed') return;
    this.#core.isPeerLeaving = true;
    for (const stream of this.#core.streams.all()) {
      if (stream.isRemoteEnded) continue;
      this.#core.close(stream, 'reset-by-peer');
      this.#core.push({ type: 'cut', stream });
    }
    if (this.#core.streams.size === 0) this.#core.sayLast();
  }

  /** A deadline may have passed. */
  handleTimeout(nowMs: number): void {
    this.#core.nowMs = nowMs;
    if (nowMs >= this.#writeEndMs) {
      this.#isStuck = true;
      this.#giveUp('writeTimeoutMs', writePhase(this.#core.isServer), 'NO_ERROR');
    }
    if (this.#core.state === 'failed' || this.#core.state === 'closed') return;
    if (nowMs >= this.#core.settingsEndMs) this.#giveUp('settingsTimeoutMs', 'settings', 'SETTINGS_TIMEOUT');
    else if (nowMs >= this.#sectionEndMs) this.#giveUp('headerTimeoutMs', 'request-head', 'PROTOCOL_ERROR');
    else if (nowMs >= this.#core.idleEndMs) this.shutdown(nowMs, true);
    else this.#handlePings(nowMs);
    this.#core.failIfBroken(() => {
      for (const { stream, error } of this.#core.deadlines.expired(this.#core.streams.all(), nowMs)) {
        this.#core.failStream(stream, error, 'CANCEL');
        const { timeoutMs } = error;
        if (!this.#core.isServer) this.doubtPeer(nowMs - timeoutMs, Math.min(LEAST_SILENCE_MS, timeoutMs / 2), nowMs);
      }
    });
  }

  // ---- commands

  /**
   * Opens a stream. Clients only; only while {@link isOpen} and the peer has room.
   *
   * @param fields - The whole field section, pseudo-header fields first, names in lower case.
   * @param neverIndexed - Names of those that must enter no table.
   * @throws Http2ProtocolError if the peer does not take so many.
   */
  openStream(
    fields: readonly string[],
    endStream: boolean,
    isHead: boolean,
    nowMs: number,
    neverIndexed?: ReadonlySet<string>,
  ): Http2Stream<Owner> {
    this.checkFields(fields);
    this.#core.nowMs = nowMs;
    const stream = this.#core.newStream(this.#core.nextId);
    this.#core.nextId += 2;
    stream.isHead = isHead;
    stream.isConnect = fields[fields.indexOf(':method') + 1] === 'CONNECT';
    stream.hasSentHead = true;
    this.#core.outbound.sendFields(stream, fields, endStream, neverIndexed);
    this.#core.pings.noteRequest(nowMs);
    if (endStream) this.#core.deadlines.awaitHead(stream, nowMs);
    return stream;
  }

  /**
   * Somebody has waited for something since `sinceMs`, in vain: a peer of which nothing at all has come for `leastMs` may be gone. It is asked,
   * and the connection given up if there is no answer within `pingTimeoutMs`.
   */
  doubtPeer(sinceMs: number, leastMs: number, nowMs: number): void {
    this.#core.nowMs = nowMs;
    if (this.#core.state === 'failed' || this.#core.state === 'closed') return;
    if (this.#core.pings.doubt(this.#core.outbound.writer, sinceMs, leastMs, nowMs))
      this.#core.push({ type: 'capacity' });
  }

  /** @throws Http2ProtocolError if the peer does not take a field section of that size, as it has said. RFC 9113 section 10.5.1. */
  checkFields(fields: readonly string[]): void {
    if (this.peer.isTooLarge(fields)) throw sectionTooLargeForPeer(this.peer, fields, this.#core.isServer);
  }

  /** Sends the head of a response, an interim one (`isFinal` false), or trailers; `neverIndexed` names those that must enter no table. */
  sendFields(
    stream: Http2Stream<Owner>,
    fields: readonly string[],
    endStream: boolean,
    nowMs: number,
    isFinal = true,
    neverIndexed?: ReadonlySet<string>,
  ): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    this.#core.nowMs = nowMs;
    this.#core.outbound.sendFields(stream, fields, endStream, neverIndexed);
    if (isFinal) stream.hasSentHead = true;
    if (endStream) this.#core.endLocal(stream);
  }

  /** Sends content. The next may follow when the event `sent` has come. */
  sendData(stream: Http2Stream<Owner>, bytes: Uint8Array, endStream: boolean, nowMs: number): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    this.#core.nowMs = nowMs;
    this.#core.outbound.give(stream, bytes, endStream, nowMs);
    this.#core.deadlines.noteStall(stream);
  }

  /** Ends our direction with trailers, behind what waits. @throws Http2ProtocolError if the peer does not take so many. */
  sendTrailers(
    stream: Http2Stream<Owner>,
    fields: readonly string[],
    nowMs: number,
    neverIndexed?: ReadonlySet<string>,
  ): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    this.checkFields(fields);
    if (stream.pending === undefined) {
      this.sendFields(stream, fields, true, nowMs, true, neverIndexed);
      return;
    }
    stream.pendingTrailers = fields;
    stream.pendingNeverIndexed = neverIndexed;
    stream.endsAfterPending = true;
  }

  /** Somebody waits for content of the stream, or nobody does. */
  wantBody(stream: Http2Stream<Owner>, isWanted: boolean, nowMs: number): void {
    if (stream.isClosed || stream.isRemoteEnded || stream.isTunnel || !stream.hasHead) return;
    this.#core.deadlines.wantBody(stream, isWanted, nowMs);
  }

  /** The CONNECT was accepted: what follows has no length and no deadline. */
  startTunnel(stream: Http2Stream<Owner>): void {
    stream.isTunnel = true;
    this.#core.deadlines.stop(stream);
  }

  /** Tells a server that its answers may be in another order than they came. RFC 9218 section 7.1. */
  sendPriority(streamId: number, value: string): void {
    this.#core.outbound.writer.writePriorityUpdate(streamId, value);
  }

  /** The peer takes no output now, or takes it again. */
  blockWrite(isBlocked: boolean, nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#writeEndMs = isBlocked ? nowMs + this.#core.timeouts.writeTimeoutMs : Number.POSITIVE_INFINITY;
  }

  /**
   * Leaves in good order. RFC 9113 section 6.8: a server says first that it is going to, so that requests on their way are still
   * served, and one round trip later which one was the last.
   *
   * @param isIdle - Whether nothing is on its way, as far as can be known: then once is enough.
   */
  shutdown(nowMs: number, isIdle = false): void {
    this.#core.nowMs = nowMs;
    if (this.#core.state !== 'open') return;
    this.#core.state = 'leaving';
    this.#core.idleEndMs = Number.POSITIVE_INFINITY;
    if (this.#core.isServer && !isIdle && this.hasGreeting) {
      this.#core.outbound.writer.writeGoaway(MAX_STREAM_ID, ERROR_CODE.NO_ERROR, '');
      this.#core.pings.sendLast(this.#core.outbound.writer, nowMs);
    } else this.#core.sayLast();
  }

  /**
   * Ends all that is under way, and the connection with it. Streams are not reset: no code says that their server is leaving, and clients of gRPC
   * take CANCEL for a call that somebody has cancelled. The end of the connection they take for what it is.
   */
  leaveNow(nowMs: number): void {
    this.#core.nowMs = nowMs;
    if (this.#core.state === 'failed' || this.#core.state === 'closed') return;
    for (const stream of this.#core.streams.all()) this.#core.close(stream, 'reset-by-us');
    this.#core.sayLast();
  }

  /** Ends a stream now. */
  reset(stream: Http2Stream<Owner>, errorCode: Http2ErrorCode, nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#core.reset(stream, errorCode);
  }

  /** Content was read or thrown away: the peer may send as much again. */
  consume(stream: Http2Stream<Owner>, byteCount: number, nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#core.consume(stream, byteCount);
  }

  #handlePings(nowMs: number): void {
    const due = this.#core.pings.handleTimeout(this.#core.outbound.writer, nowMs, this.#core.streams.size > 0);
    if (due === 'dead') this.#giveUp('pingTimeoutMs', 'ping', 'NO_ERROR');
    else if (due === 'last' && this.#core.state === 'leaving') this.#core.sayLast();
  }

  #giveUp(
    limit: 'writeTimeoutMs' | 'settingsTimeoutMs' | 'headerTimeoutMs' | 'pingTimeoutMs',
    phase: string,
    errorCode: Http2ErrorCode,
  ): void {
    const facts = { layer: 'h2', phase };
    this.#core.fail(new TimeoutError({ limit, timeoutMs: this.#core.timeouts[limit], facts }), errorCode);
  }
}

/** A shorter silence says nothing of a peer, unless that is all the time that it had. */
const LEAST_SILENCE_MS = 1_000;
