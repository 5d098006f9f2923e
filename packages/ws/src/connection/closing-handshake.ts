import type { ByteStream } from '@lamella/net-core';
import type { Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { CloseFrame } from '../framing/close-code.ts';
import { ABNORMAL, closePayload, isCloseCode, NO_CODE } from '../framing/close-code.ts';
import type { FrameWriter } from '../framing/frame-writer.ts';
import { CLOSE } from '../framing/frame-writer.ts';
import type { MessageQueue } from './message-queue.ts';
import type { WebSocketClose } from './web-socket-close.ts';
import type { WebSocketSettings } from './web-socket-settings.ts';

/** Whose connection a {@link ClosingHandshake} ends. */
export interface ClosingHandshakeOwner {
  /** A close frame has come or gone. */
  onClosing(): void;
  /** What was missing has not come in time. */
  onCloseTimeout(error: TimeoutError): void;
}

/**
 * The end of a WebSocket. RFC 6455 section 7.
 *
 * @remarks
 * Each side sends one close frame; then the server ends its direction, and the client follows. Whatever is missing after
 * `closeTimeoutMs` is not waited for.
 */
export class ClosingHandshake {
  readonly #stream: Pick<ByteStream, 'closeWrite' | 'destroy'>;
  readonly #writer: Pick<FrameWriter, 'control'>;
  readonly #queue: Pick<MessageQueue<unknown>, 'isAtWork' | 'isEmpty'>;
  readonly #settings: Pick<WebSocketSettings, 'role' | 'timeouts' | 'clock'>;
  readonly #owner: ClosingHandshakeOwner;
  #first: (CloseFrame & Pick<WebSocketClose, 'initiator'>) | undefined;
  #hasSent = false;
  #hasReceived = false;
  #hasPeerEnded = false;
  #isOver = false;
  #timer: Timer | undefined;
  #written: Promise<void> | undefined;

  /** @param queue - Messages of the peer that may still be answered when its close frame comes. */
  constructor(
    stream: Pick<ByteStream, 'closeWrite' | 'destroy'>,
    writer: Pick<FrameWriter, 'control'>,
    queue: Pick<MessageQueue<unknown>, 'isAtWork' | 'isEmpty'>,
    settings: Pick<WebSocketSettings, 'role' | 'timeouts' | 'clock'>,
    owner: ClosingHandshakeOwner,
  ) {
    this.#stream = stream;
    this.#writer = writer;
    this.#queue = queue;
    this.#settings = settings;
    this.#owner = owner;
  }

  /** The close frame that came first, if any has. */
  get first(): CloseFrame | undefined {
    return this.#first;
  }

  get hasSent(): boolean {
    return this.#hasSent;
  }

  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  /** @param initiator - Who has ended it, if no close frame says so. */
  outcome(initiator: WebSocketClose['initiator']): WebSocketClose {
    const first = this.#first ?? { code: ABNORMAL, reason: '', initiator };
    return { ...first, wasClean: this.#hasSent && this.#hasReceived };
  }

  /** Sends our close frame, once. */
  send(frame: CloseFrame, payload: Uint8Array = answerPayload(frame.code)): void {
    if (this.#hasSent || this.#isOver) return;
    this.#hasSent = true;
    this.#first ??= { ...frame, initiator: 'local' };
    this.#owner.onClosing();
    this.#timer?.cancel();
    const { clock, timeouts } = this.#settings;
    const { closeTimeoutMs } = timeouts;
    this.#timer = clock.startTimer(closeTimeoutMs, () => {
      const facts = { layer: 'websocket' };
      this.#owner.onCloseTimeout(new TimeoutError({ limit: 'closeTimeoutMs', timeoutMs: closeTimeoutMs, facts }));
    });
    this.#written = this.#writer.control(CLOSE, payload);
    if (this.#hasPeerEnded) this.endWrite();
  }

  /** The peer has sent its close frame. */
  receive(frame: CloseFrame): void {
    this.#hasReceived = true;
    this.#first ??= { ...frame, initiator: 'remote' };
    this.#owner.onClosing();
    const { clock, timeouts } = this.#settings;
    if (!this.#hasSent) this.#timer = clock.startTimer(timeouts.closeTimeoutMs, () => this.answer());
    this.answerInTurn();
  }

  /** The peer has ended its direction. */
  receiveEnd(): void {
    // An end without close frames is no good end, even if the peer meant it.
    if (this.#hasSent) this.endWrite();
    else if (this.#hasReceived)
      this.#hasPeerEnded = true; // messages before its close may still be answered
    else this.#stream.destroy();
  }

  /** Messages before the close may still be answered: those that wait, and the last one in the turn in which it was taken. */
  answerInTurn(): void {
    // Who has sent its own can't answer them any more, and would wait for nothing.
    if (this.#hasSent || !this.#queue.isAtWork) this.answer();
    else if (this.#queue.isEmpty) setImmediate(() => this.answer());
  }

  /** Answers the close frame of the peer. */
  answer(): void {
    const { code = NO_CODE } = this.#first ?? {};
    this.send({ code, reason: '' });
    if (this.#settings.role === 'server') this.endWrite();
  }

  /** Ends this direction, behind the close frame. */
  endWrite(): void {
    if (this.#written === undefined) void this.#stream.closeWrite();
    else
      this.#written.then(
        () => this.#stream.closeWrite(),
        () => {}, // the stream is gone
      );
  }

  /** The stream has ended. */
  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }
}

/** The answer to a close frame has its code; none, if that had none. RFC 6455 section 5.5.1. */
function answerPayload(code: number): Uint8Array {
  return isCloseCode(code) ? closePayload({ code, reason: '' }) : NOTHING;
}

const NOTHING: Uint8Array = new Uint8Array(0);
