import { Http1ProtocolError, HttpConnectionError, HttpResponse, reasonPhrase } from '@lamella/http';
import { ConnectError, StreamError } from '@lamella/net-core';
import { LimitError, TimeoutError } from '@lamella/service-core';

/**
 * The response of a proxy whose way to the next server failed, or `undefined` if `error` is nothing of that kind.
 *
 * @remarks
 * 504 if the next server took too long, 503 if this proxy has no room, 502 for the rest. The reason stands in the body for people,
 * and in Proxy-Status for programs (RFC 9209 section 2.3).
 *
 * @param pseudonym - Name of this proxy; a token.
 */
export function gatewayErrorResponse(error: unknown, pseudonym: string): HttpResponse | undefined {
  const failure = classify(error);
  if (failure === undefined) return undefined;
  const { status, type } = failure;
  const message = error instanceof Error ? error.message : String(error);
  return HttpResponse.text(`${status} ${reasonPhrase(status)}: ${message}\n`, {
    status,
    headers: [['Proxy-Status', `${pseudonym}; error=${type}`]],
  });
}

interface GatewayFailure {
  readonly status: 502 | 503 | 504;
  /** Proxy error type of RFC 9209. */
  readonly type: string;
}

function classify(error: unknown): GatewayFailure | undefined {
  if (error instanceof ConnectError)
    return CONNECT_FAILURES[error.code] ?? { status: 502, type: 'destination_unavailable' };
  if (error instanceof TimeoutError) return classifyTimeout(error);
  if (error instanceof LimitError && error.limit !== 'maxBytes')
    return { status: 503, type: 'connection_limit_reached' };
  if (error instanceof HttpConnectionError) {
    const isIncomplete = error.code === 'LML_ERR_HTTP_RESPONSE_INCOMPLETE';
    return { status: 502, type: isIncomplete ? 'http_response_incomplete' : 'connection_terminated' };
  }
  if (error instanceof StreamError) return { status: 502, type: 'connection_terminated' };
  // A protocol error of the client has been answered before anything was forwarded.
  if (error instanceof Http1ProtocolError && error.origin === 'remote')
    return { status: 502, type: 'http_protocol_error' };
  return undefined;
}

function classifyTimeout(error: TimeoutError): GatewayFailure {
  if (error.facts.phase === 'queue') return { status: 503, type: 'connection_limit_reached' };
  return { status: 504, type: error.facts.phase === 'connect' ? 'connection_timeout' : 'http_response_timeout' };
}

const CONNECT_FAILURES: Readonly<Record<string, GatewayFailure>> = {
  LML_ERR_CONNECT_REFUSED: { status: 502, type: 'connection_refused' },
  LML_ERR_CONNECT_UNREACHABLE: { status: 502, type: 'destination_ip_unroutable' },
  LML_ERR_CONNECT_TIMEOUT: { status: 504, type: 'connection_timeout' },
  LML_ERR_CONNECT_RESET: { status: 502, type: 'connection_terminated' },
  LML_ERR_CONNECT_DENIED: { status: 502, type: 'destination_ip_prohibited' },
  LML_ERR_CONNECT_NO_RESOURCES: { status: 503, type: 'connection_limit_reached' },
  LML_ERR_CONNECT_NAME_NOT_FOUND: { status: 502, type: 'dns_error' },
  LML_ERR_CONNECT_NAME_LOOKUP_FAILED: { status: 504, type: 'dns_timeout' },
};
