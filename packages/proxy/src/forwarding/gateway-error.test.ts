import { Http1ProtocolError, HttpConnectionError, HttpStreamResetError } from '@lamella/http';
import type { ConnectErrorCode } from '@lamella/net-core';
import { ConnectError, StreamError } from '@lamella/net-core';
import { ClosedError, LimitError, ProtocolError, TimeoutError, UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { GatewayFailure, gatewayErrorResponse } from './gateway-error.ts';

/** Of a protocol that this package does not know. */
class OtherProtocolError extends ProtocolError {
  readonly code = 'LML_ERR_OTHER_BAD';
}

/** Of HTTP/2, which this package does not know either. */
class TooLargeError extends ProtocolError {
  readonly code = 'LML_ERR_HTTP2_HEADERS_TOO_LARGE';
}

describe('a failure on the way to the next server', () => {
  it.each<[Error, number, string]>([
    [connectError('LML_ERR_CONNECT_REFUSED'), 502, 'connection_refused'],
    [connectError('LML_ERR_CONNECT_UNREACHABLE'), 502, 'destination_ip_unroutable'],
    [connectError('LML_ERR_CONNECT_TIMEOUT'), 504, 'connection_timeout'],
    [connectError('LML_ERR_CONNECT_RESET'), 502, 'connection_terminated'],
    [connectError('LML_ERR_CONNECT_DENIED'), 502, 'destination_ip_prohibited'],
    [connectError('LML_ERR_CONNECT_NO_RESOURCES'), 503, 'connection_limit_reached'],
    [connectError('LML_ERR_CONNECT_BACKING_OFF'), 503, 'destination_unavailable'],
    [connectError('LML_ERR_CONNECT_NAME_NOT_FOUND'), 502, 'dns_error'],
    [connectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED'), 502, 'dns_error'],
    [connectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', { cause: timeout('timeoutMs') }), 504, 'dns_timeout'],
    [connectError('LML_ERR_CONNECT_FAILED'), 502, 'destination_unavailable'],
    [allFailed('LML_ERR_CONNECT_REFUSED', 'LML_ERR_CONNECT_TIMEOUT'), 502, 'destination_unavailable'],
    [allFailed('LML_ERR_CONNECT_TIMEOUT', 'LML_ERR_CONNECT_TIMEOUT'), 504, 'connection_timeout'],
    [timeout('connectTimeoutMs', 'connect'), 504, 'connection_timeout'],
    [timeout('acquireTimeoutMs', 'queue'), 503, 'connection_limit_reached'],
    [timeout('responseHeadTimeoutMs', 'response-head'), 504, 'http_response_timeout'],
    [timeout('writeTimeoutMs', 'write'), 504, 'connection_write_timeout'],
    [timeout('timeoutMs'), 504, 'http_response_timeout'],
    [new LimitError({ limit: 'maxWaitingPerOrigin', maximum: 1, observed: 2 }), 503, 'connection_limit_reached'],
    [httpError('LML_ERR_HTTP_CONNECTION_CLOSED'), 502, 'connection_terminated'],
    [httpError('LML_ERR_HTTP_REUSED_CONNECTION_CLOSED'), 502, 'connection_terminated'],
    [httpError('LML_ERR_HTTP_RESPONSE_INCOMPLETE'), 502, 'http_response_incomplete'],
    [httpError('LML_ERR_HTTP_UPGRADE_UNSUPPORTED'), 502, 'http_upgrade_failed'],
    [new StreamError('LML_ERR_STREAM_RESET', 'reset'), 502, 'connection_terminated'],
    [new Http1ProtocolError('LML_ERR_HTTP1_BAD_STATUS_LINE', 'bad'), 502, 'http_protocol_error'],
    [new OtherProtocolError('bad', { origin: 'remote' }), 502, 'http_protocol_error'],
    [new TooLargeError('the response', { origin: 'remote' }), 502, 'http_protocol_error'],
    [new TooLargeError('the request', { origin: 'local' }), 431, 'http_request_error'],
    [resetBy('remote'), 502, 'connection_terminated'],
    [new ClosedError('the client is closed'), 503, 'destination_unavailable'],
  ])('%s → %i %s', (error, status, type) => {
    const response = gatewayErrorResponse(error, 'me');
    expect(response?.status).toBe(status);
    expect(response?.headers.get('proxy-status')).toBe(`me; error=${type}`);
    expect(response?.extensions.get(GatewayFailure)).toBe(error);
  });

  it('is told in words to everybody, in detail only if asked for', async () => {
    const error = connectError('LML_ERR_CONNECT_REFUSED');
    expect(await gatewayErrorResponse(error, 'me')?.body.text()).toBe('502 Bad Gateway: connection refused\n');
    expect(await gatewayErrorResponse(error, 'me', { details: true })?.body.text()).toBe(
      '502 Bad Gateway: connect to 10.0.0.1:80\n',
    );
  });

  it.each([
    ['lamella-1f', 'lamella-1f'],
    ['*x', '*x'],
    ['7proxies', '"7proxies"'],
    ['_x', '"_x"'],
  ])('names the proxy %s so that a parser of Proxy-Status takes it: %s', (pseudonym, written) => {
    const response = gatewayErrorResponse(connectError('LML_ERR_CONNECT_REFUSED'), pseudonym);
    expect(response?.headers.get('proxy-status')).toBe(`${written}; error=connection_refused`);
  });
});

it.each<[string, unknown]>([
  ['a bug', new TypeError('undefined is no function')],
  ['a wrong use', new UsageError('no')],
  ['a rule broken by this side', new Http1ProtocolError('LML_ERR_HTTP1_WRONG_STATE', 'no', { origin: 'local' })],
  ['a stream that this side has reset', resetBy('local')],
  ['a body that is too long to collect', new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 })],
  ['what is no error at all', 'thrown text'],
])('%s is not about the next server', (_, error) => {
  expect(gatewayErrorResponse(error, 'me')).toBeUndefined();
});

function connectError(code: ConnectErrorCode, options: { readonly cause?: unknown } = {}): ConnectError {
  return new ConnectError(code, 'connect to 10.0.0.1:80', { phase: 'connect', ...options });
}

function allFailed(...codes: ConnectErrorCode[]): ConnectError {
  const errors = codes.map((code) => connectError(code));
  return new ConnectError('LML_ERR_CONNECT_ALL_FAILED', 'all failed', { phase: 'connect', errors });
}

function timeout(limit: string, phase?: string): TimeoutError {
  return new TimeoutError({ limit, timeoutMs: 1, ...(phase === undefined ? {} : { facts: { phase } }) });
}

function httpError(code: HttpConnectionError['code']): HttpConnectionError {
  return new HttpConnectionError(code, 'the connection ended', { processed: 'unknown' });
}

function resetBy(origin: 'remote' | 'local'): HttpStreamResetError {
  return new HttpStreamResetError('the stream was reset', { resetCode: 'CANCEL', origin, processed: 'unknown' });
}
