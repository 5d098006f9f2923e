import type { LamellaErrorOptions, ProtocolErrorOptions } from '@lamella/service-core';
import { LamellaError, ProtocolError } from '@lamella/service-core';
import type { CloseInfo } from './bytes/byte-stream.ts';

/** Every `code` of a {@link StreamError}. Minor releases may add codes, never remove one. */
export type StreamErrorCode =
  | 'LML_ERR_STREAM_CLOSED'
  | 'LML_ERR_STREAM_RESET'
  | 'LML_ERR_STREAM_TIMEOUT'
  | 'LML_ERR_STREAM_FAILED';

/** A byte stream was used after it ended, or ended while in use. */
export class StreamError extends LamellaError {
  static {
    StreamError.prototype.name = 'StreamError';
  }

  readonly code: StreamErrorCode;

  constructor(code: StreamErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The error that waiting readers and writers of an ended stream get.
 *
 * @returns The very reason that was given to `destroy`, if there was one, else a {@link StreamError}.
 */
export function toStreamError(info: CloseInfo): unknown {
  const { reason, error } = info;
  if (reason === 'shutdown' && error !== undefined) return error;
  const options = error === undefined ? {} : { cause: error };
  switch (reason) {
    case 'reset':
      return new StreamError('LML_ERR_STREAM_RESET', 'the peer reset the connection', options);
    case 'timeout':
      return new StreamError('LML_ERR_STREAM_TIMEOUT', 'the connection timed out', options);
    case 'error':
      return new StreamError('LML_ERR_STREAM_FAILED', `the connection failed${becauseOf(error)}`, options);
    default:
      return new StreamError('LML_ERR_STREAM_CLOSED', 'the connection is closed', options);
  }
}

/** Every `code` of a {@link ConnectError}. Minor releases may add codes, never remove one. */
export type ConnectErrorCode =
  | 'LML_ERR_CONNECT_REFUSED'
  | 'LML_ERR_CONNECT_UNREACHABLE'
  | 'LML_ERR_CONNECT_TIMEOUT'
  | 'LML_ERR_CONNECT_RESET'
  | 'LML_ERR_CONNECT_DENIED'
  | 'LML_ERR_CONNECT_NO_RESOURCES'
  | 'LML_ERR_CONNECT_BACKING_OFF'
  | 'LML_ERR_CONNECT_NAME_NOT_FOUND'
  | 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED'
  | 'LML_ERR_CONNECT_ALL_FAILED'
  | 'LML_ERR_CONNECT_PROXY_AUTH'
  | 'LML_ERR_CONNECT_PROXY_REFUSED'
  | 'LML_ERR_CONNECT_PROXY_FAILED'
  | 'LML_ERR_CONNECT_FAILED';

/** Codes of handshakes on a connection that stands already, such as TLS. */
export type HandshakeErrorCode = `LML_ERR_TLS_${string}`;

/** What a connector was doing when it failed. */
export type ConnectPhase = 'resolve' | 'connect' | 'proxy' | 'handshake';

/** Whose fault a failed connect is: the way there, the other application, this machine, or nobody knows. */
export type ConnectErrorDomain = 'transport' | 'application' | 'local' | 'unknown';

/** Options of {@link ConnectError}. */
export interface ConnectErrorOptions extends LamellaErrorOptions {
  /** What the connector was doing. */
  readonly phase: ConnectPhase;
  /** Whose fault it is. Default `'transport'`. */
  readonly domain?: ConnectErrorDomain;
  /** The single failures behind this one, where several ways were tried. */
  readonly errors?: readonly unknown[];
}

/** No connection came about. */
export class ConnectError extends LamellaError {
  static {
    ConnectError.prototype.name = 'ConnectError';
  }

  /** Stable name of the condition; handshakes have names of their own, which their packages list. */
  readonly code: ConnectErrorCode | HandshakeErrorCode;
  /** What the connector was doing. */
  readonly phase: ConnectPhase;
  /** Whose fault it is. */
  readonly domain: ConnectErrorDomain;
  /** The single failures behind this one, where several ways were tried. */
  readonly errors: readonly unknown[];

  constructor(code: ConnectErrorCode | HandshakeErrorCode, message: string, options: ConnectErrorOptions) {
    super(message, { ...options, facts: { phase: options.phase, retryable: isRetryable(code), ...options.facts } });
    this.code = code;
    this.phase = options.phase;
    this.domain = options.domain ?? 'transport';
    this.errors = options.errors ?? [];
  }
}

/** Nothing was sent yet when a connect fails, so trying again is safe; whether it may help depends on the cause. */
function isRetryable(code: string): boolean {
  return !FINAL.has(code);
}

/** Trying again won't help. */
const FINAL: ReadonlySet<string> = new Set<ConnectErrorCode>([
  'LML_ERR_CONNECT_DENIED',
  'LML_ERR_CONNECT_NAME_NOT_FOUND',
  'LML_ERR_CONNECT_PROXY_AUTH',
]);

function becauseOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? `: ${error.message}` : '';
}

/** Every `code` of an {@link AddressError}. Minor releases may add codes, never remove one. */
export type AddressErrorCode =
  | 'LML_ERR_ADDRESS_BAD_IP'
  | 'LML_ERR_ADDRESS_BAD_CIDR'
  | 'LML_ERR_ADDRESS_BAD_DOMAIN'
  | 'LML_ERR_ADDRESS_BAD_HOST'
  | 'LML_ERR_ADDRESS_BAD_AUTHORITY'
  | 'LML_ERR_ADDRESS_BAD_ADDRESS';

/** A text that should be an address is none. */
export class AddressError extends LamellaError {
  static {
    AddressError.prototype.name = 'AddressError';
  }

  readonly code: AddressErrorCode;

  constructor(code: AddressErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Every `code` of a {@link ProxyProtocolError}. Minor releases may add codes, never remove one. */
export type ProxyProtocolErrorCode =
  | 'LML_ERR_PROXY_PROTOCOL_BAD_LINE'
  | 'LML_ERR_PROXY_PROTOCOL_BAD_VERSION'
  | 'LML_ERR_PROXY_PROTOCOL_BAD_ADDRESS'
  | 'LML_ERR_PROXY_PROTOCOL_BAD_LENGTH'
  | 'LML_ERR_PROXY_PROTOCOL_BAD_TLV'
  | 'LML_ERR_PROXY_PROTOCOL_BAD_CHECKSUM'
  | 'LML_ERR_PROXY_PROTOCOL_TOO_LARGE'
  | 'LML_ERR_PROXY_PROTOCOL_UNEXPECTED_END'
  | 'LML_ERR_PROXY_PROTOCOL_MISSING'
  | 'LML_ERR_PROXY_PROTOCOL_UNTRUSTED';

/** A PROXY protocol header is wrong, missing, or of somebody who is not believed. */
export class ProxyProtocolError extends ProtocolError {
  static {
    ProxyProtocolError.prototype.name = 'ProxyProtocolError';
  }

  readonly code: ProxyProtocolErrorCode;

  constructor(code: ProxyProtocolErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, { ...options, facts: { phase: 'proxy-protocol', ...options.facts } });
    this.code = code;
  }
}
