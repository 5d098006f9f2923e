import type { WebSocketProtocolErrorCode } from '../errors.ts';
import { WebSocketProtocolError } from '../errors.ts';
import type { WsInflate, WsReceiver } from './ws-library.ts';
import { Receiver } from './ws-library.ts';

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

/** What a {@link FrameReader} allows. */
export interface FrameReaderOptions {
  readonly isServer: boolean;
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
  readonly inflate: WsInflate | undefined;
}

/** Takes bytes, and tells of messages and control frames. RFC 6455 section 5; the frames are read by `ws`. */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #receiver: OwnedReceiver;
  readonly #onUsed: (error?: Error | null) => void;
  #isFeeding = false;
  #isBusy = false;
  #isOver = false;

  constructor(handler: FrameHandler, options: FrameReaderOptions) {
    const { isServer, maxMessageBytes, maxFragments, inflate } = options;
    this.#handler = handler;
    this.#receiver = new Receiver({
      isServer,
      maxPayload: maxMessageBytes,
      maxFragments,
      // A message that comes in tiny pieces must not weigh a hundred times its size.
      maxBufferedChunks: Math.max(MIN_CHUNKS, Math.ceil(maxMessageBytes / MIN_MEAN_CHUNK_BYTES)),
      extensions: inflate === undefined ? {} : { 'permessage-deflate': inflate },
    });
    this.#receiver[READER] = this;
    for (const [event, listener] of LISTENERS) this.#receiver.on(event, listener);
    this.#onUsed = (error) => this.#used(error);
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
    this.#receiver._write(chunk, 'buffer', this.#onUsed);
    this.#isFeeding = false;
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

  /** Tells nothing any more. */
  stop(): void {
    this.#isOver = true;
  }

  #used(error: Error | null | undefined): void {
    this.#isBusy = false;
    if (error !== null && error !== undefined) this.#violated(error);
    else if (!this.#isFeeding) this.#handler.onReady();
  }

  #violated(cause: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { code = '' } = cause as { code?: string }; // the errors of ws and of zlib have one
    this.#handler.onViolation(new WebSocketProtocolError(codeOf(code), cause.message, { cause }));
  }
}

/** Under which a receiver knows its reader. */
const READER: unique symbol = Symbol('lamella frame reader');

type OwnedReceiver = WsReceiver & { [READER]?: FrameReader };

/** The same functions for all: most WebSockets of a server are idle, and four closures on each would weigh something. */
const LISTENERS = Object.entries({
  message(this: OwnedReceiver, data: Buffer, isBinary: boolean): void {
    this[READER]?.onMessage(data, isBinary);
  },
  ping(this: OwnedReceiver, data: Buffer): void {
    this[READER]?.onPing(data);
  },
  pong(this: OwnedReceiver, data: Buffer): void {
    this[READER]?.onPong(data);
  },
  conclude(this: OwnedReceiver, code: number, reason: Buffer): void {
    this[READER]?.onConclude(code, reason);
  },
});

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
const MIN_CHUNKS = 16_384;
const MIN_MEAN_CHUNK_BYTES = 512;
