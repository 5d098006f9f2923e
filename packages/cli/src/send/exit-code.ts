import { Http1ProtocolError, HttpBodyError, HttpConnectionError, HttpStreamResetError } from '@lamella/http';
import { Http2ConnectionError, Http2ProtocolError } from '@lamella/http2';
import { ConnectError, StreamError } from '@lamella/net-core';
import { LimitError, TimeoutError } from '@lamella/service-core';
import type { TlsErrorCode } from '@lamella/tls';
import { TlsError, TlsSessionError } from '@lamella/tls';
import { CliError, EXIT, exitCodeOf, messageOf } from '../cli-error.ts';

/** What of the options of `send` matters to its failures. */
export interface FailureOptions {
  /** Whether the request went to a proxy. */
  readonly isProxied?: boolean;
  readonly silent?: boolean;
  readonly showError?: boolean;
}

/** The failure of a request as one line, unless that is not wanted, and curl's exit code. */
export function toSendError(error: unknown, { isProxied = false, silent, showError }: FailureOptions): CliError {
  const isSilent = silent === true && showError !== true;
  const message = isSilent ? '' : withReason(error, isProxied);
  const exitCode = sendExitCode(error, isProxied);
  return new CliError(message, exitCode, { cause: error });
}

/** curl's exit code for a failure. */
export function sendExitCode(error: unknown, isProxied = false): number {
  if (error instanceof TimeoutError) return EXIT.timedOut;
  if (error instanceof HttpBodyError && CODING_ERRORS.has(error.code)) return EXIT.badCoding;
  if (error instanceof LimitError && error.facts.layer === 'decompression') return EXIT.tooLarge;
  if (error instanceof TlsError) return TLS_CODES.get(error.code) ?? EXIT.tlsFailed;
  if (error instanceof HttpStreamResetError) return EXIT.http2StreamFailed;
  if (error instanceof Http2ConnectionError) return EXIT.http2Failed;
  if (error instanceof Http2ProtocolError) return error.scope === 'stream' ? EXIT.http2StreamFailed : EXIT.http2Failed;
  if (error instanceof ConnectError) {
    if (error.phase === 'resolve') return isProxied ? EXIT.proxyNotFound : EXIT.nameNotFound;
    if (isTimeout(error)) return EXIT.timedOut;
    return error.phase === 'proxy' ? EXIT.receiveFailed : EXIT.connectFailed;
  }
  if (error instanceof HttpConnectionError) {
    if (isReset(error.cause)) return EXIT.receiveFailed;
    return error.code === 'LML_ERR_HTTP_RESPONSE_INCOMPLETE' ? EXIT.partialReply : EXIT.emptyReply;
  }
  if (error instanceof Http1ProtocolError && error.origin === 'remote') {
    return error.facts.phase === 'response-body' ? EXIT.receiveFailed : EXIT.weirdReply;
  }
  if (error instanceof Http1ProtocolError) return EXIT.usage; // what was asked for can't be sent
  return exitCodeOf(error);
}

/** An end is told with what caused it, if that says more; a server that is not trusted, with what to do about it. */
function withReason(error: unknown, isProxied: boolean): string {
  if (error instanceof TlsError) {
    const hint = HINTS.get(error.code) ?? '';
    return `${messageOf(error)}${hint}${isProxied && hint.includes('-k') ? PROXY_HINT : ''}`;
  }
  if (error instanceof TimeoutError && error.limit === 'acquireTimeoutMs') return withoutRoom(error);
  if (error instanceof ConnectError && error.code === 'LML_ERR_CONNECT_PROXY_FAILED' && error.cause !== undefined) {
    return `${messageOf(error)}: ${withReason(error.cause, isProxied)}`;
  }
  const cause = error instanceof HttpConnectionError ? error.cause : undefined;
  const saysMore = cause instanceof StreamError && cause.code !== 'LML_ERR_STREAM_CLOSED';
  if (!saysMore) return messageOf(error);
  if (!(cause.cause instanceof TlsSessionError)) return `${messageOf(error)}: ${messageOf(cause)}`;
  const hint = cause.cause.alert === 'certificate_required' ? CERTIFICATE_HINT : '';
  return `${messageOf(error)}: ${messageOf(cause.cause)}${hint}${isProxied && hint !== '' ? PROXY_CERTIFICATE_HINT : ''}`;
}

/** There is no such option here; and where connecting itself takes too long, that is told instead. */
function withoutRoom({ timeoutMs, facts }: TimeoutError): string {
  return `no connection to ${facts.peer} took a request within ${timeoutMs} ms`;
}

function isReset(cause: unknown): boolean {
  return cause instanceof StreamError && cause.code === 'LML_ERR_STREAM_RESET';
}

/** Where a name has several addresses, all of them must have been too slow. */
function isTimeout(error: ConnectError): boolean {
  const all = error.errors.length > 0 ? error.errors : [error];
  return all.every((each) => each instanceof ConnectError && each.code === 'LML_ERR_CONNECT_TIMEOUT');
}

const CODING_ERRORS: ReadonlySet<HttpBodyError['code']> = new Set([
  'LML_ERR_HTTP_BODY_BAD_CODING',
  'LML_ERR_HTTP_BODY_CODING_INCOMPLETE',
  'LML_ERR_HTTP_BODY_BYTES_AFTER_CODING',
]);

/** A handshake that failed for another reason is 35. */
const TLS_CODES: ReadonlyMap<TlsErrorCode, number> = new Map([
  ['LML_ERR_TLS_CERTIFICATE_EXPIRED', EXIT.notTrusted],
  ['LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID', EXIT.notTrusted],
  // There are no revocation lists: it is an OCSP response that says so.
  ['LML_ERR_TLS_CERTIFICATE_REVOKED', EXIT.badCertificateStatus],
  ['LML_ERR_TLS_BAD_OCSP', EXIT.badCertificateStatus],
  ['LML_ERR_TLS_CERTIFICATE_INVALID', EXIT.notTrusted],
  ['LML_ERR_TLS_NO_CERTIFICATE', EXIT.notTrusted],
  ['LML_ERR_TLS_WRONG_HOST', EXIT.notTrusted],
  ['LML_ERR_TLS_UNKNOWN_CA', EXIT.notTrusted],
  ['LML_ERR_TLS_SELF_SIGNED', EXIT.notTrusted],
  ['LML_ERR_TLS_PIN_MISMATCH', EXIT.badPin],
  ['LML_ERR_TLS_TIMEOUT', EXIT.timedOut],
]);

/** One that is not shown because no option names it. */
const CERTIFICATE_HINT = '; --cert and --key name the one to show';
const PROXY_CERTIFICATE_HINT = ', --proxy-cert and --proxy-key that for an https proxy';

/** It may have been either of the two. */
const PROXY_HINT = '; for an https proxy, --proxy-cacert and --proxy-insecure do';

const HINTS: ReadonlyMap<TlsErrorCode, string> = new Map([
  ['LML_ERR_TLS_UNKNOWN_CA', '; --cacert names a root to trust, -k trusts everybody'],
  ['LML_ERR_TLS_SELF_SIGNED', '; --cacert with its certificate trusts it, -k trusts everybody'],
  ['LML_ERR_TLS_NO_OVERLAP', '; --tls-max 1.2 may help with old servers'],
  ['LML_ERR_TLS_NO_ALPN_OVERLAP', '; without --http1.1 and --http2-prior-knowledge it may choose'],
]);
