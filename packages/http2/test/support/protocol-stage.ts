import { returnPage } from '../../src/codec/frames/output-pages.ts';
import type { Http2Event } from '../../src/protocol/http2-events.ts';
import type { Http2Limits } from '../../src/protocol/http2-limits.ts';
import { fullHttp2Limits } from '../../src/protocol/http2-limits.ts';
import { Http2Protocol } from '../../src/protocol/http2-protocol.ts';
import type { Http2Stream } from '../../src/protocol/http2-stream.ts';
import type { Http2Timeouts } from '../../src/protocol/http2-timeouts.ts';
import { fullHttp2Timeouts } from '../../src/protocol/http2-timeouts.ts';
import { FrameReader, fieldsText } from './frame-reader.ts';
import { PREFACE, SETTINGS_ACK, settings } from './frames.ts';

/** Options of {@link ProtocolStage}. */
export interface ProtocolStageOptions {
  readonly limits?: Partial<Http2Limits>;
  readonly timeouts?: Partial<Http2Timeouts>;
  /** In what pieces input comes, in bytes. Default: as it stands. */
  readonly pieceBytes?: number;
  /** What the peer says first. Default: empty SETTINGS, and the acknowledgement of ours. */
  readonly greeting?: readonly Uint8Array[];
}

/**
 * A protocol on a stage: frames of a scripted peer go in, its events and frames come out as lines. Time stands still unless it is
 * moved on.
 */
export class ProtocolStage {
  readonly protocol: Http2Protocol<string>;
  readonly reader: FrameReader = new FrameReader();
  /** Streams that have come up in events or were opened, by identifier. */
  readonly streams: Map<number, Http2Stream<string>> = new Map();
  nowMs = 1_000;
  /** All events so far; content that they hold is gone. */
  readonly seen: Http2Event<string>[] = [];
  /** What the last event that had an error said. */
  lastError: unknown;
  /** Content that is consumed as it comes; set false to let it lie. */
  readsBodies = true;
  readonly #pieceBytes: number;
  #events: string[] = [];
  #frames: string[] = [];

  constructor(role: 'client' | 'server', options: ProtocolStageOptions = {}) {
    const { limits, timeouts, pieceBytes = Number.POSITIVE_INFINITY, greeting = [settings(), SETTINGS_ACK] } = options;
    this.#pieceBytes = pieceBytes;
    this.protocol = new Http2Protocol(
      { role, limits: fullHttp2Limits(limits), timeouts: fullHttp2Timeouts(role, timeouts) },
      this.nowMs,
    );
    if (role === 'client') this.#dropPreface();
    else if (greeting.length > 0) this.receive(PREFACE);
    if (greeting.length === 0) return;
    this.receive(...greeting);
    this.takeFrames();
    this.takeEvents();
  }

