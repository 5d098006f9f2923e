import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { replayBodyLayer } from '../replay-body/replay-body-layer.ts';
import { sensitiveHeadersLayer } from '../sensitive-headers/sensitive-headers-layer.ts';
import type { FollowRedirectLayerOptions } from './follow-redirect-layer.ts';
import { followRedirectLayer, RedirectHistory } from './follow-redirect-layer.ts';

const Note: ExtensionKey<string, 'request'> = extensionKey('test/redirect-note', { scope: 'request' });
const Secret: ExtensionKey<string, 'request'> = extensionKey('test/redirect-secret', {
  scope: 'request',
  originScoped: true,
});

describe('followRedirectLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(followRedirectLayer())));

  it('follows, and tells how it got there', async () => {
    const { ask, asked } = setUp({
      'http://a.test/': [301, '/next'],
      'http://a.test/next': [302, 'http://b.test/end#part'],
    });
    const response = await ask({ target: 'http://a.test/' });
    expect([response.status, await response.body.text()]).toEqual([200, 'GET http://b.test/end']);
    expect(asked.map(({ target }) => target)).toEqual(['http://a.test/', 'http://a.test/next', 'http://b.test/end']);
    expect(response.extensions.get(RedirectHistory)).toEqual([
      { status: 301, from: 'http://a.test/', to: 'http://a.test/next', method: 'GET', isCrossOrigin: false },
      { status: 302, from: 'http://a.test/next', to: 'http://b.test/end#part', method: 'GET', isCrossOrigin: true },
    ]);
  });

  it.each<[number, string, string, string]>([
    // status, asked by, followed by, content
    [301, 'GET', 'GET', ''],
    [301, 'HEAD', 'HEAD', ''],
    [301, 'POST', 'GET', ''],
    [301, 'PUT', 'PUT', 'content'],
    [302, 'POST', 'GET', ''],
    [302, 'PATCH', 'PATCH', 'content'],
    [303, 'GET', 'GET', ''],
    [303, 'HEAD', 'HEAD', ''],
    [303, 'POST', 'GET', ''],
    [303, 'DELETE', 'GET', ''],
    [307, 'POST', 'POST', 'content'],
    [307, 'GET', 'GET', ''],
    [308, 'PUT', 'PUT', 'content'],
  ])('goes on after %i to %s as %s with the content %o', async (status, method, next, content) => {
    const { ask, asked, contents } = setUp({ 'http://a.test/': [status, '/next'] });
    const body = method === 'GET' || method === 'HEAD' ? '' : 'content';
    const headers = { 'Content-Type': 'text/plain', 'Content-Length': '7', Accept: 'x' };
    await ask({ method, target: 'http://a.test/', headers, body });
    expect([asked[1]?.method, contents[1]]).toEqual([next, content]);
    const hasContent = content !== '' || (status !== 303 && body === '');
    expect([asked[1]?.headers.has('content-type'), asked[1]?.headers.get('accept')]).toEqual([hasContent, 'x']);
  });

  it.each([300, 304, 305, 306, 200, 404])('leaves a %i to the caller, Location or not', async (status) => {
    const { ask, asked } = setUp({ 'http://a.test/': [status, '/next'] });
    expect((await ask({ target: 'http://a.test/' })).status).toBe(status);
    expect(asked).toHaveLength(1);
  });

  it('leaves a redirect without Location to the caller, and what is no whole URL', async () => {
    const { ask } = setUp({ 'http://a.test/': [302], '/': [302, '/next'] });
    expect((await ask({ target: 'http://a.test/' })).status).toBe(302);
    expect((await ask({ target: '/' })).status).toBe(302);
  });

  describe('credentials', () => {
    const headers = {
      Authorization: 'Basic x',
      'Proxy-Authorization': 'Basic y',
      Cookie: 'a=b',
      'X-Api-Key': 'k',
      'Api-Key': 'k',
      'X-Goog-Api-Key': 'k',
      'PRIVATE-TOKEN': 't',
      'X-Amz-Security-Token': 't',
      Origin: 'http://a.test',
      'X-Session': 's',
      Accept: 'x',
      Host: 'a.test',
    };

    it('stay at their origin', async () => {
      const { ask, asked } = setUp({ 'http://a.test/': [307, '/next'] });
      await ask({ target: 'http://a.test/', headers });
      const { Host, ...others } = headers;
      expect(Object.fromEntries(asked[1]?.headers ?? [])).toEqual(others);
    });

    it.each(['http://b.test/', 'http://a.test:8080/', 'https://a.test/', 'http://sub.a.test/', 'http://a.test./'])(
      'do not go to %s',
      async (location) => {
        const { ask, asked } = setUp({ 'http://a.test/': [307, location] }, {}, ['X-Session']);
        await ask({ target: 'http://a.test/', headers });
        expect(asked[1]?.headers.toJSON()).toEqual([['Accept', 'x']]);
      },
    );

    it('do not come back on the way home', async () => {
      const { ask, asked } = setUp({
        'http://a.test/': [307, 'http://b.test/'],
        'http://b.test/': [307, 'http://a.test/2'],
      });
      await ask({ target: 'http://a.test/', headers }, (request) => request.extensions.insert(Secret, 'for a'));
      expect(asked.map(({ extensions }) => extensions.get(Secret))).toEqual(['for a', undefined, undefined]);
      expect(asked[2]?.headers.has('authorization')).toBe(false);
      expect(asked[2]?.headers.has('origin')).toBe(false);
    });
  });

  it('gives every hop a store of its own: what one writes, no other sees', async () => {
    const { ask, asked } = setUp({ 'http://a.test/': [302, '/2'], 'http://a.test/2': [302, '/3'] });
    let caller: HttpRequest | undefined;
    await ask({ target: 'http://a.test/' }, (request) => {
      caller = request;
      request.extensions.insert(Secret, 'of the caller');
    });
    // The service of setUp writes the number of the hop, if it finds none.
    expect(asked.map(({ extensions }) => extensions.get(Note))).toEqual(['hop 1', 'hop 2', 'hop 3']);
    expect(asked.map(({ extensions }) => extensions.get(Secret))).toEqual(Array(3).fill('of the caller'));
    expect(caller?.extensions.get(Note)).toBeUndefined();
  });

  describe('refuses', () => {
    it('more than maxRedirects, 10 by default', async () => {
      const endless = (target: string): Answer => [302, `/${Number(new URL(target).pathname.slice(1)) + 1}`];
      const { ask, asked } = setUp(endless);
      await expect(ask({ target: 'http://a.test/0' })).rejects.toMatchObject({
        code: 'LML_ERR_HTTP_REDIRECT_TOO_MANY',
      });
      expect(asked).toHaveLength(11);
      const none = setUp(endless, { maxRedirects: 0 });
      await expect(none.ask({ target: 'http://a.test/0' })).rejects.toThrow('more than 0 redirects');
      const exactly = setUp({ 'http://a.test/0': [302, '/1'] }, { maxRedirects: 1 });
      expect((await exactly.ask({ target: 'http://a.test/0' })).status).toBe(200);
    });

    it.each([
      [{ 'http://a.test/': [302, '/'] as Answer }, 1],
      [{ 'http://a.test/': [302, '/b'] as Answer, 'http://a.test/b': [302, '/#x'] as Answer }, 2],
      [{ 'http://a.test/': [302, ''] as Answer }, 1],
    ])('the loop %o', async (map, requests) => {
      const { ask, asked } = setUp(map);
      await expect(ask({ target: 'http://a.test/' })).rejects.toMatchObject({ code: 'LML_ERR_HTTP_REDIRECT_LOOP' });
      expect(asked).toHaveLength(requests);
    });

    it('no loop that ends: one that sets a cookie, or another method', async () => {
      let count = 0;
      const withCookie = setUp(() => (++count < 3 ? [302, '/', { 'Set-Cookie': `n=${count}` }] : [200]));
      expect((await withCookie.ask({ target: 'http://a.test/' })).status).toBe(200);
      const postThenGet = setUp((_target, method) => (method === 'POST' ? [303, '/'] : [200]));
      expect((await postThenGet.ask({ method: 'POST', target: 'http://a.test/' })).status).toBe(200);
    });

    it('a loop in spite of cookies at maxRedirects', async () => {
      const { ask } = setUp(() => [302, '/', { 'Set-Cookie': 'a=b' }]);
      await expect(ask({ target: 'http://a.test/' })).rejects.toMatchObject({ code: 'LML_ERR_HTTP_REDIRECT_TOO_MANY' });
    });

    it.each(['javascript:alert(1)', 'http://user:password@b.test/', 'http://', 'file:///etc/passwd'])(
      'the location %s',
      async (location) => {
        const { ask, bodies } = setUp({ 'http://a.test/': [302, location] });
        await expect(ask({ target: 'http://a.test/' })).rejects.toMatchObject({
          code: 'LML_ERR_HTTP_REDIRECT_BAD_LOCATION',
        });
        await expect(bodies[0]?.read()).rejects.toThrow('cancelled');
      },
    );

    it('to go from https to http, unless told so', async () => {
      const map = { 'https://a.test/': [302, 'http://a.test/'] as Answer };
      await expect(setUp(map).ask({ target: 'https://a.test/' })).rejects.toMatchObject({
        code: 'LML_ERR_HTTP_REDIRECT_DOWNGRADE',
      });
      expect((await setUp(map, { downgrade: 'follow' }).ask({ target: 'https://a.test/' })).status).toBe(200);
      const up = setUp({ 'http://a.test/': [302, 'https://a.test/'] });
      expect((await up.ask({ target: 'http://a.test/' })).status).toBe(200);
    });

    it('to send a stream again, unless it is replayed', async () => {
      const map = { 'http://a.test/': [307, '/next'] as Answer };
      const request = () => ({ method: 'POST', target: 'http://a.test/', body: ['str', 'eam'] });
      await expect(setUp(map).ask(request())).rejects.toMatchObject({
        code: 'LML_ERR_HTTP_REDIRECT_BODY_NOT_REPLAYABLE',
      });
      const { service, contents } = setUp(map);
      await replayBodyLayer()(service).serve(HttpRequest.from(request()));
      expect(contents).toEqual(['stream', 'stream']);
      const small = setUp(map);
      const replayed = replayBodyLayer({ maxBytes: 5 })(small.service).serve(HttpRequest.from(request()));
      await expect(replayed).rejects.toMatchObject({ code: 'LML_ERR_HTTP_REDIRECT_BODY_NOT_REPLAYABLE' });
    });
  });

  it('gives up the content of redirects, not that of the end', async () => {
    const { ask, bodies } = setUp({ 'http://a.test/': [302, '/next'] });
    const response = await ask({ target: 'http://a.test/' });
    await expect(bodies[0]?.read()).rejects.toThrow('cancelled');
    expect(await response.body.text()).toBe('GET http://a.test/next');
  });

  it.each([async () => true, () => 1, () => undefined])('takes %s of shouldFollow for no yes', async (shouldFollow) => {
    const { ask } = setUp({ 'http://a.test/': [302, '/2'] }, { shouldFollow: shouldFollow as never });
    expect((await ask({ target: 'http://a.test/' })).status).toBe(302);
  });

  it('asks shouldFollow, and gives the redirect to the caller if it says no', async () => {
    const seen: string[] = [];
    const { ask } = setUp(
      { 'http://a.test/': [302, '/2'], 'http://a.test/2': [302, '/3'] },
      { shouldFollow: ({ to }) => seen.push(to) < 2 },
    );
    const response = await ask({ target: 'http://a.test/' });
    expect([response.status, response.headers.get('location'), seen]).toEqual([
      302,
      '/3',
      ['http://a.test/2', 'http://a.test/3'],
    ]);
    expect(response.extensions.get(RedirectHistory)).toHaveLength(1);
  });

  it('trims the Referer by its policy, or by that of a response', async () => {
    const headers = { Referer: 'http://a.test/page?secret' };
    const map = { 'http://a.test/': [302, '/2'] as Answer, 'http://a.test/2': [302, 'http://b.test/'] as Answer };
    const byDefault = setUp(map);
    await byDefault.ask({ target: 'http://a.test/', headers });
    expect(byDefault.asked.map((request) => request.headers.get('referer'))).toEqual([
      'http://a.test/page?secret',
      'http://a.test/page?secret',
      'http://a.test/',
    ]);
    const none = setUp({ 'http://a.test/': [302, '/2', { 'Referrer-Policy': 'no-referrer' }] });
    await none.ask({ target: 'http://a.test/', headers });
    expect(none.asked[1]?.headers.has('referer')).toBe(false);
    const all = setUp(map, { referrerPolicy: 'unsafe-url' });
    await all.ask({ target: 'http://a.test/', headers });
    expect(all.asked[2]?.headers.get('referer')).toBe('http://a.test/page?secret');
  });

  it('stops when the caller gives up', async () => {
    const controller = new AbortController();
    const service = followRedirectLayer()({
      async serve(request) {
        if (request.path === '/2') controller.abort('enough');
        request.scope.throwIfAborted();
        return HttpResponse.from({ status: 302, headers: { Location: '/2' } });
      },
    });
    const request = HttpRequest.from({ target: 'http://a.test/', signal: controller.signal });
    await expect(service.serve(request)).rejects.toBe('enough');
  });

  it.each<[unknown, string]>([
    [{ maxRedirects: -1 }, 'maxRedirects'],
    [{ maxRedirects: 1.5 }, 'maxRedirects'],
    [{ downgrade: true }, 'downgrade must be one of'],
    [{ referrerPolicy: 'none' }, 'referrerPolicy must be one of'],
    [{ shouldFollow: true }, 'shouldFollow must be a function'],
  ])('refuses %o', (options, message) => {
    expect(() => followRedirectLayer(options as FollowRedirectLayerOptions)).toThrow(message); // wrong on purpose
  });
});

