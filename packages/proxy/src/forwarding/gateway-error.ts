import { HttpConnectionError, HttpResponse, HttpStreamResetError, reasonPhrase } from '@lamella/http';
import { NoEndpointError } from '@lamella/layers';
import { ConnectError, StreamError } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { ClosedError, extensionKey, LimitError, ProtocolError, TimeoutError } from '@lamella/service-core';
import { MadeByProxy } from './made-by-proxy.ts';
import { proxyStatus } from './proxy-status.ts';

/** The error behind a response that a proxy has made because the next server gave none; for access logs. */
export const GatewayFailure: ExtensionKey<unknown, 'response'> = extensionKey('proxy/gateway-failure', {
  scope: 'response',
});

/** Options of {@link gatewayErrorResponse}. */
export interface GatewayErrorOptions {
  /** Whether the body says what failed where, such as addresses and names. Default false: strangers shall not learn them. */
  readonly details?: boolean;
}

/**
 * The response of a proxy whose way to the next server failed, or `undefined` if `error` is nothing of that kind.
 *
 * @remarks
 * 504 if the next server took too long, 503 if this proxy has no room, 431 if that server takes no request with so many bytes of fields, 502 for the rest. The kind of failure stands in the body
 * for people, and in Proxy-Status for programs (RFC 9209 section 2.3); the error itself is kept under {@link GatewayFailure}.
 *
 * @param pseudonym - Name of this proxy; a token.
 */
export function gatewayErrorResponse(
  error: unknown,
  pseudonym: string,
  options: GatewayErrorOptions = {},
): HttpResponse | undefined {
  const failure = classify(error);
  if (failure === undefined) return undefined;
  const { status, type } = failure;
  const why = options.details === true && error instanceof Error ? error.message : type.replaceAll('_', ' ');
  const response = HttpResponse.text(`${status} ${reasonPhrase(status)}: ${why}\n`, {
    status,
    headers: [proxyStatus(pseudonym, type)],
  });
  response.extensions.insert(GatewayFailure, error);
  response.extensions.insert(MadeByProxy, true);
  return response;
}

/** Whether an error is about the way to the next server. */
export function isGatewayFailure(error: unknown): boolean {
  return classify(error) !== undefined;
}

interface Failure {
  readonly status: 431 | 502 | 503 | 504;
  /** Proxy error type of RFC 9209. */
  readonly type: string;
}

function classify(error: unknown): Failure | undefined {
  if (error instanceof ConnectError) return classifyConnect(error);
  if (error instanceof TimeoutError) return classifyTimeout(error);
  if (error instanceof LimitError && error.limit !== 'maxBytes') return NO_ROOM;
  if (error instanceof HttpConnectionError) {
    if (error.code === 'LML_ERR_HTTP_UPGRADE_UNSUPPORTED') return NO_UPGRADE;
    return error.code === 'LML_ERR_HTTP_RESPONSE_INCOMPLETE' ? INCOMPLETE : TERMINATED;
  }
  if (error instanceof StreamError) return TERMINATED;
  if (error instanceof HttpStreamResetError && error.origin === 'remote') return TERMINATED;
  // Of any version of HTTP. A protocol error of the client has been answered before anything was forwarded.
  if (error instanceof ProtocolError && error.origin === 'remote') return BROKE_RULE;
  if (error instanceof ProtocolError && error.code === 'LML_ERR_HTTP2_HEADERS_TOO_LARGE') return TOO_MANY_FIELDS;
  return error instanceof ClosedError || error instanceof NoEndpointError ? UNAVAILABLE : undefined;
}

function classifyConnect(error: ConnectError): Failure {
  // Where all addresses failed, a wait that was in vain is the reason only if it is the one of each of them.
  const isTimeout = error.errors.length > 0 && error.errors.every((each) => codeOf(each) === 'LML_ERR_CONNECT_TIMEOUT');
  if (isTimeout) return CONNECT_TIMEOUT;
  const isSlowLookup = error.code === 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED' && error.cause instanceof TimeoutError;
  return isSlowLookup ? DNS_TIMEOUT : (CONNECT_FAILURES[error.code] ?? DESTINATION_FAILED);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof ConnectError ? error.code : undefined;
}

function classifyTimeout(error: TimeoutError): Failure {
  if (error.facts.phase === 'queue') return NO_ROOM;
  if (error.facts.phase === 'connect') return CONNECT_TIMEOUT;
  return { status: 504, type: error.limit === 'writeTimeoutMs' ? 'connection_write_timeout' : 'http_response_timeout' };
}

const NO_ROOM: Failure = { status: 503, type: 'connection_limit_reached' };
const UNAVAILABLE: Failure = { status: 503, type: 'destination_unavailable' };
const DESTINATION_FAILED: Failure = { status: 502, type: 'destination_unavailable' };
const TERMINATED: Failure = { status: 502, type: 'connection_terminated' };
const INCOMPLETE: Failure = { status: 502, type: 'http_response_incomplete' };
const NO_UPGRADE: Failure = { status: 502, type: 'http_upgrade_failed' };
const BROKE_RULE: Failure = { status: 502, type: 'http_protocol_error' };
const TOO_MANY_FIELDS: Failure = { status: 431, type: 'http_request_error' };
const CONNECT_TIMEOUT: Failure = { status: 504, type: 'connection_timeout' };
const DNS_TIMEOUT: Failure = { status: 504, type: 'dns_timeout' };
const DNS_ERROR: Failure = { status: 502, type: 'dns_error' };

const CONNECT_FAILURES: Readonly<Record<string, Failure>> = {
  LML_ERR_CONNECT_REFUSED: { status: 502, type: 'connection_refused' },
  LML_ERR_CONNECT_UNREACHABLE: { status: 502, type: 'destination_ip_unroutable' },
  LML_ERR_CONNECT_TIMEOUT: CONNECT_TIMEOUT,
  LML_ERR_CONNECT_RESET: TERMINATED,
  LML_ERR_CONNECT_DENIED: { status: 502, type: 'destination_ip_prohibited' },
  LML_ERR_CONNECT_NO_RESOURCES: NO_ROOM,
  LML_ERR_CONNECT_BACKING_OFF: UNAVAILABLE,
  LML_ERR_CONNECT_NAME_NOT_FOUND: DNS_ERROR,
  LML_ERR_CONNECT_NAME_LOOKUP_FAILED: DNS_ERROR,
};
