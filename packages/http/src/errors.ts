import type { LamellaErrorOptions, ProtocolErrorOptions, ProtocolErrorOrigin } from '@lamella/service-core';
import { LamellaError, ProtocolError } from '@lamella/service-core';

/** Every `code` of an {@link Http1ProtocolError}. Minor releases may add codes, never remove one. */
export type Http1ErrorCode =
  | 'LML_ERR_HTTP1_BAD_METHOD'
  | 'LML_ERR_HTTP1_BAD_TARGET'
  | 'LML_ERR_HTTP1_BAD_VERSION'
  | 'LML_ERR_HTTP1_UNSUPPORTED_VERSION'
  | 'LML_ERR_HTTP1_BAD_STATUS_LINE'
  | 'LML_ERR_HTTP1_BAD_LINE_END'
  | 'LML_ERR_HTTP1_BAD_FIELD_NAME'
  | 'LML_ERR_HTTP1_BAD_FIELD_VALUE'
  | 'LML_ERR_HTTP1_OBS_FOLD'
  | 'LML_ERR_HTTP1_BAD_HOST'
  | 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH'
  | 'LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH'
  | 'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING'
  | 'LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING'
  | 'LML_ERR_HTTP1_LENGTH_AND_TRANSFER_ENCODING'
  | 'LML_ERR_HTTP1_BAD_EXPECT'
  | 'LML_ERR_HTTP1_BAD_CHUNK_SIZE'
  | 'LML_ERR_HTTP1_BAD_CHUNK_END'
  | 'LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG'
  | 'LML_ERR_HTTP1_BAD_TRAILER'
  | 'LML_ERR_HTTP1_TRAILERS_TOO_LARGE'
  | 'LML_ERR_HTTP1_START_LINE_TOO_LONG'
  | 'LML_ERR_HTTP1_HEADERS_TOO_LARGE'
  | 'LML_ERR_HTTP1_TOO_MANY_HEADERS'
  | 'LML_ERR_HTTP1_UNEXPECTED_END'
  | 'LML_ERR_HTTP1_UNEXPECTED_BYTES'
  | 'LML_ERR_HTTP1_BAD_SWITCH'
  | 'LML_ERR_HTTP1_TOO_MANY_INFORMATIONAL'
  | 'LML_ERR_HTTP1_WRONG_STATE'
  | 'LML_ERR_HTTP1_BODY_LENGTH_MISMATCH'
  | 'LML_ERR_HTTP1_FORBIDDEN_FIELD';

/** The peer sent, or we were asked to send, bytes that HTTP/1.1 forbids. */
export class Http1ProtocolError extends ProtocolError {
  static {
    Http1ProtocolError.prototype.name = 'Http1ProtocolError';
  }

  readonly code: Http1ErrorCode;

  constructor(code: Http1ErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }

  /** Status code for the error response; a hint only, since a response may be on its way already. */
  get statusHint(): number {
    return STATUS_HINTS[this.code] ?? 400;
  }
}

const STATUS_HINTS: Readonly<Partial<Record<Http1ErrorCode, number>>> = {
  LML_ERR_HTTP1_UNSUPPORTED_VERSION: 505,
  LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING: 501,
  LML_ERR_HTTP1_BAD_EXPECT: 417,
  LML_ERR_HTTP1_START_LINE_TOO_LONG: 414,
  LML_ERR_HTTP1_HEADERS_TOO_LARGE: 431,
  LML_ERR_HTTP1_TOO_MANY_HEADERS: 431,
  LML_ERR_HTTP1_TRAILERS_TOO_LARGE: 431,
};

/** Every `code` of an {@link HttpBodyError}. Minor releases may add codes, never remove one. */
export type HttpBodyErrorCode =
  | 'LML_ERR_HTTP_BODY_BAD_JSON'
  | 'LML_ERR_HTTP_BODY_BAD_CODING'
  | 'LML_ERR_HTTP_BODY_CODING_INCOMPLETE'
  | 'LML_ERR_HTTP_BODY_BYTES_AFTER_CODING';

/** The content of a message is not what was asked for. */
export class HttpBodyError extends LamellaError {
  static {
    HttpBodyError.prototype.name = 'HttpBodyError';
  }

  readonly code: HttpBodyErrorCode;