/** Status, Location and other fields. */
type Answer = readonly [status: number, location?: string, headers?: Record<string, string>];

function setUp(
  map: Readonly<Record<string, Answer>> | ((target: string, method: string) => Answer),
  options: FollowRedirectLayerOptions = {},
  sensitive: readonly string[] = [],
) {
  const asked: HttpRequest[] = [];
  const contents: string[] = [];
  const bodies: HttpBody[] = [];
  const layered = followRedirectLayer(options)({
    async serve(request) {
      const { target, method, extensions } = request;
      asked.push(request);
      if (extensions.get(Note) === undefined) extensions.insert(Note, `hop ${asked.length}`);
      contents.push(await request.body.text());
      const answer = typeof map === 'function' ? map(target, method) : map[target];
      const body = HttpBody.from([`${method} ${target}`]);
      bodies.push(body);
      return HttpResponse.from({ ...initOf(answer), body });
    },
  });
  const service = sensitive.length === 0 ? layered : sensitiveHeadersLayer({ names: sensitive })(layered);
  const ask = (init: HttpRequestInit, prepare: (request: HttpRequest) => void = () => {}) => {
    const request = HttpRequest.from(init);
    prepare(request);
    return service.serve(request);
  };
  return { service, ask, asked, contents, bodies };
}

function initOf([status, location, headers = {}]: Answer = [200]): HttpResponseInit {
  return { status, headers: location === undefined ? headers : { ...headers, Location: location } };
}
