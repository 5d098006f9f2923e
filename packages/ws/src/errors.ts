import type { HttpHeaders } from '@lamella/http';
import type { LamellaErrorOptions, ProtocolErrorOptions } from '@lamella/service-core';
import { LamellaError, ProtocolError } from '@lamella/service-core';
import type { WebSocketClose } from './connection/web-socket-close.ts';

/** Every `code` of a {@link WebSocketProtocolError}. Minor releases may add codes, never remove one. */
export type WebSocketProtocolErrorCode =
  | 'LML_ERR_WEBSOCKET_BAD_FRAME'
  | 'LML_ERR_WEBSOCKET_BAD_CLOSE'
  | 'LML_ERR_WEBSOCKET_BAD_UTF8'
  | 'LML_ERR_WEBSOCKET_BAD_DEFLATE'
  | 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE'
  | 'LML_ERR_WEBSOCKET_TOO_MANY_PARTS';

/** The peer sent bytes that RFC 6455 forbids, or more than a limit allows. The connection has been failed with `closeCode`. */
export class WebSocketProtocolError extends ProtocolError {
  static {
    WebSocketProtocolError.prototype.name = 'WebSocketProtocolError';
  }

  readonly code: WebSocketProtocolErrorCode;

  constructor(code: WebSocketProtocolErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }

  /** The code of the close frame that the peer gets. RFC 6455 section 7.4.1. */
  get closeCode(): number {
    return CLOSE_CODES[this.code];
  }
}

const CLOSE_CODES: Readonly<Record<WebSocketProtocolErrorCode, number>> = {
  LML_ERR_WEBSOCKET_BAD_FRAME: 1002,
  LML_ERR_WEBSOCKET_BAD_CLOSE: 1002,
  LML_ERR_WEBSOCKET_BAD_UTF8: 1007,
  LML_ERR_WEBSOCKET_BAD_DEFLATE: 1007,
  LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE: 1009,
  LML_ERR_WEBSOCKET_TOO_MANY_PARTS: 1008,
};

/** Options of {@link WebSocketClosedError}. */
export interface WebSocketClosedErrorOptions extends LamellaErrorOptions {
  /** How the connection ended, or is ending. */
  readonly close: WebSocketClose;
}

/** A WebSocket was written to after its end had begun, or ended without a close frame while somebody waited for a message. */
export class WebSocketClosedError extends LamellaError {
  static {
    WebSocketClosedError.prototype.name = 'WebSocketClosedError';
  }

  readonly code = 'LML_ERR_WEBSOCKET_CLOSED';
  /** How the connection ended, or is ending. */
  readonly close: WebSocketClose;

  constructor(message: string, options: WebSocketClosedErrorOptions) {
    super(message, options);
    this.close = options.close;
  }
}

/** Every `code` of a {@link WebSocketHandshakeError}. Minor releases may add codes, never remove one. */
export type WebSocketHandshakeErrorCode =
  | 'LML_ERR_WEBSOCKET_HANDSHAKE_REFUSED'
  | 'LML_ERR_WEBSOCKET_HANDSHAKE_BAD_UPGRADE'
  | 'LML_ERR_WEBSOCKET_HANDSHAKE_BAD_ACCEPT'
  | 'LML_ERR_WEBSOCKET_HANDSHAKE_BAD_PROTOCOL'
  | 'LML_ERR_WEBSOCKET_HANDSHAKE_BAD_EXTENSION';

/** Options of {@link WebSocketHandshakeError}. */
export interface WebSocketHandshakeErrorOptions extends LamellaErrorOptions {
  /** Status of the response. */
  readonly status: number;
  /** Fields of the response. */
  readonly headers: HttpHeaders;
  /** The beginning of its content, as text. Default: none. */
  readonly bodyExcerpt?: string;
}

/** The server did not answer the opening handshake as a WebSocket server has to. */
export class WebSocketHandshakeError extends LamellaError {
  static {
    WebSocketHandshakeError.prototype.name = 'WebSocketHandshakeError';
  }

  readonly code: WebSocketHandshakeErrorCode;
  /** Status of the response. */
  readonly status: number;
  /** Fields of the response, such as `Location` or `WWW-Authenticate`. */
  readonly headers: HttpHeaders;
  /** The beginning of its content, as text; at most 4,096 bytes of it. */
  readonly bodyExcerpt: string;

  constructor(code: WebSocketHandshakeErrorCode, message: string, options: WebSocketHandshakeErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.headers = options.headers;
    this.bodyExcerpt = options.bodyExcerpt ?? '';
  }
}
