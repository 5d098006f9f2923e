import { HttpConnectionError, HttpStreamResetError, isIdempotent } from '@lamella/http';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import type { ErrorFacts, Extensions } from '@lamella/service-core';
import { ProtocolError, TimeoutError } from '@lamella/service-core';
import { ERROR_CODE, errorCodeName } from '../codec/error-code.ts';
import type { Http2ConnectionError } from '../errors.ts';
import type { ClientExchange } from './client-exchange.ts';

/** An upgrade that the server, or the protocol, has no place for. RFC 8441. */
export function noUpgrade(upgrade: string): HttpConnectionError {
  const message = `the server does not take extended CONNECT (RFC 8441) for ${upgrade}: that needs HTTP/1.1 there`;
  const options = { processed: 'no', facts: { retryable: false } } as const;
  return new HttpConnectionError('LML_ERR_HTTP_UPGRADE_UNSUPPORTED', message, options);
}

/** GOAWAY says so. RFC 9113 section 6.8. @param goaway - What else it says, if it is an error. */
export function unprocessed(goaway: Http2ConnectionError | undefined): HttpConnectionError | HttpStreamResetError {
  const message = 'the server ends the connection, and has not looked at the request';
  const options = { processed: 'no', ...(goaway === undefined ? {} : { cause: goaway }) } as const;
  if (goaway?.errorCode !== ERROR_CODE.HTTP_1_1_REQUIRED) {
    return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', message, options);
  }
  // What it says holds for the request: by HTTP/2, another connection would end in the same way.
  return new HttpStreamResetError(message, { ...options, resetCode: 'HTTP_1_1_REQUIRED', origin: 'remote' });
}

/** The connection takes no more, or fewer than it had seemed, and a request has waited for it. */
export function unsent(extensions: Extensions<'connection'>, cause: unknown): HttpConnectionError {
  const facts: ErrorFacts = {
    layer: 'h2',
    phase: 'request',
    retryable: true,
    bytesIn: 0,
    bytesOut: 0,
    ...peerFact(extensions),
  };
  const message = 'the connection ended before the request was sent';
  return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', message, { processed: 'no', cause, facts });
}

/**
 * The error of a connection that ended under a request.
 *
 * @param hasServed - Whether the connection had brought a response before.
 */
export function incomplete(exchange: ClientExchange, hasServed: boolean, cause: unknown): HttpConnectionError {
  if (exchange.headMs !== undefined) {
    const message = 'the connection ended in the response';
    return new HttpConnectionError('LML_ERR_HTTP_RESPONSE_INCOMPLETE', message, { cause, processed: 'unknown' });
  }
  const code = hasServed ? 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED' : 'LML_ERR_HTTP_CONNECTION_CLOSED';
  return new HttpConnectionError(code, 'the connection ended before the response', { cause, processed: 'unknown' });
}

/** The server has ended one stream. @param goaway - What its GOAWAY said, if there was one. */
export function resetByServer(errorCode: number, goaway: unknown): HttpStreamResetError {
  const resetCode = errorCodeName(errorCode);
  const processed = errorCode === ERROR_CODE.REFUSED_STREAM ? 'no' : 'unknown'; // RFC 9113 section 8.7
  const message = `the server reset the stream with ${resetCode}`;
  // Some servers reset what is left behind the GOAWAY that says why.
  const why = goaway === undefined ? {} : { cause: goaway };
  return new HttpStreamResetError(message, { resetCode, origin: 'remote', processed, ...why });
}

/** What is known of an exchange that fails with `error`. */
export function exchangeFacts(
  exchange: ClientExchange,
  error: unknown,
  extensions: Extensions<'connection'>,
): ErrorFacts {
  return {
    ...retryability(error, exchange.request.method),
    layer: 'h2',
    phase: exchange.headMs === undefined ? 'response-head' : 'response-body',
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    ...peerFact(extensions),
  };
}

function peerFact(extensions: Extensions<'connection'>): { readonly peer?: string } {
  const peer = extensions.get(PeerAddress);
  return peer === undefined ? {} : { peer: formatAddress(peer) };
}

/** Whether sending the request again is safe and may help; a peer that broke a rule will do so again. */
function retryability(error: unknown, method: string): { readonly retryable?: boolean } {
  if (error instanceof HttpConnectionError || error instanceof HttpStreamResetError) {
    return { retryable: error.processed === 'no' || isIdempotent(method) };
  }
  if (error instanceof TimeoutError) return { retryable: isIdempotent(method) };
  return error instanceof ProtocolError ? { retryable: false } : {};
}
