import type { ByteSink, ByteStream, CloseInfo, Connection, Pausable, TrackedResource } from '@lamella/net-core';
import { consumeStream, formatAddress, PeerAddress, toStreamError, trackResource } from '@lamella/net-core';
import type { AbortListener, AbortScope, Extensions, ForkOptions } from '@lamella/service-core';
import { LimitError, TimeoutError, UsageError } from '@lamella/service-core';
import type { WebSocketProtocolError } from '../errors.ts';
import { WebSocketClosedError } from '../errors.ts';
import type { CloseFrame } from '../framing/close-code.ts';
import { ABNORMAL, closePayload, isCloseCode } from '../framing/close-code.ts';
import type { Deflate } from '../framing/deflate.ts';
import type { FrameHandler } from '../framing/frame-reader.ts';
import { FrameReader } from '../framing/frame-reader.ts';
import { FrameWriter, PING, PONG } from '../framing/frame-writer.ts';
import type { ClosingHandshakeOwner } from './closing-handshake.ts';
import { ClosingHandshake } from './closing-handshake.ts';
import { ForkedWebSocket } from './forked-web-socket.ts';
import { KeepAlive } from './keep-alive.ts';
import type { MessageQueueOwner } from './message-queue.ts';
import { MessageQueue } from './message-queue.ts';
import type { OutboundOwner } from './outbound.ts';
import { Outbound } from './outbound.ts';
import type { WebSocketClose } from './web-socket-close.ts';
import type { WebSocketConnection, WebSocketData, WebSocketSendOptions } from './web-socket-connection.ts';
import { WebSocketDrain } from './web-socket-drain.ts';
import type { WebSocketSettings } from './web-socket-settings.ts';

/** What one {@link WebSocketDriver} has for itself. */
export interface WebSocketDriverOptions {
  readonly protocol: string;
  readonly deflate: Deflate | undefined;
  /** Gets pings and pongs, instead of an answer being sent. For relays. */
  readonly onControl?: (opcode: number, payload: Uint8Array) => void;
}

/**
 * Joins a byte stream, a reader and a writer of frames, and a clock.
 *
 * @remarks
 * After a violation nothing is read any more but the end, so that the close frame is not lost by a reset.
 */
