import type { FrameSink } from '../codec/frames/frame-decoder.ts';
import { FrameDecoder } from '../codec/frames/frame-decoder.ts';
import { FLAG, FRAME, PREFACE } from '../codec/frames/frame-types.ts';
import { HpackDecoder } from '../codec/hpack/hpack-decoder.ts';
import { HpackError } from '../codec/hpack/hpack-error.ts';
import { Http2ProtocolError } from '../errors.ts';
import type { Http2Limits } from './http2-limits.ts';
import { neverIndexedNames } from './never-indexed.ts';

/** What {@link Http2Inbound} hands on, frame by frame, when it has the right shape. What it throws ends the connection. */
export interface FrameHandler {
  /**
   * A whole field section.
   *
   * @param fields - Empty, if it was too large.
   * @param neverIndexed - Names of those that must enter no table.
   */
  onFields(
    streamId: number,
    fields: string[],
    endStream: boolean,
    isTooLarge: boolean,
    neverIndexed: ReadonlySet<string> | undefined,
  ): void;
  /** A DATA frame begins. @param length - Bytes that count for flow control. @returns Whether its content is wanted. */
  onDataStart(streamId: number, length: number): boolean;
  /** A piece of content, borrowed, of the DATA frame under way. @param paddingBytes - Bytes beside it that count too. */
  onDataPiece(bytes: Uint8Array, start: number, end: number, paddingBytes: number): void;
  /** The DATA frame under way has ended. */
  onDataEnd(endStream: boolean): void;
  /** A PRIORITY frame, or the same in a HEADERS frame. @param dependsOn - With the exclusive flag as its highest bit. */
  onPriority(streamId: number, dependsOn: number, weight: number, isInHeaders: boolean): void;
  onReset(streamId: number, errorCode: number): void;
  onSetting(identifier: number, value: number): void;
  onSettingsEnd(): void;
  onSettingsAck(): void;
  onPing(bytes: Uint8Array, start: number, isAck: boolean): void;
  onGoaway(lastStreamId: number, errorCode: number, debugText: string): void;
  onWindowUpdate(streamId: number, increment: number): void;
  onPriorityUpdate(streamId: number, value: string): void;
  /** A frame that carries nothing, or next to nothing. */
  onControlFrame(type: number): void;
}

/**
 * The receiving half of a connection: checks the shape of frames, puts field sections together and decodes them. RFC 9113
 * sections 3.4, 4 and 6.
 */
export class Http2Inbound implements FrameSink {
  readonly #handler: FrameHandler;
  readonly #limits: Http2Limits;
  readonly #frames: FrameDecoder = new FrameDecoder(this);
  readonly #hpack: HpackDecoder;
  readonly #isServer: boolean;
  /** Bytes of the preface that have come; a client waits for none. */
  #prefaceBytes: number;
  #hasSettings = false;
  /** The field section that CONTINUATION frames are awaited for. */
  #section: OpenSection | undefined;
  #sectionCount = 0;
  // The DATA frame under way.
  #isWanted = false;
  #contentLeft = 0;
  #awaitsPadLength = false;

