import { HttpConnectionError, HttpStreamResetError, isIdempotent } from '@lamella/http';
import { ProtocolError, TimeoutError } from '@lamella/service-core';

/** An upgrade that the server, or the protocol, has no place for. RFC 8441. */
export function noUpgrade(upgrade: string): HttpConnectionError {
  const message = `the server does not take extended CONNECT (RFC 8441) for ${upgrade}: that needs HTTP/1.1 there`;
  const options = { processed: 'no', facts: { retryable: false } } as const;
  return new HttpConnectionError('LML_ERR_HTTP_UPGRADE_UNSUPPORTED', message, options);
}

/** GOAWAY says so. RFC 9113 section 6.8. */
export function unprocessed(): HttpConnectionError {
  const message = 'the server ends the connection, and has not looked at the request';
  return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', message, { processed: 'no' });
}

/** Whether sending the request again is safe and may help; a peer that broke a rule will do so again. */
export function retryability(error: unknown, method: string): { readonly retryable?: boolean } {
  if (error instanceof HttpConnectionError || error instanceof HttpStreamResetError) {
    return { retryable: error.processed === 'no' || isIdempotent(method) };
  }
  if (error instanceof TimeoutError) return { retryable: isIdempotent(method) };
  return error instanceof ProtocolError ? { retryable: false } : {};
}
