import { ERROR_CODE } from '../codec/error-code.ts';
import { DEFAULT_WINDOW_BYTES, FRAME, MAX_WINDOW_BYTES, SETTING } from '../codec/frames/frame-types.ts';
import { Http2ProtocolError } from '../errors.ts';
import type { ConnectionCore } from './connection-core.ts';
import { EarlyFrames } from './early-frames.ts';
import type { FrameHandler } from './http2-inbound.ts';
import { Http2Inbound } from './http2-inbound.ts';
import type { Http2Stream } from './http2-stream.ts';
import { MessageFields, readResponse, readTrailers } from './message-fields.ts';
import type { Http2Priority } from './priority.ts';
import { parsePriority } from './priority.ts';
import { emptyUpdate, sectionTooLarge, streamClosed, streamIdle, windowOverrun } from './protocol-failures.ts';

/**
 * Does what the frames of the peer say. RFC 9113 sections 5, 6 and 8.
 *
 * @typeParam Owner - What the driver keeps for a stream.
 */
export class PeerFrames<Owner> implements FrameHandler {
  readonly inbound: Http2Inbound;
  /** What the client said first; servers only. */
  readonly early: EarlyFrames = new EarlyFrames();
  readonly #core: ConnectionCore<Owner>;
  readonly #fields = new MessageFields();
  #earlyPriorities: Map<number, Http2Priority> | undefined;
  #dataStream: Http2Stream<Owner> | undefined;
  /** The size of windows that streams which are open go by. */
  #peerWindowBytes = DEFAULT_WINDOW_BYTES;
  /** The stream that the peer lets us send most on, as long as a frame of settings goes on that changes that. */
  #widest: Http2Stream<Owner> | undefined;

  constructor(core: ConnectionCore<Owner>) {
    this.#core = core;
    this.inbound = new Http2Inbound(this, core.limits, core.isServer);
  }

  // ---- frames

  onFields(
    streamId: number,
    fields: string[],
    endStream: boolean,
    isTooLarge: boolean,
    neverIndexed: ReadonlySet<string> | undefined,
  ): void {
    const stream = this.#core.streams.get(streamId);
    if (stream !== undefined) this.#continueMessage(stream, fields, endStream, isTooLarge, neverIndexed);
    else if (this.#core.isServer && (streamId & 1) === 1 && streamId > this.#core.lastPeerId) {
      this.#startRequest(streamId, fields, endStream, isTooLarge, neverIndexed);
    } else this.#onClosedStream(streamId, 'HEADERS');
  }

