import type { WebSocketProtocolErrorCode } from '../errors.ts';
import { WebSocketProtocolError } from '../errors.ts';
import type { FrameReceiver, ReceiverPool, ReceiverUser } from './receiver-pool.ts';
import type { WsInflate } from './ws-library.ts';

/** Hears what a {@link FrameReader} reads. */
export interface FrameHandler {
  /** A whole message; the memory is the handler's. Text is valid UTF-8. */
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /** The peer's close frame; nothing is read after it. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer broke a rule or a limit; nothing is read after that. */
  onViolation(error: WebSocketProtocolError): void;
  /** A chunk that took time, because messages had to be inflated, is used up. */
  onReady(): void;
}

/** Takes bytes, and tells of messages and control frames. RFC 6455 section 5; the frames are read by `ws`. */
export class FrameReader implements ReceiverUser {
  readonly #handler: FrameHandler;
  readonly #receivers: ReceiverPool;
  /** The receiver that is in the middle of something; one that inflates stays for good. */
  #receiver: FrameReceiver | undefined;
  readonly #isInflating: boolean;
  #isFeeding = false;
  #isBusy = false;
  #isOver = false;

  constructor(handler: FrameHandler, receivers: ReceiverPool, inflate: WsInflate | undefined) {
    this.#handler = handler;
    this.#receivers = receivers;
    if (inflate !== undefined) this.#receiver = receivers.inflating(this, inflate);
    this.#isInflating = inflate !== undefined;
  }

  /** Whether it still works on the last chunk: then it must not get another one before `onReady`. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Takes bytes, which are its own from now on. */
  read(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#isBusy = true;
    this.#isFeeding = true;
    this.#receiver ??= this.#receivers.take(this);
    this.#receiver.read(chunk);
    this.#isFeeding = false;
    this.#letGo(this.#receiver);
  }

  // ---- from the receiver

  onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.#isOver) this.#handler.onMessage(data, isBinary);
  }

  onPing(data: Buffer): void {
    if (!this.#isOver) this.#handler.onPing(data);
  }

  onPong(data: Buffer): void {
    if (!this.#isOver) this.#handler.onPong(data);
  }

  onConclude(code: number, reason: Buffer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onCloseFrame(code, reason.toString());
  }

  onUsed(error: Error | null | undefined): void {
    this.#isBusy = false;
    if (error !== null && error !== undefined) this.#violated(error);
    else if (!this.#isFeeding) this.#handler.onReady();
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#isOver = true;
  }

  // ---- inside

  #letGo(receiver: FrameReceiver): void {
    if (this.#isInflating) return;
    if (this.#isOver) this.#receiver = undefined;
    else if (receiver.isBetweenMessages) {
      this.#receiver = undefined;
      this.#receivers.giveBack(receiver);
    }
  }

  #violated(cause: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { code = '' } = cause as { code?: string }; // the errors of ws and of zlib have one
    this.#handler.onViolation(new WebSocketProtocolError(codeOf(code), cause.message, { cause }));
  }
}

function codeOf(code: string): WebSocketProtocolErrorCode {
  if (code.startsWith('Z_')) return 'LML_ERR_WEBSOCKET_BAD_DEFLATE';
  return CODES[code] ?? 'LML_ERR_WEBSOCKET_BAD_FRAME';
}

const CODES: Readonly<Record<string, WebSocketProtocolErrorCode>> = {
  WS_ERR_INVALID_CLOSE_CODE: 'LML_ERR_WEBSOCKET_BAD_CLOSE',
  WS_ERR_INVALID_UTF8: 'LML_ERR_WEBSOCKET_BAD_UTF8',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'LML_ERR_WEBSOCKET_TOO_MANY_PARTS',
};
