import type { ConnectErrorDomain } from '@lamella/net-core';
import { ConnectError } from '@lamella/net-core';
import type { LamellaErrorOptions, ProtocolErrorOptions } from '@lamella/service-core';
import { LamellaError, ProtocolError } from '@lamella/service-core';

/** Every `code` of a {@link TlsError} and a {@link TlsSessionError}. Minor releases may add codes, never remove one. */
export type TlsErrorCode =
  | 'LML_ERR_TLS_CERTIFICATE_EXPIRED'
  | 'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID'
  | 'LML_ERR_TLS_CERTIFICATE_REVOKED'
  | 'LML_ERR_TLS_CERTIFICATE_INVALID'
  | 'LML_ERR_TLS_NO_CERTIFICATE'
  | 'LML_ERR_TLS_WRONG_HOST'
  | 'LML_ERR_TLS_UNKNOWN_CA'
  | 'LML_ERR_TLS_SELF_SIGNED'
  | 'LML_ERR_TLS_PIN_MISMATCH'
  | 'LML_ERR_TLS_BAD_OCSP'
  | 'LML_ERR_TLS_VERSION'
  | 'LML_ERR_TLS_NO_OVERLAP'
  | 'LML_ERR_TLS_NO_ALPN_OVERLAP'
  | 'LML_ERR_TLS_UNKNOWN_NAME'
  | 'LML_ERR_TLS_ALERT'
  | 'LML_ERR_TLS_PROTOCOL'
  | 'LML_ERR_TLS_TIMEOUT'
  | 'LML_ERR_TLS_CLOSED'
  | 'LML_ERR_TLS_TRUNCATED'
  | 'LML_ERR_TLS_FAILED';

/** Options of {@link TlsError} and {@link TlsSessionError}. */
export interface TlsErrorOptions extends LamellaErrorOptions {
  /** Name of the alert that the peer has sent, such as `'handshake_failure'`. Default: there was none. */
  readonly alert?: string | undefined;
  /** Names that the certificate of the peer is for, as OpenSSL writes them. Default: none. */
  readonly names?: readonly string[];
  /** Whose fault it is. Default: what the code says. */
  readonly domain?: ConnectErrorDomain;
}

/**
 * A TLS handshake has failed, on either side; `code` says why, the message what to do about it.
 *
 * @remarks
 * On the side that connects, nothing of the caller was sent yet. `facts.retryable` says whether trying again may help: never if a
 * certificate is wrong.
 */
export class TlsError extends ConnectError {
  static {
    TlsError.prototype.name = 'TlsError';
  }

  declare readonly code: TlsErrorCode;
  /** Name of the alert that the peer has sent, such as `'handshake_failure'`. */
  readonly alert: string | undefined;
  /** Names that the certificate of the peer is for, such as `'DNS:example.com'`. */
  readonly names: readonly string[];

  constructor(code: TlsErrorCode, message: string, options: TlsErrorOptions = {}) {
    const { alert, names = [], domain = TRANSPORT.has(code) ? 'transport' : 'application', ...rest } = options;
    const facts = { layer: 'tls', retryable: TRANSPORT.has(code), ...protocolCode(alert), ...rest.facts };
    super(code, message, { ...rest, facts, phase: 'handshake', domain });
    this.alert = alert;
    this.names = names;
  }
}

/**
 * A TLS session that stood has broken: an alert of the peer, bytes that are none of its, or an end that the peer has not announced.
 * The cause of the `StreamError` that readers and writers get.
 */
export class TlsSessionError extends LamellaError {
  static {
    TlsSessionError.prototype.name = 'TlsSessionError';
  }

  readonly code: TlsErrorCode;
  /** Name of the alert that the peer has sent, such as `'certificate_required'`. */
  readonly alert: string | undefined;

  constructor(code: TlsErrorCode, message: string, options: TlsErrorOptions = {}) {
    const { alert, facts, cause } = options;
    const known = { layer: 'tls', phase: 'session', ...protocolCode(alert), ...facts };
    super(message, { facts: known, ...(cause === undefined ? {} : { cause }) });
    this.code = code;
    this.alert = alert;
  }
}

/** Certificates, keys or roots can't be used: they are malformed, can't be read, or don't belong together. */
export class TlsMaterialError extends LamellaError {
  static {
    TlsMaterialError.prototype.name = 'TlsMaterialError';
  }

  readonly code = 'LML_ERR_TLS_MATERIAL';
}