  onDataStart(streamId: number, length: number): boolean {
    if (!this.#core.window.receive(length)) throw windowOverrun(0, 'connection');
    const stream = this.#core.streams.get(streamId);
    this.#dataStream = stream;
    if (stream === undefined) {
      const isLate = this.#onClosedStream(streamId, 'DATA');
      this.#core.discard(streamId, length, isLate);
      return false;
    }
    stream.unreadBytes += length;
    if (stream.isRemoteEnded) this.#core.failStream(stream, streamClosed(streamId, 'DATA', 'stream'), 'STREAM_CLOSED');
    else if (!stream.hasHead) this.#core.malformed(stream, 'DATA comes before HEADERS');
    else if (!stream.receiveWindow.receive(length)) {
      this.#core.failStream(stream, windowOverrun(streamId, 'stream'), 'FLOW_CONTROL_ERROR');
    } else return true;
    return false;
  }

  onDataPiece(bytes: Uint8Array, start: number, end: number, paddingBytes: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (paddingBytes > 0) this.#core.consume(stream, paddingBytes);
    if (end === start) return;
    stream.receivedBytes += end - start;
    this.#core.deadlines.noteBody(stream, end - start, this.#core.nowMs);
    if (stream.contentLength >= 0 && stream.receivedBytes > stream.contentLength) this.#core.wrongLength(stream);
    else this.#core.push({ type: 'data', stream, bytes: bytes.subarray(start, end) });
  }

  onDataEnd(endStream: boolean): void {
    const stream = this.#dataStream;
    if (endStream && stream !== undefined && !stream.isClosed) this.#core.endRemote(stream, undefined);
  }

  onPriority(streamId: number, word: number, weight: number, isInHeaders: boolean): void {
    this.onControlFrame(FRAME.priority);
    const dependsOn = word & 0x7fff_ffff;
    if (!isInHeaders) this.early.notePriority({ streamId, isExclusive: word > 0x7fff_ffff, dependsOn, weight });
    if (dependsOn !== streamId) return; // the tree of priorities has no meaning any more. RFC 9113 section 5.3.2
    throw new Http2ProtocolError('LML_ERR_HTTP2_BAD_PRIORITY', `stream ${streamId} depends on itself`);
  }

  onPriorityUpdate(streamId: number, value: string): void {
    if ((streamId & 1) === 0) {
      throw new Http2ProtocolError('LML_ERR_HTTP2_BAD_PRIORITY', `no client can have opened stream ${streamId}`);
    }
    const stream = this.#core.streams.get(streamId);
    const priority = parsePriority(value);
    if (stream !== undefined) this.#core.prioritize(stream, priority);
    else if (streamId > this.#core.lastPeerId && (this.#earlyPriorities?.size ?? 0) < MAX_EARLY_PRIORITIES) {
      this.#earlyPriorities ??= new Map();
      this.#earlyPriorities.set(streamId, priority);
    }
  }

  onReset(streamId: number, errorCode: number): void {
    const stream = this.#core.streams.get(streamId);
    if (stream === undefined) {
      this.#checkIdle(streamId, 'RST_STREAM');
      this.onControlFrame(FRAME.rstStream);
      return;
    }
    // RFC 9113 section 8.1: a server that has answered in full may say that it does not need the rest of the request.
    this.#core.close(stream, 'reset-by-peer');
    this.#core.push({ type: 'reset', stream, errorCode });
    if (this.#core.isServer) this.#core.countReset();
  }

  onSetting(identifier: number, value: number): void {
    const { outbound, isServer } = this.#core;
    outbound.peer.apply(identifier, value, !isServer);
    if (identifier === SETTING.initialWindowSize) this.#checkWindows(value);
    this.early.noteSetting(identifier, value);
    if (identifier === SETTING.headerTableSize) outbound.applyTableSize();
  }

  onSettingsEnd(): void {
    this.early.noteSettingsEnd();
    this.#widest = undefined;
    this.#resizeWindows();
    this.#core.outbound.peer.isKnown = true;
    this.#core.outbound.writer.writeSettingsAck();
    this.#core.push({ type: 'capacity' });
  }

  /** Settings hold one after the other, RFC 9113 section 6.5.3: a size must fit every window even if the next one takes it back. */
  #checkWindows(windowBytes: number): void {
    if (this.#widest === undefined) {
      for (const stream of this.#core.streams.all()) {
        if (this.#widest === undefined || stream.sendWindow > this.#widest.sendWindow) this.#widest = stream;
      }
    }
    const widest = this.#widest;
    if (widest === undefined || widest.sendWindow + windowBytes - this.#peerWindowBytes <= MAX_WINDOW_BYTES) return;
    throw windowOverrun(widest.id, 'connection'); // RFC 9113 section 6.9.2
  }

  /** Once for each frame: a frame may name the size many times, and there may be many streams. */
  #resizeWindows(): void {
    const { initialWindowBytes } = this.#core.outbound.peer;
    const change = initialWindowBytes - this.#peerWindowBytes;
    this.#peerWindowBytes = initialWindowBytes;
    if (change === 0) return;
    // RFC 9113 section 6.9.2: it holds for the streams that are open, too, and may take back what they had.
    for (const stream of this.#core.streams.all()) this.#core.outbound.widenStream(stream, change, this.#core.nowMs);
  }

  onSettingsAck(): void {
    if (this.#core.isAcknowledged) {
      this.onControlFrame(FRAME.settings);
      return;
    }
    this.#core.isAcknowledged = true;
    this.#core.settingsEndMs = Number.POSITIVE_INFINITY;
    this.inbound.applyTableSize();
    this.#core.applyWindowSize();
  }

  onPing(bytes: Uint8Array, start: number, isAck: boolean): void {
    this.onControlFrame(FRAME.ping);
    if (!isAck) this.#core.outbound.writer.writePing(bytes, start, true);
    else if (this.#core.pings.takeAck(bytes, start, this.#core.nowMs) === 'last' && this.#core.state === 'leaving')
      this.#core.sayLast();
  }

  onGoaway(lastStreamId: number, errorCode: number, debugText: string): void {
    this.onControlFrame(FRAME.goaway);
    this.#core.isPeerLeaving = true;
    this.#core.push({ type: 'capacity' });
    if (errorCode !== ERROR_CODE.NO_ERROR) this.#core.push({ type: 'goaway', errorCode, debugText });
    if (!this.#core.isServer) {
      for (const stream of this.#core.streams.all()) {
        if (stream.id <= lastStreamId) continue;
        this.#core.close(stream, 'reset-by-peer');
        this.#core.push({ type: 'unprocessed', stream });
      }
    }
    if (this.#core.streams.size === 0) this.#core.sayLast();
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (streamId === 0) {
      if (increment === 0) throw emptyUpdate(0);
      this.early.noteWindowUpdate(increment);
      if (!this.#core.outbound.widen(increment)) throw windowOverrun(0, 'connection');
      this.#core.countUpdate();
      return;
    }
    const stream = this.#core.streams.get(streamId);
    this.#core.countUpdate();
    if (stream === undefined) this.#checkIdle(streamId, 'WINDOW_UPDATE');
    else if (increment === 0) this.#core.failStream(stream, emptyUpdate(streamId), 'PROTOCOL_ERROR');
    else if (!this.#core.outbound.widenStream(stream, increment, this.#core.nowMs)) {
      this.#core.failStream(stream, windowOverrun(streamId, 'stream'), 'FLOW_CONTROL_ERROR');
    }
  }

  onControlFrame(type: number): void {
    this.#core.countControlFrame(type);
  }

  // ---- messages

  #startRequest(
    streamId: number,
    section: string[],
    endStream: boolean,
    isTooLarge: boolean,
    neverIndexed: ReadonlySet<string> | undefined,
  ): void {
    this.#core.streams.noteSkipped(this.#core.lastPeerId, streamId);
    this.#core.lastPeerId = streamId;
    if (!this.early.isOver) this.early.noteRequest(section);
    if (streamId > this.#core.lastServedId) {
      this.onControlFrame(FRAME.headers); // we have said so
      if (!endStream) this.#core.expectLate(this.#core.firstWindowBytes);
      return;
    }
    if (this.#core.streams.size >= this.#core.limits.maxConcurrentStreams) {
      this.#refuse(streamId);
      if (!endStream) this.#core.expectLate(this.#core.firstWindowBytes);
      return;
    }
    const { allowsExtendedConnect } = this.#core;
    const head = isTooLarge ? TOO_LARGE : this.#fields.readRequest(section, allowsExtendedConnect, neverIndexed);
    const stream = this.#core.newStream(streamId);
    this.#core.deadlines.stop(stream);
    stream.isRemoteEnded = endStream;
    if (isTooLarge) this.#answerTooLarge(stream);
    else if (typeof head === 'string') this.#core.malformed(stream, head);
    else if (endStream && head.contentLength > 0) this.#core.wrongLength(stream);
    else {
      stream.hasHead = true;
      stream.contentLength = head.contentLength;
      const priority = this.#earlyPriorities?.get(streamId) ?? head.priority;
      if (priority !== undefined) this.#core.prioritize(stream, priority);
      this.#earlyPriorities?.delete(streamId);
      this.#core.push({ type: 'request', stream, head, hasBody: !endStream });
    }
  }

  /** HEADERS on a stream that is open: a response, or trailers. */
  #continueMessage(
    stream: Http2Stream<Owner>,
    section: string[],
    endStream: boolean,
    isTooLarge: boolean,
    neverIndexed: ReadonlySet<string> | undefined,
  ): void {
    if (stream.isRemoteEnded)
      this.#core.failStream(stream, streamClosed(stream.id, 'HEADERS', 'stream'), 'STREAM_CLOSED');
    else if (isTooLarge)
      this.#core.failStream(stream, sectionTooLarge(stream.id, this.#core.limits), 'ENHANCE_YOUR_CALM');
    else if (!stream.hasHead) this.#takeResponse(stream, section, endStream, neverIndexed);
    else if (stream.isTunnel)
      this.#core.malformed(stream, 'a tunnel has no trailers'); // RFC 9113 section 8.5
    else {
      const trailers = endStream ? readTrailers(section) : 'trailers must end the stream';
      if (typeof trailers === 'string') this.#core.malformed(stream, trailers);
      else this.#core.endRemote(stream, trailers, neverIndexed);
    }
  }

  #takeResponse(
    stream: Http2Stream<Owner>,
    section: string[],
    endStream: boolean,
    neverIndexed: ReadonlySet<string> | undefined,
  ): void {
    const head = readResponse(section, neverIndexed);
    if (typeof head === 'string') {
      this.#core.malformed(stream, head);
      return;
    }
    const isInterim = head.status < 200;
    if (isInterim && endStream) {
      this.#core.malformed(stream, 'an interim response must not end the stream');
      return;
    }
    if (isInterim) this.onControlFrame(FRAME.headers);
    else {
      stream.hasHead = true;
      const isBodyless = stream.isHead || head.status === 204 || head.status === 304;
      // RFC 9110 section 9.3.6: a length in a positive answer to CONNECT is to be ignored.
      const isTunnel = stream.isConnect && head.status < 300;
      stream.contentLength = isBodyless ? 0 : isTunnel ? -1 : head.contentLength;
      this.#core.deadlines.stop(stream);
    }
    // RFC 9113 section 8.1.1: a response without the content that it announces must not look like a whole one.
    if (endStream && stream.contentLength > 0) {
      this.#core.wrongLength(stream);
      return;
    }
    this.#core.push({ type: 'response', stream, head, hasBody: !isInterim && !endStream });
    if (endStream) this.#core.endRemote(stream, undefined);
  }

  // ---- streams that are not open

  /** A frame for a stream that is not open. RFC 9113 section 5.1. @returns Whether the peer may have sent it before it heard of that. */
  #onClosedStream(streamId: number, frame: string): boolean {
    this.#checkIdle(streamId, frame);
    // RFC 9113 section 5.1.1: later streams have closed it, though it was never open.
    if (this.#core.streams.wasSkipped(streamId)) throw streamIdle(streamId, frame);
    // What it costs to decode is to be paid for; DATA is by the windows.
    if (frame === 'HEADERS') this.onControlFrame(FRAME.headers);
    if (streamId > this.#core.lastServedId) return true;
    const end = this.#core.streams.endOf(streamId);
    if (end === 'ended') throw streamClosed(streamId, frame, 'connection');
    if (end !== 'reset-by-peer') return true;
    this.#core.outbound.writer.writeReset(streamId, ERROR_CODE.STREAM_CLOSED);
    this.#core.countReset();
    return false;
  }

  #checkIdle(streamId: number, frame: string): void {
    const isIdle = this.#core.isServer
      ? (streamId & 1) === 0 || streamId > this.#core.lastPeerId
      : (streamId & 1) === 0 || streamId >= this.#core.nextId;
    if (isIdle) throw streamIdle(streamId, frame);
  }

  #refuse(streamId: number): void {
    this.#core.outbound.writer.writeReset(streamId, ERROR_CODE.REFUSED_STREAM);
    this.#core.streams.noteReset(streamId, 'refused');
    this.#core.countReset();
  }

  /** RFC 6585 section 5: 431 (Request Header Fields Too Large). */
  #answerTooLarge(stream: Http2Stream<Owner>): void {
    this.#core.outbound.sendFields(stream, [':status', '431'], true);
    this.#core.endLocal(stream);
    this.#core.reset(stream, 'NO_ERROR'); // only where the request goes on: what has ended on both sides takes no frame any more
    this.#core.countReset();
  }
}

const TOO_LARGE = 'the field section is too large';
const MAX_EARLY_PRIORITIES = 64;
