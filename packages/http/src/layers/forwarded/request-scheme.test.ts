import { TlsSession } from '@lamella/net-core';
import { createExtensions } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { RequestContext } from '../../message/request-context.ts';
import { ForwardedFacts } from './forwarded-facts.ts';
import { requestScheme, TrustedScheme, urlScheme } from './request-scheme.ts';

describe('the scheme of a request that a server got', () => {
  it.each([
    ['in clear', {}, 'http', 'http'],
    ['by TLS', { tls: true }, 'https', 'https'],
    ['in clear, from a proxy that is believed', { trusted: 'https' }, 'https', 'https'],
    ['by TLS, from a proxy that is believed', { tls: true, trusted: 'http' }, 'http', 'http'],
    ['through proxies that say so in fields', { forwarded: 'https' }, 'http', 'https'],
    ['through proxies that say nothing of it', { tls: true, forwarded: undefined }, 'https', 'https'],
  ] as const)('is not what its target says: %s', (_, known, byConnection, ofUrl) => {
    for (const target of ['/', 'http://a.test/', 'https://a.test/']) {
      const request = received(target, known);
      expect([requestScheme(request), urlScheme(request)]).toEqual([byConnection, ofUrl]);
    }
  });
});

it('the scheme of a request that came in by no connection is that of its target', () => {
  expect(urlScheme(HttpRequest.from({ target: 'https://a.test/' }))).toBe('https');
  expect(urlScheme(HttpRequest.from({ target: '/' }))).toBeUndefined();
});

interface Known {
  readonly tls?: boolean;
  readonly trusted?: 'http' | 'https';
  readonly forwarded?: 'http' | 'https' | undefined;
}

function received(target: string, known: Known): HttpRequest {
  const connection = createExtensions('connection');
  if (known.tls === true) connection.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
  const ingress = connection.fork('stream');
  if (known.trusted !== undefined) ingress.insert(TrustedScheme, known.trusted);
  const request = new HttpRequest({
    method: 'GET',
    target,
    version: '2',
    headers: HttpHeaders.from({ Host: 'a.test' }),
    body: HttpBody.empty,
    onInformational: undefined,
    context: new RequestContext({ ingress }),
  });
  if ('forwarded' in known) {
    const facts = { proto: known.forwarded, host: undefined, port: undefined, prefix: undefined, chain: [] };
    request.extensions.insert(ForwardedFacts, facts);
  }
  return request;
}
