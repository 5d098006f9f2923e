import { StreamError } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { TlsError } from '../errors.ts';
import { toTlsError, toTlsSessionError } from './to-tls-error.ts';

const withCode = (code: string, message = 'boom', reason?: string): Error =>
  Object.assign(new Error(message), { code }, reason === undefined ? {} : { reason });

describe('toTlsError', () => {
  it.each<[string, unknown, object]>([
    [
      'an alert',
      withCode('ERR_SSL_X', 'error: SSL alert number 40\n'),
      { code: 'LML_ERR_TLS_ALERT', alert: 'handshake_failure' },
    ],
    [
      'an alert with a code of its own',
      withCode('ERR_SSL_X', 'SSL alert number 120'),
      { code: 'LML_ERR_TLS_NO_ALPN_OVERLAP' },
    ],
    [
      'an alert without a name',
      withCode('ERR_SSL_X', 'SSL alert number 200'),
      { code: 'LML_ERR_TLS_ALERT', alert: 'alert 200' },
    ],
    ['a fault that is known', withCode('ERR_SSL_HTTP_REQUEST'), { code: 'LML_ERR_TLS_PROTOCOL', message: /use https/ }],
    [
      'any other fault',
      withCode('ERR_SSL_ODD', 'x', 'odd thing'),
      { code: 'LML_ERR_TLS_PROTOCOL', message: /\(odd thing\)/ },
    ],
    ['a reset', withCode('ECONNRESET'), { code: 'LML_ERR_TLS_CLOSED', domain: 'transport' }],
    ['a reset of a stream', new StreamError('LML_ERR_STREAM_RESET', 'x'), { code: 'LML_ERR_TLS_CLOSED' }],
    ['a timeout of the system', withCode('ETIMEDOUT'), { code: 'LML_ERR_TLS_TIMEOUT', domain: 'transport' }],
    ['anything', new Error(' odd \n'), { code: 'LML_ERR_TLS_FAILED', message: /with host:1: odd$/ }],
    ['no error at all', 'text', { code: 'LML_ERR_TLS_FAILED', message: /text/ }],
    ['nothing', new Error(''), { code: 'LML_ERR_TLS_FAILED', message: /for no known reason/ }],
  ])('knows %s', (_what, error, expected) => {
    const { message, ...rest } = expected as { message?: RegExp };
    const made = toTlsError(error, 'host:1');
    expect(made).toMatchObject({ ...rest, cause: error, facts: { peer: 'host:1' } });
    if (message !== undefined) expect(made.message).toMatch(message);
  });

  it('leaves a TlsError as it is, and names no peer that nobody knows', () => {
    const error = new TlsError('LML_ERR_TLS_VERSION', 'x');
    expect(toTlsError(error, 'host:1')).toBe(error);
    expect(toTlsError(new Error('x'), undefined).message).toBe('tls handshake: x');
  });

  it('has the same rules for a session that stood', () => {
    const made = toTlsSessionError(withCode('ERR_SSL_X', 'SSL alert number 116'), undefined);
    expect(made).toMatchObject({ name: 'TlsSessionError', code: 'LML_ERR_TLS_ALERT', alert: 'certificate_required' });
    expect(made.facts).toMatchObject({ phase: 'session', protocolCode: 'certificate_required' });
  });
});