  /** Bytes come from the peer. */
  receive(...frames: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(frames);
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) {
      const piece = Buffer.from(bytes.subarray(at, Math.min(bytes.length, at + this.#pieceBytes)));
      this.protocol.receiveBytes(piece, this.nowMs);
      this.#drain();
      piece.fill(0xaa); // borrowed bytes are the caller's again
    }
  }

  /** A command from above. */
  command(run: (protocol: Http2Protocol<string>, nowMs: number) => void): void {
    run(this.protocol, this.nowMs);
    this.#drain();
  }

  /** Opens a stream as a client. */
  open(fields: readonly string[], endStream = true, isHead = false): Http2Stream<string> {
    const stream = this.protocol.openStream(fields, endStream, isHead, this.nowMs);
    this.streams.set(stream.id, stream);
    this.#drain();
    return stream;
  }

  /** A stream that has come up. */
  stream(id: number): Http2Stream<string> {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Error(`there is no stream ${id}`);
    return stream;
  }

  /** Time passes; deadlines strike at their times. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (let dueMs = this.protocol.nextTimeoutMs(); dueMs <= untilMs; dueMs = this.protocol.nextTimeoutMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.protocol.handleTimeout(this.nowMs);
      this.#drain();
      if (this.protocol.nextTimeoutMs() <= this.nowMs) throw new Error('a deadline stands in the past');
    }
    this.nowMs = untilMs;
  }

  /** Takes the frames that were written since the last time; WINDOW_UPDATE only if asked for. */
  takeFrames(withUpdates = false): string[] {
    const frames = this.#frames.filter((line) => withUpdates || !line.startsWith('WINDOW_UPDATE'));
    this.#frames = [];
    return frames;
  }

  /** Takes the events since the last time. */
  takeEvents(): string[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #dropPreface(): void {
    const output = Buffer.concat(this.protocol.takeOutput(65_536).map((chunk) => Buffer.from(chunk)));
    if (!output.subarray(0, PREFACE.length).equals(PREFACE)) throw new Error('the client sends no preface');
    this.#frames.push(...this.reader.read(output.subarray(PREFACE.length)));
  }

  /** Takes all events and all output, as a driver does at the end of its turn. */
  #drain(): void {
    for (let event = this.protocol.nextEvent(); event !== undefined; event = this.protocol.nextEvent()) {
      if ('stream' in event) this.streams.set(event.stream.id, event.stream);
      this.#note(event);
      if (event.type === 'data' && this.readsBodies) {
        this.protocol.consume(event.stream, event.bytes.length, this.nowMs);
      }
    }
    while (this.protocol.hasOutput) {
      const chunks = this.protocol.takeOutput(65_536);
      if (chunks.length === 0) throw new Error('there was to be output, and is none');
      for (const chunk of chunks) {
        this.#frames.push(...this.reader.read(chunk));
        chunk.fill(0xaa); // nobody may look at it again
        returnPage(chunk);
      }
      for (let event = this.protocol.nextEvent(); event !== undefined; event = this.protocol.nextEvent()) {
        this.#note(event);
      }
    }
  }

  #note(event: Http2Event<string>): void {
    const line = eventLine(event);
    this.seen.push(event);
    if ('error' in event) this.lastError = event.error;
    const last = this.#events.at(-1);
    // How content is cut depends on how the input was.
    if (event.type === 'data' && last?.startsWith(`data ${event.stream.id} `)) {
      this.#events[this.#events.length - 1] = last + Buffer.from(event.bytes).toString('latin1');
    } else this.#events.push(line);
  }
}

/** An event as a line, such as `request 1 GET https a.test / a=b`, `data 1 abc` or `reset 1 8`. */
function eventLine(event: Http2Event<string>): string {
  switch (event.type) {
    case 'request': {
      const { method, scheme, authority, path, protocol, fields } = event.head;
      const rest = fieldsText(fields.slice(2)); // the first one is Host, which says the authority again
      const parts = [method, scheme, authority, path, protocol, rest, event.hasBody ? '+body' : ''];
      return ['request', event.stream.id, ...parts.filter((part) => part !== undefined && part !== '')].join(' ');
    }
    case 'response': {
      const parts = [event.head.status, fieldsText(event.head.fields), event.hasBody ? '+body' : ''];
      return ['response', event.stream.id, ...parts.filter((part) => part !== '')].join(' ');
    }
    case 'data':
      return `data ${event.stream.id} ${Buffer.from(event.bytes).toString('latin1')}`;
    case 'end':
      return `end ${event.stream.id}${event.trailers === undefined ? '' : ` ${fieldsText(event.trailers)}`}`;
    case 'reset':
      return `reset ${event.stream.id} ${event.errorCode}`;
    case 'stream-failed':
      return `stream-failed ${event.stream.id} ${event.error.code}`;
    case 'sent':
    case 'cut':
    case 'unprocessed':
      return `${event.type} ${event.stream.id}`;
    case 'goaway':
      return `goaway ${event.errorCode} ${event.debugText}`;
    case 'failed':
      return `failed ${event.errorCode} ${event.error.code}`;
    case 'capacity':
    case 'closed':
      return event.type;
  }
}