export class WebSocketDriver
  implements WebSocketConnection, ByteSink, FrameHandler, MessageQueueOwner, OutboundOwner, ClosingHandshakeOwner
{
  readonly protocol: string;
  readonly extensions: Extensions<'connection'>;
  readonly scope: AbortScope;
  readonly closed: Promise<WebSocketClose>;
  readonly #settings: WebSocketSettings;
  readonly #deflate: Deflate | undefined;
  readonly #onControl: WebSocketDriverOptions['onControl'];
  readonly #stream: ByteStream;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  readonly #outbound: Outbound;
  readonly #queue: MessageQueue<WebSocketData>;
  readonly #closing: ClosingHandshake;
  readonly #keepAlive: KeepAlive;
  readonly #source: Pausable;
  readonly #resource: TrackedResource;
  readonly #registration: Disposable | undefined;
  readonly #abortListener: AbortListener;
  #isDiscarding = false;
  #isPaused = false;
  #isOver = false;
  #isDestroyed = false;
  #error: unknown;
  #laterPong: Uint8Array | undefined;

  constructor(connection: Connection, settings: WebSocketSettings, options: WebSocketDriverOptions) {
    const { role, receivers, timeouts, clock, lifecycle } = settings;
    const { protocol, deflate, onControl } = options;
    this.#settings = settings;
    this.#deflate = deflate;
    this.#onControl = onControl;
    this.protocol = protocol;
    this.extensions = connection.extensions;
    this.scope = connection.scope;
    this.#stream = connection.stream;
    this.closed = this.#stream.closed.then((info) => this.#finish(info));
    this.#queue = new MessageQueue(this);
    if (deflate !== undefined) this.#holdBack(deflate);
    this.#reader = new FrameReader(this, receivers, deflate);
    this.#outbound = new Outbound(this.#stream, this);
    this.#writer = new FrameWriter(this.#outbound, { isClient: role === 'client', deflate });
    this.#closing = new ClosingHandshake(this.#stream, this.#writer, this.#queue, settings, this);
    this.#resource = trackResource('websocket', describeWebSocket, this);
    this.#source = consumeStream(this.#stream, this);
    this.#keepAlive = new KeepAlive(clock, timeouts, this);
    this.#registration = lifecycle?.register(new WebSocketDrain(this));
    this.#abortListener = this.scope.onAbort((reason) => this.destroy(reason));
  }

  /** Which end this is. */
  get role(): 'server' | 'client' {
    return this.#settings.role;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get isCompressed(): boolean {
    return this.#deflate !== undefined;
  }

  get state(): WebSocketConnection['state'] {
    if (this.#isOver) return 'closed';
    return this.#closing.first === undefined ? 'open' : 'closing';
  }

  get bufferedBytes(): number {
    return this.#outbound.bufferedBytes + this.#writer.waitingBytes;
  }

  receive(options?: { readonly signal?: AbortSignal }): Promise<WebSocketData | undefined> {
    if (this.#queue.isWaitedFor) return Promise.reject(new UsageError('cannot receive: another call is waiting'));
    return this.#queue.take(options?.signal);
  }

  send(data: WebSocketData, options?: WebSocketSendOptions): Promise<void> | undefined {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new UsageError(`a message is a string or a Uint8Array, got ${typeof data}`);
    }
    const refusal = this.#refusal();
    if (refusal !== undefined) return quietRejection(refusal);
    this.#keepAlive.used();
    return this.#writer.message(data, options?.compress !== false);
  }

  ping(payload: Uint8Array = NOTHING): Promise<void> | undefined {
    return this.#control(PING, payload);
  }

  /** Sends a pong of its own accord. For relays. */
  pong(payload: Uint8Array): Promise<void> | undefined {
    return this.#control(PONG, payload);
  }

  /** The close frame that came first, if any has. For relays. */
  get firstClose(): CloseFrame | undefined {
    return this.#closing.first;
  }

  /** Closes as another WebSocket was closed, even without a code. For relays. */
  passClose(frame: CloseFrame): void {
    if (isCloseCode(frame.code)) void this.close(frame.code, frame.reason);
    else {
      this.#isDiscarding = true;
      this.#queue.end();
      this.#closing.send(frame);
      this.#updateFlow();
    }
  }

  close(code = 1000, reason = ''): Promise<WebSocketClose> {
    const payload = closePayload({ code, reason });
    this.#isDiscarding = true;
    this.#queue.end();
    if (this.#closing.hasReceived) this.#closing.answer();
    else this.#closing.send({ code, reason }, payload);
    this.#updateFlow();
    return this.closed;
  }

  destroy(reason?: unknown): void {
    if (this.#isOver) return;
    this.#isDestroyed = true;
    this.#error ??= reason;
    this.#stream.destroy(reason);
  }

  fork(options: ForkOptions<'connection'>): WebSocketConnection {
    return new ForkedWebSocket(this, options);
  }

  [Symbol.asyncIterator](): AsyncIterator<WebSocketData> {
    return {
      next: async () => {
        const value = await this.receive();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Closes because this side ends. */
  startDrain(): void {
    this.#closing.send({ code: 1001, reason: '' });
  }

  // ---- KeepAliveSubject

  get isListening(): boolean {
    return !this.#isPaused;
  }

  sendPing(): void {
    if (this.state === 'open') void this.#writer.control(PING, NOTHING);
  }

  onSilent(): void {
    this.destroy(timeoutError('pongTimeoutMs', this.#settings.timeouts.pongTimeoutMs));
  }

  onIdle(): void {
    this.#error ??= timeoutError('idleTimeoutMs', this.#settings.timeouts.idleTimeoutMs);
    void this.close(1001, 'idle for too long');
  }

  // ---- ByteSink

  onBytes(chunk: Uint8Array): 'kept' | undefined {
    this.#keepAlive.heard();
    // The reader unmasks in place and keeps what it gives out, so short chunks are copied.
    const isKept = chunk.length >= KEEP_FROM_BYTES;
    this.#reader.read(isKept ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.from(chunk));
    this.#updateFlow();
    return isKept ? 'kept' : undefined;
  }

  onEnd(): void {
    this.#closing.receiveEnd();
  }

  // ---- FrameHandler

  onMessage(data: Buffer, isBinary: boolean): void {
    this.#keepAlive.used();
    if (!this.#isDiscarding) this.#queue.push(isBinary ? data : data.toString(), data.length);
  }

  onPing(payload: Buffer): void {
    if (this.#onControl !== undefined) this.#passControl(PING, payload);
    // RFC 6455 section 5.5.3: the answer to the last ping is enough, so that a peer that reads nothing piles up no answers.
    else if (this.#outbound.isBlocked) this.#laterPong = payload;
    else if (!this.#closing.hasSent) void this.#writer.control(PONG, payload);
  }

  onPong(payload: Buffer): void {
    if (this.#onControl !== undefined) this.#passControl(PONG, payload);
  }

  onCloseFrame(code: number, reason: string): void {
    this.#isDiscarding = true;
    this.#queue.end();
    this.#closing.receive({ code, reason });
    this.#updateFlow();
  }

  onViolation(error: WebSocketProtocolError): void {
    this.#error ??= error;
    this.#isDiscarding = true;
    this.#queue.end({ error });
    this.#closing.send({ code: error.closeCode, reason: '' });
    this.#closing.endWrite();
    this.#updateFlow();
  }

  onReady(): void {
    this.#updateFlow();
  }

  // ---- MessageQueueOwner

  onAsked(): void {
    if (this.#closing.hasReceived) this.#closing.answerInTurn();
    this.#updateFlow();
  }

  // ---- ClosingHandshakeOwner

  onClosing(): void {
    this.#keepAlive.stop();
  }

  onCloseTimeout(error: TimeoutError): void {
    this.#error ??= error;
    this.#stream.destroy();
  }

  // ---- OutboundOwner

  onDrained(): void {
    const payload = this.#laterPong;
    this.#laterPong = undefined;
    if (payload !== undefined && !this.#closing.hasSent) void this.#writer.control(PONG, payload);
  }

  toWriteError(cause: unknown): unknown {
    return this.#error ?? this.#closedError('the WebSocket ended before the peer had taken all', cause);
  }

  // ---- inside

  #holdBack(deflate: Deflate): void {
    deflate.holdBackBy(() => (this.#isDiscarding ? undefined : this.#queue.whenRoom()));
  }

  #closedError(message: string, cause?: unknown): WebSocketClosedError {
    return new WebSocketClosedError(message, { close: this.#closing.outcome('remote'), cause });
  }

  #refusal(): unknown {
    if (this.#isOver || this.#closing.hasSent) {
      return this.#closedError(`the WebSocket is ${this.state}`);
    }
    const { maxBufferedBytes } = this.#settings.limits;
    if (this.bufferedBytes <= maxBufferedBytes) return undefined;
    // A message that is left out can't be made up for: the connection ends with it.
    const error = new LimitError({
      limit: 'maxBufferedBytes',
      maximum: maxBufferedBytes,
      observed: this.bufferedBytes,
      facts: { layer: 'websocket', phase: 'send' },
    });
    this.destroy(error);
    return error;
  }

  /** Through a relay somebody else keeps alive by it. */
  #passControl(opcode: number, payload: Buffer): void {
    this.#keepAlive.used();
    this.#onControl?.(opcode, payload);
  }

  #control(opcode: number, payload: Uint8Array): Promise<void> | undefined {
    if (payload.length > MAX_CONTROL_BYTES) {
      throw new UsageError(`a control frame has at most ${MAX_CONTROL_BYTES} bytes, got ${payload.length}`);
    }
    const refusal = this.#refusal();
    if (refusal !== undefined) return quietRejection(refusal);
    if (this.#onControl !== undefined) this.#keepAlive.used();
    return this.#writer.control(opcode, payload);
  }

  /** Reads as long as there is room for what comes. */
  #updateFlow(): void {
    const isPaused = this.#reader.isBusy || !(this.#isDiscarding || this.#queue.hasRoom);
    if (isPaused === this.#isPaused || this.#isOver) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#source.pause();
    else this.#source.resume();
  }

  #finish(info: CloseInfo): WebSocketClose {
    this.#isOver = true;
    this.#isDiscarding = true;
    this.#closing.stop();
    this.#keepAlive.stop();
    this.#abortListener.close();
    const close = this.#closeOf(info);
    const failure = this.#error ?? new WebSocketClosedError(whyEnded(close), { close, cause: close.error });
    this.#reader.stop();
    this.#writer.stop(failure);
    this.#deflate?.close();
    this.#queue.end(close.wasClean ? {} : { error: failure });
    this.#resource.release();
    this.#registration?.[Symbol.dispose]();
    return close;
  }

  #closeOf(info: CloseInfo): WebSocketClose {
    const outcome = this.#closing.outcome(this.#isDestroyed ? 'local' : 'remote');
    const isBroken = info.reason !== 'eof' && info.reason !== 'shutdown';
    const error = this.#error ?? (isBroken && !outcome.wasClean ? toStreamError(info) : undefined);
    return error === undefined ? outcome : { ...outcome, error };
  }
}

function whyEnded({ code, wasClean }: WebSocketClose): string {
  if (code === ABNORMAL) return 'the WebSocket ended without a close frame';
  return wasClean ? 'the WebSocket is closed' : 'the peer left without a close frame of its own';
}

function timeoutError(limit: string, timeoutMs: number): TimeoutError {
  return new TimeoutError({ limit, timeoutMs, facts: { layer: 'websocket' } });
}

function quietRejection(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => {}); // ignoring it is safe
  return rejection;
}

function describeWebSocket({ role, extensions }: WebSocketDriver): string {
  const peer = extensions.get(PeerAddress);
  return `a ${role}'s WebSocket with ${peer === undefined ? 'an unknown peer' : formatAddress(peer)}`;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const MAX_CONTROL_BYTES = 125;
const KEEP_FROM_BYTES = 16 * 1024;
