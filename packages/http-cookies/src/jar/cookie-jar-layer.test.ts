import { followRedirectLayer, HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../test/support/http-layer-subject.ts';
import type { CookieJar } from './cookie-jar.ts';
import { createCookieJar } from './cookie-jar.ts';
import type { CookieJarLayerOptions } from './cookie-jar-layer.ts';
import { cookieJarLayer } from './cookie-jar-layer.ts';

describe('cookieJarLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(cookieJarLayer({ jar: createCookieJar() }))));
  it.each(layerCases)('with a cookie to send: $name', ({ run }) => {
    const jar = createCookieJar();
    jar.accept('a=1', 'http://app.test/');
    return run(httpLayerSubject(cookieJarLayer({ jar })));
  });

  it('keeps what responses set, and sends it from then on', async () => {
    const { jar, get, seen } = setUp({ '/': ['a=1; Path=/', 'b=2; Path=/x', 'nonsense', 'c=3; Domain=com'] });
    await get('http://a.test/');
    await get('http://a.test/x');
    await get('http://b.test/x');
    expect(seen.map((request) => request.headers.get('cookie'))).toEqual([undefined, 'b=2; a=1', undefined]);
    expect(jar.size).toBe(2);
  });

  it('tells what the jar refuses', async () => {
    const refused: string[] = [];
    const { get } = setUp(
      { '/': ['a=1; Secure'] },
      { onRefused: (setCookie, url) => refused.push(`${setCookie} of ${url}`) },
    );
    await get('http://a.test/');
    expect(refused).toEqual(['a=1; Secure of http://a.test/']);
  });

  it('lets the own cookies of a request come first and win, and leaves the request alone', async () => {
    const { get, seen } = setUp({ '/': ['a=jar; Path=/', 'b=jar; Path=/'] });
    await get('http://a.test/');
    const request = HttpRequest.from({ target: 'http://a.test/x', headers: { Cookie: 'a=own; c=own' } });
    await get(request);
    expect(seen[1]?.headers.getAll('cookie')).toEqual(['a=own; c=own; b=jar']);
    expect(request.headers.get('cookie')).toBe('a=own; c=own');
  });

  it('goes by Sec-Fetch-Site for SameSite', async () => {
    const { get, seen } = setUp({ '/': ['s=1; SameSite=Strict; Path=/', 'l=1; SameSite=Lax; Path=/'] });
    await get('http://a.test/');
    const cross = { 'Sec-Fetch-Site': 'cross-site' };
    await get(HttpRequest.from({ target: 'http://a.test/x', headers: { 'Sec-Fetch-Site': 'same-origin' } }));
    await get(HttpRequest.from({ target: 'http://a.test/x', headers: { ...cross, 'Sec-Fetch-Mode': 'navigate' } }));
    await get(HttpRequest.from({ target: 'http://a.test/x', headers: cross }));
    expect(seen.slice(1).map(({ headers }) => headers.get('cookie'))).toEqual(['s=1; l=1', 'l=1', undefined]);
  });

  it('does nothing for what is no whole URL', async () => {
    const { jar, get } = setUp({ '/': ['a=1'] });
    await get('/');
    expect(jar.size).toBe(0);
  });

  describe('and redirects', () => {
    const redirects = {
      '/login': ['session=1; Path=/'],
      '/away': ['tracker=1; Path=/'],
    };

    it('inside of followRedirectLayer: every hop has the cookies of its own URL', async () => {
      const { origin, jar, seen } = setUp(redirects);
      const client = followRedirectLayer()(cookieJarLayer({ jar })(origin));
      await client.serve(HttpRequest.from({ target: 'http://a.test/login', headers: { Cookie: 'own=1' } }));
      expect(seen.map(({ target, headers }) => [target, headers.get('cookie')])).toEqual([
        ['http://a.test/login', 'own=1'],
        ['http://a.test/home', 'own=1; session=1'],
      ]);
      await client.serve(HttpRequest.from({ target: 'http://a.test/away', headers: { Cookie: 'own=1' } }));
      expect(seen.slice(2).map(({ target, headers }) => [target, headers.get('cookie')])).toEqual([
        ['http://a.test/away', 'own=1; session=1'],
        ['http://b.test/', undefined],
      ]);
    });

    it('outside: a redirect that sets a cookie is never seen', async () => {
      const { origin, jar, seen } = setUp(redirects);
      await cookieJarLayer({ jar })(followRedirectLayer()(origin)).serve(
        HttpRequest.from({ target: 'http://a.test/login' }),
      );
      expect([seen.length, jar.size]).toEqual([2, 0]);
    });
  });

  it.each<[unknown, string]>([
    [{}, 'jar must be a cookie jar'],
    [{ jar: {} }, 'jar must be a cookie jar'],
    [{ jar: createCookieJar(), contextOf: 'lax' }, 'contextOf must be a function'],
  ])('refuses %o', (options, message) => {
    expect(() => cookieJarLayer(options as CookieJarLayerOptions)).toThrow(message); // wrong on purpose
  });
});

function setUp(cookies: Readonly<Record<string, readonly string[]>>, options: Partial<CookieJarLayerOptions> = {}) {
  const jar: CookieJar = options.jar ?? createCookieJar();
  const seen: HttpRequest[] = [];
  const origin: Service<HttpRequest, HttpResponse> = {
    async serve(request) {
      seen.push(request);
      const { path } = request;
      const location = LOCATIONS[path];
      const headers: [string, string][] = (cookies[path] ?? []).map((value) => ['Set-Cookie', value]);
      if (location !== undefined) headers.push(['Location', location]);
      return HttpResponse.from({ status: location === undefined ? 200 : 302, headers });
    },
  };
  const service = cookieJarLayer({ jar, ...options })(origin);
  const get = (request: string | HttpRequest) =>
    service.serve(typeof request === 'string' ? HttpRequest.from({ target: request }) : request);
  return { jar, origin, seen, get };
}

const LOCATIONS: Readonly<Record<string, string>> = { '/login': '/home', '/away': 'http://b.test/' };