/** Every `code` of a {@link ClientHelloError}. Minor releases may add codes, never remove one. */
export type ClientHelloErrorCode =
  | 'LML_ERR_CLIENT_HELLO_NOT_TLS'
  | 'LML_ERR_CLIENT_HELLO_PLAIN_HTTP'
  | 'LML_ERR_CLIENT_HELLO_SSL2'
  | 'LML_ERR_CLIENT_HELLO_UNEXPECTED_END'
  | 'LML_ERR_CLIENT_HELLO_BAD_RECORD'
  | 'LML_ERR_CLIENT_HELLO_EMPTY_RECORD'
  | 'LML_ERR_CLIENT_HELLO_RECORD_TOO_LARGE'
  | 'LML_ERR_CLIENT_HELLO_WRONG_MESSAGE'
  | 'LML_ERR_CLIENT_HELLO_BAD_VERSION'
  | 'LML_ERR_CLIENT_HELLO_BAD_LENGTH'
  | 'LML_ERR_CLIENT_HELLO_TRAILING_DATA'
  | 'LML_ERR_CLIENT_HELLO_BAD_COMPRESSION'
  | 'LML_ERR_CLIENT_HELLO_DUPLICATE_EXTENSION'
  | 'LML_ERR_CLIENT_HELLO_MISPLACED_EXTENSION'
  | 'LML_ERR_CLIENT_HELLO_BAD_SERVER_NAME'
  | 'LML_ERR_CLIENT_HELLO_BAD_ALPN'
  | 'LML_ERR_CLIENT_HELLO_BAD_EXTENSION'
  | 'LML_ERR_CLIENT_HELLO_TOO_LARGE'
  | 'LML_ERR_CLIENT_HELLO_TOO_MANY_RECORDS';

/** What a connection starts with is no ClientHello of TLS, one that breaks a rule, or one beyond a limit. */
export class ClientHelloError extends ProtocolError {
  static {
    ClientHelloError.prototype.name = 'ClientHelloError';
  }

  readonly code: ClientHelloErrorCode;

  constructor(code: ClientHelloErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, { ...options, facts: { layer: 'tls', phase: 'client-hello', ...options.facts } });
    this.code = code;
  }

  /** Number of the alert that tells the client (RFC 8446 section 6.2); `undefined` if it does not speak TLS. */
  get alertHint(): number | undefined {
    return CLIENT_HELLO_ALERTS[this.code];
  }
}

function protocolCode(alert: string | undefined): { readonly protocolCode?: string } {
  return alert === undefined ? {} : { protocolCode: alert };
}

/** The way there is at fault, and may be better the next time. */
const TRANSPORT: ReadonlySet<TlsErrorCode> = new Set(['LML_ERR_TLS_TIMEOUT', 'LML_ERR_TLS_CLOSED']);

const [UNEXPECTED_MESSAGE, RECORD_OVERFLOW, ILLEGAL_PARAMETER, DECODE_ERROR, PROTOCOL_VERSION] = [10, 22, 47, 50, 70];

const CLIENT_HELLO_ALERTS: Readonly<Record<ClientHelloErrorCode, number | undefined>> = {
  LML_ERR_CLIENT_HELLO_NOT_TLS: undefined,
  LML_ERR_CLIENT_HELLO_PLAIN_HTTP: undefined,
  LML_ERR_CLIENT_HELLO_SSL2: undefined,
  LML_ERR_CLIENT_HELLO_UNEXPECTED_END: undefined,
  LML_ERR_CLIENT_HELLO_BAD_RECORD: UNEXPECTED_MESSAGE,
  LML_ERR_CLIENT_HELLO_EMPTY_RECORD: UNEXPECTED_MESSAGE,
  LML_ERR_CLIENT_HELLO_RECORD_TOO_LARGE: RECORD_OVERFLOW,
  LML_ERR_CLIENT_HELLO_WRONG_MESSAGE: UNEXPECTED_MESSAGE,
  LML_ERR_CLIENT_HELLO_BAD_VERSION: PROTOCOL_VERSION,
  LML_ERR_CLIENT_HELLO_BAD_LENGTH: DECODE_ERROR,
  LML_ERR_CLIENT_HELLO_TRAILING_DATA: DECODE_ERROR,
  LML_ERR_CLIENT_HELLO_BAD_COMPRESSION: ILLEGAL_PARAMETER,
  LML_ERR_CLIENT_HELLO_DUPLICATE_EXTENSION: ILLEGAL_PARAMETER,
  LML_ERR_CLIENT_HELLO_MISPLACED_EXTENSION: ILLEGAL_PARAMETER,
  LML_ERR_CLIENT_HELLO_BAD_SERVER_NAME: ILLEGAL_PARAMETER,
  LML_ERR_CLIENT_HELLO_BAD_ALPN: DECODE_ERROR,
  LML_ERR_CLIENT_HELLO_BAD_EXTENSION: DECODE_ERROR,
  LML_ERR_CLIENT_HELLO_TOO_LARGE: DECODE_ERROR,
  LML_ERR_CLIENT_HELLO_TOO_MANY_RECORDS: DECODE_ERROR,
};