  constructor(handler: FrameHandler, limits: Http2Limits, isServer: boolean) {
    this.#handler = handler;
    this.#limits = limits;
    this.#isServer = isServer;
    this.#prefaceBytes = isServer ? 0 : PREFACE.length;
    const { headerTableBytes, maxHeaderListBytes, maxHeaders } = limits;
    this.#hpack = new HpackDecoder({
      maxTableBytes: headerTableBytes,
      maxListBytes: maxHeaderListBytes,
      maxFields: maxHeaders + PSEUDO_FIELDS,
    });
  }

  /** Whether a field section has begun and is not whole. */
  get isInSection(): boolean {
    return this.#section !== undefined;
  }

  /** Field sections so far that have begun without being whole. */
  get sectionCount(): number {
    return this.#sectionCount;
  }

  /** Whether the first SETTINGS have come. */
  get hasSettings(): boolean {
    return this.#hasSettings;
  }

  /** Takes what came. @throws Http2ProtocolError, of the connection. */
  receive(bytes: Uint8Array): void {
    let from = 0;
    while (this.#prefaceBytes < PREFACE.length && from < bytes.length) {
      if (bytes[from++] === PREFACE[this.#prefaceBytes++]) continue;
      throw new Http2ProtocolError('LML_ERR_HTTP2_BAD_PREFACE', 'the client does not begin with the preface of HTTP/2');
    }
    this.#frames.decode(bytes, from);
  }

  /** Our settings hold from now on for the peer, too. */
  applyTableSize(): void {
    this.#hpack.setMaxTableBytes(this.#limits.headerTableBytes);
  }

  // ---- FrameSink

  onFrameHeader(type: number, flags: number, streamId: number, length: number): void {
    if (length === HTTP1_ANSWER[0] && type === HTTP1_ANSWER[1] && flags === HTTP1_ANSWER[2]) this.#checkVersion();
    if (!this.#hasSettings && (type !== FRAME.settings || (flags & FLAG.ack) !== 0)) {
      throw unexpected('the first frame is not SETTINGS: who sent it may not speak HTTP/2'); // said before how large it seems
    }
    if (length > this.#limits.maxFrameBytes) {
      throw badSize(`a frame has ${length} bytes, ${this.#limits.maxFrameBytes} are allowed`);
    }
    const section = this.#section;
    if (section !== undefined && (type !== FRAME.continuation || streamId !== section.streamId)) {
      throw unexpected(`a frame of type ${type} stands between HEADERS and CONTINUATION`);
    }
    if (type === FRAME.data) this.#startData(flags, streamId, length);
  }

  onDataPiece(flags: number, _streamId: number, bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    let from = start;
    let overhead = 0;
    if (this.#awaitsPadLength && from < end) {
      this.#awaitsPadLength = false;
      const padding = bytes[from++] as number; // below `end`
      if (padding > this.#contentLeft) throw badPadding();
      this.#contentLeft -= padding;
      overhead = 1;
      if (this.#contentLeft === 0 && (flags & FLAG.endStream) === 0) this.#handler.onControlFrame(FRAME.data);
    }
    const contentEnd = Math.min(end, from + this.#contentLeft);
    this.#contentLeft -= contentEnd - from;
    overhead += end - contentEnd;
    if (!this.#isWanted) return;
    if (contentEnd > from || overhead > 0) this.#handler.onDataPiece(bytes, from, contentEnd, overhead);
    if (isLast) this.#handler.onDataEnd((flags & FLAG.endStream) !== 0);
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    switch (type) {
      case FRAME.headers:
        this.#headers(flags, streamId, bytes, start, end);
        break;
      case FRAME.continuation:
        this.#continuation(flags, bytes, start, end);
        break;
      case FRAME.windowUpdate:
        if (end - start !== 4) throw badSize('WINDOW_UPDATE must have 4 bytes');
        this.#handler.onWindowUpdate(streamId, wordAt(bytes, start) & 0x7fff_ffff);
        break;
      case FRAME.rstStream:
        if (streamId === 0) throw badStream('RST_STREAM belongs to a stream');
        if (end - start !== 4) throw badSize('RST_STREAM must have 4 bytes');
        this.#handler.onReset(streamId, wordAt(bytes, start));
        break;
      case FRAME.settings:
        this.#settings(flags, streamId, bytes, start, end);
        break;
      case FRAME.ping:
        if (streamId !== 0) throw badStream('PING belongs to the connection');
        if (end - start !== 8) throw badSize('PING must have 8 bytes');
        this.#handler.onPing(bytes, start, (flags & FLAG.ack) !== 0);
        break;
      case FRAME.goaway:
        if (streamId !== 0) throw badStream('GOAWAY belongs to the connection');
        if (end - start < 8) throw badSize('GOAWAY must have 8 bytes or more');
        this.#goaway(bytes, start, end);
        break;
      case FRAME.priority:
        if (streamId === 0) throw badStream('PRIORITY belongs to a stream');
        if (end - start !== 5) throw badSize('PRIORITY must have 5 bytes'); // RFC 9113 would let the connection live
        this.#handler.onPriority(streamId, wordAt(bytes, start), 1 + (bytes[start + 4] as number), false); // five bytes
        break;
      case FRAME.pushPromise:
        // A client must not send it, and we never allow a server to. RFC 9113 sections 6.6 and 8.4.
        throw unexpected('PUSH_PROMISE was not allowed');
      case FRAME.priorityUpdate:
        this.#priorityUpdate(streamId, bytes, start, end);
        break;
      default:
        this.#handler.onControlFrame(type); // unknown ones are ignored, but not without end. RFC 9113 section 5.5
    }
  }

  /** Whoever does not know HTTP/2 says so in the words of HTTP/1.1, which make no frame that anybody would send. RFC 9113 section 3.4. */
  #checkVersion(): void {
    if (this.#isServer || this.#hasSettings) return;
    const message = 'the server answers by HTTP/1.1: it does not speak HTTP/2 on this port';
    throw new Http2ProtocolError('LML_ERR_HTTP2_ANSWERED_BY_HTTP1', message);
  }

  // ---- DATA

  #startData(flags: number, streamId: number, length: number): void {
    if (streamId === 0) throw badStream('DATA belongs to a stream');
    this.#awaitsPadLength = (flags & FLAG.padded) !== 0;
    if (this.#awaitsPadLength && length === 0) throw badSize('a padded DATA frame needs a byte for the padding');
    this.#contentLeft = this.#awaitsPadLength ? length - 1 : length;
    if (length === 0 && (flags & FLAG.endStream) === 0) this.#handler.onControlFrame(FRAME.data);
    this.#isWanted = this.#handler.onDataStart(streamId, length);
  }

  // ---- field sections

  #headers(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw badStream('HEADERS belongs to a stream');
    let from = start;
    let to = end;
    if ((flags & FLAG.padded) !== 0) {
      if (from >= to) throw badSize('a padded HEADERS frame needs a byte for the padding');
      to -= bytes[from++] as number; // below `end`
    }
    if ((flags & FLAG.priority) !== 0) {
      if (to - from < 5) throw to < end ? badPadding() : badSize('HEADERS with a priority need 5 bytes for it');
      this.#handler.onPriority(streamId, wordAt(bytes, from), 1 + (bytes[from + 4] as number), true); // five bytes
      from += 5;
    }
    if (from > to) throw badPadding();
    const endStream = (flags & FLAG.endStream) !== 0;
    if ((flags & FLAG.endHeaders) !== 0) this.#decode(streamId, endStream, bytes, from, to);
    else {
      this.#section = { streamId, endStream, pieces: [copyOf(bytes, from, to)], byteCount: to - from };
      this.#sectionCount++;
    }
  }

  #continuation(flags: number, bytes: Uint8Array, start: number, end: number): void {
    const section = this.#section;
    if (section === undefined) throw unexpected('CONTINUATION stands behind no HEADERS');
    section.pieces.push(copyOf(bytes, start, end));
    section.byteCount += end - start;
    const maximum = this.#limits.maxHeaderListBytes;
    if (section.byteCount > maximum || section.pieces.length > MAX_SECTION_FRAMES) {
      const message = `a field section came in ${section.pieces.length} frames of ${section.byteCount} bytes, ${maximum} bytes in ${MAX_SECTION_FRAMES} are allowed`;
      throw new Http2ProtocolError('LML_ERR_HTTP2_HEADERS_TOO_LARGE', message, { errorCode: 'ENHANCE_YOUR_CALM' });
    }
    if ((flags & FLAG.endHeaders) === 0) return;
    this.#section = undefined;
    const block = joined(section.pieces, section.byteCount);
    this.#decode(section.streamId, section.endStream, block, 0, block.length);
  }

  #decode(streamId: number, endStream: boolean, bytes: Uint8Array, start: number, end: number): void {
    let fields: string[];
    try {
      fields = this.#hpack.decode(bytes, start, end);
    } catch (cause) {
      if (!(cause instanceof HpackError)) throw cause;
      const options = { errorCode: 'COMPRESSION_ERROR', streamId, cause } as const;
      throw new Http2ProtocolError('LML_ERR_HTTP2_BAD_COMPRESSION', cause.message, options);
    }
    const neverIndexed = neverIndexedNames(fields, this.#hpack.sensitive);
    this.#handler.onFields(streamId, fields, endStream, this.#hpack.tooLarge, neverIndexed);
  }

  // ---- the connection

  #settings(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId !== 0) throw badStream('SETTINGS belong to the connection');
    const length = end - start;
    if ((flags & FLAG.ack) !== 0) {
      if (length > 0) throw badSize('an acknowledgement of SETTINGS must be empty');
      this.#handler.onSettingsAck();
      return;
    }
    if (length % 6 !== 0) throw badSize('SETTINGS must have 6 bytes for each setting');
    if (length / 6 > MAX_SETTINGS) throw badSize(`SETTINGS has ${length / 6} settings, ${MAX_SETTINGS} are allowed`);
    if (this.#hasSettings) this.#handler.onControlFrame(FRAME.settings);
    this.#hasSettings = true;
    for (let at = start; at < end; at += 6) {
      const identifier = ((bytes[at] as number) << 8) | (bytes[at + 1] as number); // six bytes each
      this.#handler.onSetting(identifier, wordAt(bytes, at + 2));
    }
    this.#handler.onSettingsEnd();
  }

  #goaway(bytes: Uint8Array, start: number, end: number): void {
    const text = bytes.subarray(start + 8, Math.min(end, start + 8 + MAX_DEBUG_BYTES));
    const debugText = String.fromCharCode(...text);
    this.#handler.onGoaway(wordAt(bytes, start) & 0x7fff_ffff, wordAt(bytes, start + 4), debugText);
  }

  /** RFC 9218 section 7.1. */
  #priorityUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isServer) throw unexpected('a server must not send PRIORITY_UPDATE');
    if (streamId !== 0) throw badStream('PRIORITY_UPDATE belongs to the connection');
    if (end - start < 4) throw badSize('PRIORITY_UPDATE must have 4 bytes or more');
    const value = String.fromCharCode(...bytes.subarray(start + 4, Math.min(end, start + 4 + MAX_PRIORITY_BYTES)));
    this.#handler.onControlFrame(FRAME.priorityUpdate);
    this.#handler.onPriorityUpdate(wordAt(bytes, start) & 0x7fff_ffff, value);
  }
}

interface OpenSection {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly pieces: Uint8Array[];
  byteCount: number;
}

/** A copy, of a Buffer too, whose own `slice` makes none. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

function joined(pieces: readonly Uint8Array[], byteCount: number): Uint8Array {
  const whole = new Uint8Array(byteCount);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Four bytes that the caller knows to be there. @returns 0 to 2^32 - 1. */
function wordAt(bytes: Uint8Array, at: number): number {
  const low = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return (bytes[at] as number) * 0x100_0000 + low;
}

function badSize(message: string): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_FRAME_SIZE', message, { errorCode: 'FRAME_SIZE_ERROR' });
}

function badStream(message: string): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_STREAM_ID', message);
}

function badPadding(): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_PADDING', 'the padding of a frame is longer than the frame');
}

function unexpected(message: string): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_UNEXPECTED_FRAME', message);
}

/** :method, :scheme, :authority, :path and :protocol. */
const PSEUDO_FIELDS = 5;
/** Length, type and flags that "HTTP/" looks like. */
const HTTP1_ANSWER = [0x485454, 0x50, 0x2f] as const;
/** Frames that a field section may come in: small enough to notice who sends a byte in each. */
const MAX_SECTION_FRAMES = 64;
const MAX_SETTINGS = 64;
const MAX_DEBUG_BYTES = 200;
const MAX_PRIORITY_BYTES = 200;
