import type { LamellaErrorOptions, ProtocolErrorOptions } from '@lamella/service-core';
import { LamellaError, ProtocolError } from '@lamella/service-core';
import type { Http2ErrorCode } from './codec/error-code.ts';
import { errorCodeName } from './codec/error-code.ts';

/** Every `code` of an {@link Http2ProtocolError}. Minor releases may add codes, never remove one. */
export type Http2ProtocolErrorCode =
  | 'LML_ERR_HTTP2_BAD_PREFACE'
  | 'LML_ERR_HTTP2_ANSWERED_BY_HTTP1'
  | 'LML_ERR_HTTP2_BAD_FRAME_SIZE'
  | 'LML_ERR_HTTP2_BAD_STREAM_ID'
  | 'LML_ERR_HTTP2_BAD_PADDING'
  | 'LML_ERR_HTTP2_BAD_SETTING'
  | 'LML_ERR_HTTP2_BAD_WINDOW'
  | 'LML_ERR_HTTP2_BAD_PRIORITY'
  | 'LML_ERR_HTTP2_UNEXPECTED_FRAME'
  | 'LML_ERR_HTTP2_STREAM_CLOSED'
  | 'LML_ERR_HTTP2_BAD_COMPRESSION'
  | 'LML_ERR_HTTP2_MALFORMED_MESSAGE'
  | 'LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH'
  | 'LML_ERR_HTTP2_HEADERS_TOO_LARGE'
  | 'LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND';

/** Options of {@link Http2ProtocolError}. */
export interface Http2ProtocolErrorOptions extends ProtocolErrorOptions {
  /** What it ends. Default `'connection'`. */
  readonly scope?: 'connection' | 'stream';
  /** What the peer is told. Default `'PROTOCOL_ERROR'`. */
  readonly errorCode?: Http2ErrorCode;
  /** The stream that it happened on; 0 for the connection. Default 0. */
  readonly streamId?: number;
}

/** The peer sent, or we were asked to send, what HTTP/2 forbids. */
export class Http2ProtocolError extends ProtocolError {
  static {
    Http2ProtocolError.prototype.name = 'Http2ProtocolError';
  }

  readonly code: Http2ProtocolErrorCode;
  /** `stream`: RST_STREAM, the connection goes on. `connection`: GOAWAY, and the end of it. RFC 9113 section 5.4. */
  readonly scope: 'connection' | 'stream';
  /** What the peer is told. */
  readonly errorCode: Http2ErrorCode;
  /** The stream that it happened on; 0 for the connection. */
  readonly streamId: number;

  constructor(code: Http2ProtocolErrorCode, message: string, options: Http2ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.scope = options.scope ?? 'connection';
    this.errorCode = options.errorCode ?? 'PROTOCOL_ERROR';
    this.streamId = options.streamId ?? 0;
  }
}

/** Every `code` of an {@link Http2ConnectionError}. Minor releases may add codes, never remove one. */
export type Http2ConnectionErrorCode = 'LML_ERR_HTTP2_GOAWAY';

/** The peer ended the connection with an error: GOAWAY with another code than NO_ERROR. */
export class Http2ConnectionError extends LamellaError {
  static {
    Http2ConnectionError.prototype.name = 'Http2ConnectionError';
  }

  readonly code: Http2ConnectionErrorCode = 'LML_ERR_HTTP2_GOAWAY';
  /** Number that the peer gave; see RFC 9113 section 7. */
  readonly errorCode: number;
  /** What the peer says of it, at most 200 characters, or `''`. */
  readonly debugText: string;

  constructor(errorCode: number, debugText: string, options: LamellaErrorOptions = {}) {
    const said = debugText === '' ? '' : `: ${JSON.stringify(debugText)}`;
    super(`the peer ended the HTTP/2 connection with ${errorCodeName(errorCode)}${said}`, {
      ...options,
      facts: { protocolCode: errorCodeName(errorCode), ...options.facts },
    });
    this.errorCode = errorCode;
    this.debugText = debugText;
  }
}