  constructor(code: HttpBodyErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Every `code` of an {@link HttpStatusError}. Minor releases may add codes, never remove one. */
export type HttpStatusErrorCode = 'LML_ERR_HTTP_UNEXPECTED_STATUS';

/** Options of {@link HttpStatusError}. */
export interface HttpStatusErrorOptions extends LamellaErrorOptions {
  /** Status of the response. */
  readonly status: number;
  /** Beginning of the body, as text. */
  readonly excerpt: string;
  /** Type of the body, as the response says it. */
  readonly contentType: string | undefined;
}

/** A response has another status than the caller wants. */
export class HttpStatusError extends LamellaError {
  static {
    HttpStatusError.prototype.name = 'HttpStatusError';
  }

  readonly code: HttpStatusErrorCode;
  /** Status of the response. */
  readonly status: number;
  /** The first 1,024 bytes of the body at most, as text. */
  readonly excerpt: string;
  /** Type of the body, as the response says it. */
  readonly contentType: string | undefined;

  constructor(code: HttpStatusErrorCode, message: string, options: HttpStatusErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.excerpt = options.excerpt;
    this.contentType = options.contentType;
  }
}

/** Every `code` of an {@link HttpConnectionError}. Minor releases may add codes, never remove one. */
export type HttpConnectionErrorCode =
  | 'LML_ERR_HTTP_CONNECTION_CLOSED'
  | 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED'
  | 'LML_ERR_HTTP_RESPONSE_INCOMPLETE'
  | 'LML_ERR_HTTP_UPGRADE_UNSUPPORTED';

/** Options of {@link HttpConnectionError}. */
export interface HttpConnectionErrorOptions extends LamellaErrorOptions {
  /** Whether the peer has processed the request. */
  readonly processed: 'no' | 'unknown';
}

/**
 * The connection ended before the response was complete.
 *
 * @remarks
 * `CLOSED`: before the head of the response. `REUSED_CONNECTION_CLOSED`: the same, on a connection that had served a request
 * before, where the usual cause is a peer that closed an idle connection at the moment when it was used again. `RESPONSE_INCOMPLETE`:
 * in the middle of the body.
 */
export class HttpConnectionError extends LamellaError {
  static {
    HttpConnectionError.prototype.name = 'HttpConnectionError';
  }

  readonly code: HttpConnectionErrorCode;
  /** `no`: nothing of the request has left this machine. `unknown`: the peer may have acted on it. */
  readonly processed: 'no' | 'unknown';

  constructor(code: HttpConnectionErrorCode, message: string, options: HttpConnectionErrorOptions) {
    super(message, options);
    this.code = code;
    this.processed = options.processed;
  }
}

/** Every `code` of an {@link HttpStreamResetError}. Minor releases may add codes, never remove one. */
export type HttpStreamResetErrorCode = 'LML_ERR_HTTP_STREAM_RESET';

/** Options of {@link HttpStreamResetError}. */
export interface HttpStreamResetErrorOptions extends LamellaErrorOptions {
  /** What the protocol says of the reason, such as `'CANCEL'` or `'REFUSED_STREAM'`. */
  readonly resetCode: string;
  /** Who reset the stream. */
  readonly origin: ProtocolErrorOrigin;
  /** Whether the peer has processed the request. */
  readonly processed: 'no' | 'unknown';
}

/** One exchange was broken off, while the connection that carries it, and others, goes on. */
export class HttpStreamResetError extends LamellaError {
  static {
    HttpStreamResetError.prototype.name = 'HttpStreamResetError';
  }

  readonly code: HttpStreamResetErrorCode = 'LML_ERR_HTTP_STREAM_RESET';
  /** What the protocol says of the reason, such as `'CANCEL'` or `'REFUSED_STREAM'`. */
  readonly resetCode: string;
  /** Who reset the stream. */
  readonly origin: ProtocolErrorOrigin;
  /** `no`: the peer says that it has done nothing for the request. `unknown`: it may have acted on it. */
  readonly processed: 'no' | 'unknown';

  constructor(message: string, options: HttpStreamResetErrorOptions) {
    super(message, { ...options, facts: { protocolCode: options.resetCode, ...options.facts } });
    this.resetCode = options.resetCode;
    this.origin = options.origin;
    this.processed = options.processed;
  }
}

/** Every `code` of an {@link HttpRedirectError}. Minor releases may add codes, never remove one. */
export type HttpRedirectErrorCode =
  | 'LML_ERR_HTTP_REDIRECT_TOO_MANY'
  | 'LML_ERR_HTTP_REDIRECT_LOOP'
  | 'LML_ERR_HTTP_REDIRECT_BAD_LOCATION'
  | 'LML_ERR_HTTP_REDIRECT_DOWNGRADE'
  | 'LML_ERR_HTTP_REDIRECT_BODY_NOT_REPLAYABLE';

/** A redirect that is not followed, because it must not be or cannot be. */
export class HttpRedirectError extends LamellaError {
  static {
    HttpRedirectError.prototype.name = 'HttpRedirectError';
  }

  readonly code: HttpRedirectErrorCode;

  constructor(code: HttpRedirectErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Every `code` of a {@link HarError}. Minor releases may add codes, never remove one. */
export type HarErrorCode = 'LML_ERR_HAR_BAD_FILE' | 'LML_ERR_HAR_NO_MATCH';

/** A HAR file that is none, or a request that it has no answer for. */
export class HarError extends LamellaError {
  static {
    HarError.prototype.name = 'HarError';
  }

  readonly code: HarErrorCode;

  constructor(code: HarErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
