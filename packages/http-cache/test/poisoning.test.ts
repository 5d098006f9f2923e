import { ClientAddress, HttpRequest, HttpResponse, readForwardedLayer, requestScheme, urlScheme } from '@lamella/http';
import { PeerAddress, parseAddress, TlsSession } from '@lamella/net-core';
import { createExtensions } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { CachedOrigin, counting } from './support/cached-origin.ts';

const FRESH = { 'Cache-Control': 'max-age=60' };

describe('one request does not decide what others get', () => {
  it.each<[string, Record<string, string>, { method?: string; body?: string }]>([
    ['content in a GET', {}, { body: 'evil' }],
    ['a range', { Range: 'bytes=0-1' }, {}],
    ['X-HTTP-Method-Override', { 'X-HTTP-Method-Override': 'POST' }, {}],
    ['X-HTTP-Method', { 'X-HTTP-Method': 'DELETE' }, {}],
    ['X_HTTP_Method_Override', { X_HTTP_Method_Override: 'POST' }, {}],
    ['x.http_method', { 'x.http_method': 'DELETE' }, {}],
    ['X-Method-Override', { 'X-Method-Override': 'PUT' }, {}],
    ['no-store', { 'Cache-Control': 'no-store' }, {}],
  ])('by %s', async (_name, headers, init) => {
    const origin = new CachedOrigin(counting(FRESH));
    expect(await origin.get('/', headers, init)).toMatchObject({ body: 'answer 1', cache: 'lamella; fwd=bypass' });
    expect(await origin.get()).toMatchObject({ body: 'answer 2', cache: 'lamella; fwd=miss' });
    expect(await origin.get('/', headers, init)).toMatchObject({ body: 'answer 3' });
  });

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])('by the method %s', async (method) => {
    const origin = new CachedOrigin(counting(FRESH));
    await origin.get('/', {}, { method });
    expect(await origin.get()).toMatchObject({ body: 'answer 2' });
  });

  it.each(['/other', '/?a', '/?', '/a%2Fb', '/A'])('the path %s is another resource', async (path) => {
    const origin = new CachedOrigin(counting(FRESH));
    await origin.get('/');
    await origin.get('/a/b');
    await origin.get('/a');
    expect(await origin.get(path)).toMatchObject({ body: 'answer 4' });
  });

  it('another host is another resource, another spelling of it is not', async () => {
    const origin = new CachedOrigin(counting(FRESH));
    await origin.get();
    await origin.get('/', {}, { target: 'http://evil.test/' });
    expect(await origin.get()).toMatchObject({ body: 'answer 1' });
    expect(await origin.get('/', {}, { target: 'http://ORIGIN.test:80/' })).toMatchObject({ body: 'answer 1' });
    expect(await origin.get('/', {}, { target: 'http://origin.test:81/' })).toMatchObject({ body: 'answer 3' });
    expect(await origin.get('/', { Host: 'evil.test' }, { target: '/' })).toMatchObject({ body: 'answer 2' });
    expect(await origin.get('/', {}, { target: '/' })).toMatchObject({ body: 'answer 4' });
    expect(await origin.get('/', {}, { target: '/' })).toMatchObject({ body: 'answer 5' });
  });

  it('Vary keeps variants apart, also where a field is missing', async () => {
    const origin = new CachedOrigin((request) =>
      HttpResponse.text(request.headers.get('accept-language') ?? 'none', {
        headers: { ...FRESH, Vary: 'Accept-Language' },
      }),
    );
    const ask = async (language?: string) =>
      (await origin.get('/', language === undefined ? {} : { 'Accept-Language': language })).body;
    for (const language of ['de', undefined, 'fr', 'de', 'fr', undefined])
      expect(await ask(language)).toBe(language ?? 'none');
    expect(origin.requests).toHaveLength(3);
  });

  it('keyHeaders keep apart what Vary forgets', async () => {
    const origin = new CachedOrigin(
      (request) => HttpResponse.text(request.headers.get('x-forwarded-host') ?? 'none', { headers: FRESH }),
      {
        keyHeaders: ['X-Forwarded-Host'],
      },
    );
    await origin.get('/', { 'X-Forwarded-Host': 'evil.test' });
    expect(await origin.get()).toMatchObject({ body: 'none' });
  });

  it('what came without TLS is not given with it, nor refreshed without it', async () => {
    const origin = new CachedOrigin((request) =>
      HttpResponse.text(requestScheme(request), {
        headers: { 'Cache-Control': 'max-age=60, stale-while-revalidate=60' },
      }),
    );
    const ask = async (isTls: boolean): Promise<string> =>
      (await origin.service.serve(received({ isTls }))).body.text();
    expect([await ask(false), await ask(true)]).toEqual(['http', 'https']);
    origin.pass(70);
    expect(await ask(true)).toBe('https');
    await settle();
    expect(origin.requests).toHaveLength(3);
    expect(await ask(true)).toBe('https');
    expect(origin.requests).toHaveLength(3);
  });

  it.each([
    ['https', false],
    ['http', true],
  ] as const)('a whole URL of %s, which was not asked by that, goes past the cache', async (scheme, isTls) => {
    const origin = new CachedOrigin((request) => HttpResponse.text(requestScheme(request), { headers: FRESH }));
    const ask = async (options: Parameters<typeof received>[0]): Promise<string> =>
      (await origin.service.serve(received(options))).body.text();
    const url = `${scheme}://origin.test/`;
    const other = scheme === 'https' ? 'http' : 'https';
    expect(await ask({ isTls, target: url })).toBe(other);
    expect(origin.store.entryCount).toBe(0);
    expect(await ask({ isTls: !isTls })).toBe(scheme);
    expect(await ask({ isTls: !isTls, target: url })).toBe(scheme);
    expect(origin.requests).toHaveLength(2);
    expect(await ask({ isTls, target: url })).toBe(other);
    expect(await ask({ isTls, target: `${other}://origin.test/` })).toBe(other);
    expect(await ask({ isTls })).toBe(other);
    expect(origin.requests).toHaveLength(4);
  });

  it('a client without a connection is asked for by the scheme of its URL', async () => {
    const origin = new CachedOrigin((request) => HttpResponse.text(String(urlScheme(request)), { headers: FRESH }));
    for (const scheme of ['http', 'https', 'http', 'https']) {
      expect(await origin.get('/', {}, { target: `${scheme}://origin.test/` })).toMatchObject({ body: scheme });
    }
    expect(origin.requests).toHaveLength(2);
  });

  it('behind a trusted proxy, what that says of the scheme is part of the key, also when it is refreshed', async () => {
    const origin = new CachedOrigin((request) =>
      HttpResponse.text(`${urlScheme(request)} for ${request.extensions.get(ClientAddress)}`, {
        headers: { 'Cache-Control': 'max-age=60, stale-while-revalidate=60' },
      }),
    );
    const service = readForwardedLayer({ trusted: ['10.0.0.1'] })(origin.service);
    const ask = async (proto: string, peer = '10.0.0.1:5000', target = '/'): Promise<string> => {
      const headers = { 'X-Forwarded-Proto': proto, 'X-Forwarded-For': '192.0.2.7' };
      return (await service.serve(received({ peer, headers, target }))).body.text();
    };
    expect(await ask('http')).toBe('http for 192.0.2.7');
    expect(await ask('https')).toBe('https for 192.0.2.7');
    expect(await ask('https', undefined, 'https://origin.test/')).toBe('https for 192.0.2.7');
    expect(origin.requests).toHaveLength(2);
    // A stranger comes in clear, whatever it says.
    expect(await ask('https', '203.0.113.66:5000')).toBe('http for 192.0.2.7');
    expect(await ask('https', '203.0.113.66:5000', 'https://origin.test/')).toBe('http for 203.0.113.66');
    expect(await ask('http', undefined, 'https://origin.test/')).toBe('http for 192.0.2.7');
    expect(origin.requests).toHaveLength(4);
    origin.pass(70);
    expect(await ask('https')).toBe('https for 192.0.2.7');
    await settle();
    expect(origin.requests).toHaveLength(5);
    expect(await ask('https')).toBe('https for 192.0.2.7');
    expect(origin.requests).toHaveLength(5);
  });

  it('variants are bounded', async () => {
    const origin = new CachedOrigin(counting({ ...FRESH, Vary: 'X-Any' }));
    for (let count = 0; count < 100; count++) await origin.get('/', { 'X-Any': String(count) });
    expect(origin.store.entryCount).toBe(16);
    expect(await origin.get('/', { 'X-Any': '99' })).toMatchObject({ body: 'answer 100' });
  });

  it("a response can't make the cache forget what lies on another origin", async () => {
    const origin = new CachedOrigin((request, count) =>
      request.method === 'POST'
        ? HttpResponse.from({ status: 201, headers: { Location: 'http://victim.test/', 'Content-Location': '/list' } })
        : HttpResponse.text(`answer ${count}`, { headers: FRESH }),
    );
    await origin.get('/', {}, { target: 'http://victim.test/' });
    await origin.get('/list');
    await origin.get('/items');
    await origin.get('/items', {}, { method: 'POST', body: 'x' });
    expect(await origin.get('/', {}, { target: 'http://victim.test/' })).toMatchObject({ body: 'answer 1' });
    expect(await origin.get('/list')).toMatchObject({ body: 'answer 5' });
    expect(await origin.get('/items')).toMatchObject({ body: 'answer 6' });
  });

  it('what was asked for before a change is not stored after it, however slowly it is read', async () => {
    const origin = new CachedOrigin(({ method }, count) =>
      method === 'PUT'
        ? HttpResponse.from({ status: 204 })
        : HttpResponse.from({ headers: FRESH, body: [`${count}`, '!'] }),
    );
    const slow = await origin.service.serve(HttpRequest.from({ target: 'http://origin.test/' }));
    await origin.get('/', {}, { method: 'PUT', body: 'x' });
    expect(await slow.body.text()).toBe('1!');
    expect(await origin.get()).toMatchObject({ body: '3!', cache: 'lamella; fwd=miss' });
    expect(await origin.get()).toMatchObject({ body: '3!' });
  });

  it('what was asked for earlier does not replace what came later', async () => {
    const origin = new CachedOrigin(
      (_request, count) => HttpResponse.from({ headers: FRESH, body: [`${count}`, '!'] }),
      { coalesce: false },
    );
    const slow = await origin.service.serve(HttpRequest.from({ target: 'http://origin.test/' }));
    expect(await origin.get()).toMatchObject({ body: '2!' });
    expect(await slow.body.text()).toBe('1!');
    expect(await origin.get()).toMatchObject({ body: '2!' });
  });

  it('a change that failed makes nothing forgotten', async () => {
    const origin = new CachedOrigin((request, count) =>
      request.method === 'DELETE'
        ? HttpResponse.from({ status: 403 })
        : HttpResponse.text(`answer ${count}`, { headers: FRESH }),
    );
    await origin.get();
    await origin.get('/', {}, { method: 'DELETE' });
    expect(await origin.get()).toMatchObject({ body: 'answer 1' });
  });
});

/** A request as a server gets it. */
function received(options: {
  readonly isTls?: boolean;
  readonly peer?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
}): HttpRequest {
  const { isTls = false, peer = '192.0.2.1:5000', target = '/', headers = {} } = options;
  const request = HttpRequest.from({ target, headers: { Host: 'origin.test', ...headers } });
  const connection = createExtensions('connection');
  connection.insert(PeerAddress, parseAddress(peer));
  if (isTls) connection.insert(TlsSession, { version: 'TLSv1.3', cipher: 'x' });
  request.extensions.link('ingress', connection);
  return request;
}
