import { Http1ProtocolError, HttpBodyError, HttpConnectionError, HttpStreamResetError } from '@lamella/http';
import { Http2ProtocolError } from '@lamella/http2';
import { ConnectError, StreamError } from '@lamella/net-core';
import { LimitError, TimeoutError, UsageError } from '@lamella/service-core';
import { TlsError, TlsSessionError } from '@lamella/tls';
import { describe, expect, it } from 'vitest';
import { CliError } from '../cli-error.ts';
import { toSendError } from './exit-code.ts';

describe('toSendError', () => {
  it.each([
    ['a server that nobody knows', new TlsError('LML_ERR_TLS_UNKNOWN_CA', 'no'), 60],
    ['an expired certificate', new TlsError('LML_ERR_TLS_CERTIFICATE_EXPIRED', 'no'), 60],
    ['no status of the certificate', new TlsError('LML_ERR_TLS_BAD_OCSP', 'no'), 91],
    ['a revoked certificate', new TlsError('LML_ERR_TLS_CERTIFICATE_REVOKED', 'no'), 91],
    ['another key', new TlsError('LML_ERR_TLS_PIN_MISMATCH', 'no'), 90],
    ['a slow handshake', new TlsError('LML_ERR_TLS_TIMEOUT', 'no'), 28],
    ['no handshake', new TlsError('LML_ERR_TLS_ALERT', 'no'), 35],
    ['a broken rule of HTTP/2', new Http2ProtocolError('LML_ERR_HTTP2_BAD_PREFACE', 'no'), 16],
    ['a malformed response', new Http2ProtocolError('LML_ERR_HTTP2_MALFORMED_MESSAGE', 'no', { scope: 'stream' }), 92],
    ['a stream that was reset', new HttpStreamResetError('no', RESET), 92],
    ['a limit', new TimeoutError({ limit: '--max-time', timeoutMs: 1 }), 28],
    ['a refused connection', new ConnectError('LML_ERR_CONNECT_REFUSED', 'refused', { phase: 'connect' }), 7],
    ['a slow connection', slowConnect(), 28],
    ['a refused tunnel', new ConnectError('LML_ERR_CONNECT_PROXY_REFUSED', 'refused', { phase: 'proxy' }), 56],
    ['a slow proxy', new ConnectError('LML_ERR_CONNECT_TIMEOUT', 'slow', { phase: 'proxy' }), 28],
    ['several slow connections', allFailed(slowConnect(), slowConnect()), 28],
    ['connections of which one is refused', allFailed(slowConnect(), refusedConnect()), 7],
    ['an unknown name', new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', 'unknown', { phase: 'resolve' }), 6],
    ['no response', ended('LML_ERR_HTTP_CONNECTION_CLOSED'), 52],
    ['half a response', ended('LML_ERR_HTTP_RESPONSE_INCOMPLETE'), 18],
    ['a reset', ended('LML_ERR_HTTP_CONNECTION_CLOSED', new StreamError('LML_ERR_STREAM_RESET', 'reset')), 56],
    ['a head that is none', new Http1ProtocolError('LML_ERR_HTTP1_BAD_STATUS_LINE', 'bad'), 8],
    ['a body that is none', badBody(), 56],
    ['a request that can not be sent', badRequest(), 2],
    ['content that can not be decoded', new HttpBodyError('LML_ERR_HTTP_BODY_BAD_CODING', 'bad'), 61],
    ['content that ends within its coding', new HttpBodyError('LML_ERR_HTTP_BODY_CODING_INCOMPLETE', 'bad'), 61],
    ['a bomb', bomb('decompression'), 63],
    ['another limit', bomb('other'), 1],
    ['wrong use', new UsageError('no'), 2],
    ['one that has its code', new CliError('no', 23), 23],
    ['anything else', new Error('no'), 1],
  ])('gives %s the code of curl', (_what, error, exitCode) => {
    expect(toSendError(error, {}).exitCode).toBe(exitCode);
  });

  it('tells an unknown proxy from an unknown host', () => {
    const error = new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', 'unknown', { phase: 'resolve' });
    expect(toSendError(error, { isProxied: true }).exitCode).toBe(5);
    expect(toSendError(error, { isProxied: false }).exitCode).toBe(6);
  });

  it('says why a connection ended, if there is more to say than that', () => {
    const reset = new StreamError('LML_ERR_STREAM_RESET', 'the peer reset the connection');
    const closed = new StreamError('LML_ERR_STREAM_CLOSED', 'the connection is closed');
    const code = 'LML_ERR_HTTP_CONNECTION_CLOSED';
    expect(toSendError(ended(code, reset), {}).message).toBe('it ended: the peer reset the connection');
    expect(toSendError(ended(code, closed), {}).message).toBe('it ended');
  });

  it('says what to do about a server that is not trusted, and which alert ended a session', () => {
    const unknown = new TlsError('LML_ERR_TLS_UNKNOWN_CA', 'the issuer is not known');
    expect(toSendError(unknown, {}).message).toBe(
      'the issuer is not known; --cacert names a root to trust, -k trusts everybody',
    );
    expect(toSendError(unknown, { isProxied: true }).message).toMatch(/-k trusts everybody; for .* --proxy-cacert/);
    const cause = new TlsSessionError('LML_ERR_TLS_ALERT', 'alert certificate_required');
    const reset = new StreamError('LML_ERR_STREAM_RESET', 'reset', { cause });
    const error = ended('LML_ERR_HTTP_CONNECTION_CLOSED', reset);
    expect(toSendError(error, {})).toMatchObject({ message: 'it ended: alert certificate_required', exitCode: 56 });
  });

  it('says which option names the certificate that a server, or a proxy, asks for', () => {
    const alert = new TlsSessionError('LML_ERR_TLS_ALERT', 'it wants one', { alert: 'certificate_required' });
    const cause = ended(
      'LML_ERR_HTTP_CONNECTION_CLOSED',
      new StreamError('LML_ERR_STREAM_RESET', 'reset', { cause: alert }),
    );
    expect(toSendError(cause, {}).message).toBe('it ended: it wants one; --cert and --key name the one to show');
    const error = new ConnectError('LML_ERR_CONNECT_PROXY_FAILED', 'no valid answer', { phase: 'proxy', cause });
    expect(toSendError(error, { isProxied: true })).toMatchObject({
      message:
        'no valid answer: it ended: it wants one; --cert and --key name the one to show, --proxy-cert and --proxy-key that for an https proxy',
      exitCode: 56,
    });
  });

  it('says that there was no room, in words of its own', () => {
    const facts = { layer: 'http-pool', phase: 'queue', peer: 'https://h.test' };
    const error = new TimeoutError({ limit: 'acquireTimeoutMs', timeoutMs: 40_000, facts });
    expect(toSendError(error, {})).toMatchObject({
      message: 'no connection to https://h.test took a request within 40000 ms',
      exitCode: 28,
    });
  });

  it('says nothing with -s, unless -S is there too', () => {
    expect(toSendError(new Error('why'), { silent: true })).toMatchObject({ message: '', exitCode: 1 });
    expect(toSendError(new Error('why'), { silent: true, showError: true }).message).toBe('why');
  });
});

const RESET = { resetCode: 'CANCEL', origin: 'remote', processed: 'unknown' } as const;

function ended(code: HttpConnectionError['code'], cause?: unknown): HttpConnectionError {
  return new HttpConnectionError(code, 'it ended', { cause, processed: 'unknown' });
}

function slowConnect(): ConnectError {
  return new ConnectError('LML_ERR_CONNECT_TIMEOUT', 'slow', { phase: 'connect' });
}

function refusedConnect(): ConnectError {
  return new ConnectError('LML_ERR_CONNECT_REFUSED', 'refused', { phase: 'connect' });
}

function allFailed(...errors: readonly ConnectError[]): ConnectError {
  return new ConnectError('LML_ERR_CONNECT_ALL_FAILED', 'all failed', { phase: 'connect', errors });
}

function bomb(layer: string): LimitError {
  return new LimitError({ limit: 'maxRatio', maximum: 250, observed: 251, facts: { layer, phase: 'body' } });
}

function badBody(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_CHUNK_SIZE', 'bad', { facts: { phase: 'response-body' } });
}

function badRequest(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', 'bad', { origin: 'local' });
}
