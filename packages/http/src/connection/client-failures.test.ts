import { PeerAddress, parseAddress } from '@lamella/net-core';
import { createExtensions, TimeoutError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { Http1ProtocolError, HttpConnectionError } from '../errors.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import { HttpRequest } from '../message/http-request.ts';
import { ClientExchange } from './client-exchange.ts';
import { exchangeFacts, incomplete } from './client-failures.ts';

/** An exchange of which so much has come. */
function exchangeOf(method: string, bytesIn: number, hasHead: boolean): ClientExchange {
  const exchange = new ClientExchange(HttpRequest.from({ target: 'http://a.test/', method }), 0, 0);
  exchange.bytesIn = bytesIn;
  if (hasHead) exchange.head = HEAD;
  return exchange;
}

describe('incomplete', () => {
  it.each([
    ['a first request', [0, false, 9, false], 'LML_ERR_HTTP_CONNECTION_CLOSED', 'unknown'],
    ['a first request, unsent', [0, false, 0, false], 'LML_ERR_HTTP_CONNECTION_CLOSED', 'no'],
    ['a later request', [0, false, 9, true], 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED', 'unknown'],
    ['a later request, unsent', [0, false, 0, true], 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED', 'no'],
    ['a later request, in the head of its response', [3, false, 9, true], 'LML_ERR_HTTP_CONNECTION_CLOSED', 'unknown'],
    ['a request whose response has begun', [40, true, 9, true], 'LML_ERR_HTTP_RESPONSE_INCOMPLETE', 'unknown'],
  ] as const)('of %s', (_what, [bytesIn, hasHead, bytesOut, hasServed], code, processed) => {
    const cause = new Error('reset');
    expect(incomplete(exchangeOf('GET', bytesIn, hasHead), bytesOut, hasServed, cause)).toMatchObject({
      code,
      processed,
      cause,
    });
  });
});

describe('exchangeFacts', () => {
  const ended = (processed: 'no' | 'unknown') =>
    new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'ended', { processed });

  it.each([
    ['a connection that ended', ended('unknown'), true, false],
    ['a connection that ended before anything was sent', ended('no'), true, true],
    ['a deadline', new TimeoutError({ limit: 'responseHeadTimeoutMs', timeoutMs: 1 }), true, false],
    ['a peer that broke a rule', new Http1ProtocolError('LML_ERR_HTTP1_BAD_STATUS_LINE', 'broken'), false, false],
    ['a failure of the caller', new Error('mine'), undefined, undefined],
  ])('says of %s whether GET, and POST, may be sent again', (_what, error, get, post) => {
    const retryable = (method: string) => exchangeFacts(exchangeOf(method, 0, false), 9, error, extensions()).retryable;
    expect([retryable('GET'), retryable('POST')]).toEqual([get, post]);
  });

  it('says how far the exchange has come, and with whom, if that is known', () => {
    const error = new Error('mine');
    const known = extensions();
    known.insert(PeerAddress, parseAddress('192.0.2.7:80'));
    expect(exchangeFacts(exchangeOf('GET', 40, true), 9, error, known)).toEqual({
      layer: 'http/1.1',
      phase: 'response-body',
      bytesIn: 40,
      bytesOut: 9,
      peer: '192.0.2.7:80',
    });
    expect(exchangeFacts(exchangeOf('GET', 0, false), 0, error, extensions())).toEqual({
      layer: 'http/1.1',
      phase: 'response-head',
      bytesIn: 0,
      bytesOut: 0,
    });
  });
});

const extensions = () => createExtensions('connection');

const HEAD = {
  status: 200,
  reason: 'OK',
  version: '1.1',
  headers: new HttpHeaders(),
  contentLength: 100,
  isChunked: false,
  hasClose: false,
  hasKeepAlive: false,
  keepAlive: '',
} as const;
