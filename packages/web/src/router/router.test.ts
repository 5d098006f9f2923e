import { HttpRequest, HttpResponse, OriginalTarget } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import type { Layer, Service } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type { PathParams } from './path-params.ts';
import { MatchedRoute, MountedAt, routeParams } from './path-params.ts';
import type { Router } from './router.ts';
import { router } from './router.ts';

checkLedger({ beforeEach, afterEach });

describe('router', () => {
  const app = router()
    .get('/', () => say('home'))
    .get('/items/:id', (_request, { id }) => say(`item ${id}`))
    .post('/items/:id', { serve: async () => say('posted') })
    .get('/items/new', () => say('new'))
    .get('/items/:id/parts/:part', (_request, { id, part }) => say(`part ${part} of ${id}`))
    .get('/slashed/', () => say('slashed'))
    .get('/files/*path', (_request, { path }) => say(`file ${path}`))
    .put('/café/a(b):c*', () => say('literal'))
    .route('PURGE', '/items/new', () => say('purged'));

  it.each([
    ['GET', '/', 'home'],
    ['GET', '/?a=b', 'home'],
    ['GET', '/items/5', 'item 5'],
    ['POST', '/items/5', 'posted'],
    ['GET', '/items/new', 'new'],
    ['POST', '/items/new', 'posted'],
    ['PURGE', '/items/new', 'purged'],
    ['GET', '/items/%6Eew', 'new'],
    ['GET', '/items/a%2Fb', 'item a/b'],
    ['GET', '/items/a%252Fb', 'item a%2Fb'],
    ['GET', '/items/__proto__', 'item __proto__'],
    ['GET', '/items/caf%C3%A9/parts/%20', 'part   of café'],
    ['GET', '/slashed/', 'slashed'],
    ['GET', '/files/', 'file '],
    ['GET', '/files/a/b%2Fc/', 'file a/b%2Fc/'],
    ['PUT', '/caf%c3%a9/a(b):c*', 'literal'],
    ['PUT', '/caf%C3%A9/a%28b%29%3Ac%2A', 'literal'],
  ])('serves %s %s', async (method, target, expected) => {
    const response = await ask(app, target, method);
    expect([response.status, await response.body.text()]).toEqual([200, expected]);
  });

  it.each([
    '/item',
    '/items',
    '/items/',
    '/items/5/',
    '/slashed',
    '/files',
    '//',
    '///',
    '/items//',
    '/files//a',
    '/files//',
    '//items/new',
    '/Items/5',
  ])('does not know %s', async (target) => {
    const response = await ask(app, target);
    expect(response.status).toBe(404);
    expect(await response.body.json()).toEqual({ title: 'Not Found', status: 404 });
  });

  it.each([
    '/items/%',
    '/items/%zz',
    '/items/%c0%af',
    '/items/%ed%a0%80',
    '/items/%00',
    '/items/%0d%0a',
    '/items/%7f',
    '/items/../new',
    '/items/%2e%2E/new',
    '/items/.%2e',
    '/items/./new',
    '/files/a/../../b',
    '/files/%2e',
  ])('refuses %s', async (target) => {
    expect((await ask(app, target)).status).toBe(400);
  });

  it('answers other methods with 405, and OPTIONS with 204, saying which there are', async () => {
    const response = await ask(app, '/items/new', 'DELETE');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, POST, PURGE']);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const options = await ask(app, '/', 'OPTIONS');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect((await ask(app, '/none', 'OPTIONS')).status).toBe(404);
    expect((await ask(app, '*', 'OPTIONS')).status).toBe(204);
    const quiet = await ask(
      router({ answersOptions: false }).get('/', () => say('')),
      '/',
      'OPTIONS',
    );
    expect([quiet.status, quiet.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('answers HEAD by GET, with the length and without the content, also on the wire', async () => {
    const response = await ask(app, '/items/5', 'HEAD');
    expect([response.status, response.headers.get('content-length'), response.body.isEmpty]).toEqual([200, '6', true]);
    const client = httpClientOn(app);
    const head = await client.serve(HttpRequest.from({ method: 'HEAD', target: 'http://app.test/items/5' }));
    expect([head.status, head.headers.get('content-length'), await head.body.text()]).toEqual([200, '6', '']);
    const after = await client.serve(HttpRequest.from({ target: 'http://app.test/items/6' }));
    expect(await after.body.text()).toBe('item 6');
    await client.close();
  });

  it('gives up the content that HEAD does not send', async () => {
    let cancelled = false;
    const body = (async function* () {
      try {
        yield 'a';
        yield 'b';
      } finally {
        cancelled = true;
      }
    })();
    const streaming = router().get('/', async () => {
      const response = HttpResponse.from({ body });
      await response.body.read();
      return response;
    });
    expect((await ask(streaming, '/', 'HEAD')).headers.has('content-length')).toBe(false);
    await Promise.resolve();
    expect(cancelled).toBe(true);
  });

  it('prefers a HEAD of its own, and a GET to what answers all methods elsewhere', async () => {
    const both = router()
      .all('/*', () => say('all'))
      .get('/a', () => say('a'))
      .route('HEAD', '/b', () => HttpResponse.from({ headers: { 'X-Own': 'yes' } }))
      .get('/b', () => say('b'));
    expect((await ask(both, '/a', 'HEAD')).headers.get('content-length')).toBe('1');
    expect((await ask(both, '/b', 'HEAD')).headers.get('x-own')).toBe('yes');
    expect(await (await ask(both, '/a', 'POST')).body.text()).toBe('all');
  });

  it('asks the fallback for what no route matches', async () => {
    const fallback = { serve: async ({ path }: HttpRequest) => say(`fallback ${path}`) };
    const service = router({ fallback }).get('/a', () => say('a'));
    expect(await (await ask(service, '/b')).body.text()).toBe('fallback /b');
    expect((await ask(service, '/a', 'PUT')).status).toBe(405);
  });

  it('hands on the path that it has routed, in its one spelling', async () => {
    const seen: unknown[] = [];
    const service = router()
      .get('/admin', (request) => {
        seen.push(request.path, request.target, request.extensions.get(OriginalTarget));
        return say('admin');
      })
      .get('/*', () => say('public'));
    expect(await (await ask(service, '/%61dmin?x=%41')).body.text()).toBe('admin');
    expect(seen).toEqual(['/admin', '/admin?x=%41', '/%61dmin?x=%41']);
    const response = await service.serve(HttpRequest.from({ target: 'http://app.test/%61dmin' }));
    expect(await response.body.text()).toBe('admin');
    expect(seen[4]).toBe('http://app.test/admin');
  });

  it('tells layers of routes what was matched, in their order', async () => {
    const order: string[] = [];
    const named =
      (name: string): Layer<HttpRequest, HttpResponse> =>
      (inner) => ({
        async serve(request) {
          order.push(`${name} ${request.extensions.get(MatchedRoute)} ${routeParams(request)['id']}`);
          return inner.serve(request);
        },
      });
    const service = router({ layers: [named('all')] })
      .get('/a/:id', () => say(''), { layers: [named('one'), named('two')] })
      .get('/b/:id', () => say(''));
    await ask(service, '/a/7');
    await ask(service, '/b/8');
    await ask(service, '/c');
    expect(order).toEqual(['all /a/:id 7', 'one /a/:id 7', 'two /a/:id 7', 'all /b/:id 8']);
  });

  it('rejects with what a route throws', async () => {
    const service = router().get('/', () => {
      throw new Error('thrown');
    });
    await expect(service.serve(HttpRequest.from({ target: '/' }))).rejects.toThrow('thrown');
  });

  it.each<[string, (app: Router) => unknown, string]>([
    ['a', (app) => app.get('a', ok), 'begin with a slash'],
    ['/a//b', (app) => app.get('/a//b', ok), 'empty or a dot'],
    ['/a/../b', (app) => app.get('/a/../b', ok), 'empty or a dot'],
    ['/%61', (app) => app.get('/%61', ok), 'percent-encoded'],
    ['/:', (app) => app.get('/:', ok), 'is no name'],
    ['/:__proto__', (app) => app.get('/:__proto__', ok), 'is no name'],
    ['/:a/:a', (app) => app.get('/:a/:a', ok), 'has a twice'],
    ['/*a/b', (app) => app.get('/*a/b', ok), 'last segment'],
    ['/*a/', (app) => app.get('/*a/', ok), 'last segment'],
    ['a route twice', (app) => app.get('/:a', ok).get('/:b', ok), 'already'],
    ['a mount with *', (app) => app.mount('/*', { serve: async () => ok() }), 'has no *'],
    ['a method', (app) => app.route('A B', '/', ok), 'not a token'],
    ['a handler', (app) => app.get('/', {} as never), 'service or a function'],
    ['no handler', (app) => app.get('/', undefined as never), 'service or a function'],
  ])('refuses %s', (_name, add, message) => {
    expect(() => add(router())).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    expect(() => add(router())).toThrow(message);
  });

  it('takes no more routes once it serves', async () => {
    const service = router().get('/', ok);
    await ask(service, '/');
    expect(() => service.get('/late', ok)).toThrow('serves already');
  });

  it('knows the captures of a path by its type', () => {
    expectTypeOf<PathParams<'/items/:id'>>().toEqualTypeOf<{ readonly id: string }>();
    expectTypeOf<PathParams<'/a/:b/c/:d/*rest'>>().toEqualTypeOf<{
      readonly b: string;
      readonly d: string;
      readonly rest: string;
    }>();
    expectTypeOf<PathParams<'/*'>>().toEqualTypeOf<{ readonly rest: string }>();
    expectTypeOf<keyof PathParams<'/plain'>>().toEqualTypeOf<never>();
    router().get('/items/:id', (_request, params) => {
      // @ts-expect-error: the path has no such capture
      return say(params.name);
    });
  });
});

describe('router.mount', () => {
  const inner = router()
    .get('/', (request) => say(`root of ${routeParams(request)['user']}`))
    .get('/files/:id', (request, { id }) => {
      const at = request.extensions.get(MountedAt);
      const route = request.extensions.get(MatchedRoute);
      return say([request.target, id, routeParams(request)['user'], at?.prefix, route].join(' '));
    });
  const app = router()
    .mount('/users/:user', inner)
    .mount('/v1', router().mount('/users/:user', inner))
    .mount('/bare', {
      serve: async (request) => say(`${request.path} ${request.extensions.get(MountedAt)?.isBare}`),
    });

  it.each([
    ['/users/ann/files/5?q=1', '/files/5?q=1 5 ann /users/ann /users/:user/files/:id'],
    ['/v1/users/ann/files/5', '/files/5 5 ann /v1/users/ann /v1/users/:user/files/:id'],
    ['/users/ann', 'root of ann'],
    ['/users/ann/', 'root of ann'],
    ['/users/a%2Fb/', 'root of a/b'],
    ['/bare', '/ true'],
    ['/bare/', '/ false'],
    ['/bare/x/', '/x/ false'],
  ])('serves %s', async (target, expected) => {
    expect(await (await ask(app, target)).body.text()).toBe(expected);
  });

  it('does not let captures of the mount itself show', async () => {
    const seen: unknown[] = [];
    const service = router().mount('/m/:a', {
      serve: async (request) => {
        seen.push({ ...routeParams(request) });
        return say('');
      },
    });
    await ask(service, '/m/1/2/3');
    expect(seen).toEqual([{ a: '1' }]);
  });

  it('takes everything at the root', async () => {
    const service = router()
      .mount('/', { serve: async ({ path }) => say(`mounted ${path}`) })
      .get('/a', () => say('a'));
    expect(await (await ask(service, '/a')).body.text()).toBe('a');
    expect(await (await ask(service, '/')).body.text()).toBe('mounted /');
    expect(await (await ask(service, '/b/c')).body.text()).toBe('mounted /b/c');
  });

  it('answers 405 and 404 by the router within', async () => {
    const put = await ask(app, '/users/ann/files/5', 'PUT');
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await ask(app, '/users/ann/none')).status).toBe(404);
    expect((await ask(app, '/bare//x')).status).toBe(404);
  });
});

function ok(): HttpResponse {
  return say('ok');
}

function say(text: string): HttpResponse {
  return HttpResponse.text(text);
}

function ask(service: Service<HttpRequest, HttpResponse>, target: string, method = 'GET'): Promise<HttpResponse> {
  return directClientOn(service).serve(HttpRequest.from({ method, target }));
}
