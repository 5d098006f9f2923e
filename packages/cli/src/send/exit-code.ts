import { Http1ProtocolError, HttpBodyError, HttpConnectionError } from '@lamella/http';
import { ConnectError, StreamError } from '@lamella/net-core';
import { LimitError, TimeoutError } from '@lamella/service-core';
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
  const message = isSilent ? '' : withReason(error);
  const exitCode = sendExitCode(error, isProxied);
  return new CliError(message, exitCode, { cause: error });
}

/** curl's exit code for a failure. */
export function sendExitCode(error: unknown, isProxied = false): number {
  if (error instanceof TimeoutError) return EXIT.timedOut;
  if (error instanceof HttpBodyError && CODING_ERRORS.has(error.code)) return EXIT.badCoding;
  if (error instanceof LimitError && error.facts.layer === 'decompression') return EXIT.tooLarge;
  if (error instanceof ConnectError) {
    if (error.phase === 'resolve') return isProxied ? EXIT.proxyNotFound : EXIT.nameNotFound;
    return isTimeout(error) ? EXIT.timedOut : EXIT.connectFailed;
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

/** An end is told with what caused it, if that says more. */
function withReason(error: unknown): string {
  const cause = error instanceof HttpConnectionError ? error.cause : undefined;
  const saysMore = cause instanceof StreamError && cause.code !== 'LML_ERR_STREAM_CLOSED';
  return saysMore ? `${messageOf(error)}: ${messageOf(cause)}` : messageOf(error);
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
