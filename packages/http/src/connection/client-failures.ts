import { formatAddress, PeerAddress } from '@lamella/net-core';
import type { ErrorFacts, Extensions } from '@lamella/service-core';
import { ProtocolError, TimeoutError } from '@lamella/service-core';
import { HttpConnectionError } from '../errors.ts';
import { isIdempotent } from '../message/method.ts';
import type { ClientExchange } from './client-exchange.ts';

/**
 * The error of a connection that ended under a request.
 *
 * @param bytesOut - Bytes written of the request.
 * @param hasServed - Whether the connection had taken a request before.
 */
export function incomplete(
  { head, bytesIn }: ClientExchange,
  bytesOut: number,
  hasServed: boolean,
  cause: unknown,
): HttpConnectionError {
  const options = { cause, processed: bytesOut === 0 ? 'no' : 'unknown' } as const;
  if (head !== undefined) {
    const message = 'the connection ended in the response';
    return new HttpConnectionError('LML_ERR_HTTP_RESPONSE_INCOMPLETE', message, options);
  }
  const isReused = hasServed && bytesIn === 0;
  const code = isReused ? 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED' : 'LML_ERR_HTTP_CONNECTION_CLOSED';
  return new HttpConnectionError(code, 'the connection ended before the response', options);
}

/** What is known of an exchange that fails with `error`. @param bytesOut - Bytes written of the request. */
export function exchangeFacts(
  exchange: ClientExchange,
  bytesOut: number,
  error: unknown,
  extensions: Extensions<'connection'>,
): ErrorFacts {
  const peer = extensions.get(PeerAddress);
  return {
    ...retryability(error, exchange.request.method),
    layer: 'http/1.1',
    phase: exchange.head === undefined ? 'response-head' : 'response-body',
    bytesIn: exchange.bytesIn,
    bytesOut,
    ...(peer === undefined ? {} : { peer: formatAddress(peer) }),
  };
}

/** Whether sending the request again is safe and may help; a peer that broke a rule will do so again. */
function retryability(error: unknown, method: string): { readonly retryable?: boolean } {
  if (error instanceof HttpConnectionError) return { retryable: error.processed === 'no' || isIdempotent(method) };
  if (error instanceof TimeoutError) return { retryable: isIdempotent(method) };
  return error instanceof ProtocolError ? { retryable: false } : {};
}
