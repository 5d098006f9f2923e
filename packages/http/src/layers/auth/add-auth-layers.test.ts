import type { Layer } from '@lamella/service-core';
import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { followRedirectLayer } from '../follow-redirect/follow-redirect-layer.ts';
import { addBasicAuthLayer, addBearerAuthLayer, SentAuthorization } from './add-auth-layers.ts';
import { AuthUser } from './auth-user.ts';
import { basicAuthLayer } from './basic-auth-layer.ts';

const ann = { name: 'ann', password: 'secret' };

describe('addBasicAuthLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(addBasicAuthLayer(ann))));

  it('sends what the server of the same kind lets in', async () => {
    const app = serviceFn(({ extensions }: HttpRequest) => HttpResponse.text(extensions.get(AuthUser)?.name ?? ''));
    for (const user of [ann, { name: 'jörg', password: 'größe: €' }, { name: 'eve', password: '' }]) {
      const client = httpClientOn(basicAuthLayer({ users: [user] })(app));
      const response = await addBasicAuthLayer(user)(client).serve(HttpRequest.from({ target: 'http://app.test/' }));
      expect(await response.body.text()).toBe(user.name);
      await client.close();
    }
  });

  it.each([
    { name: '', password: 'x' },
    { name: 'a:b', password: 'x' },
    { name: 'a\r\nb', password: 'x' },
    { name: 'a', password: 'x\ny' },
    { name: 'a', password: undefined as never },
  ])('refuses %o', (credentials) => {
    expect(() => addBasicAuthLayer(credentials)).toThrow(UsageError);
  });
});

describe('addBearerAuthLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(addBearerAuthLayer({ token: 'abc' }))));

  it.each([
    ['text', 'abc'],
    ['a function', () => 'abc'],
    ['a function that gives it later', async () => 'abc'],
  ])('sends a token given as %s', async (_, token) => {
    expect(await sentBy(addBearerAuthLayer({ token }), 'http://a.test/')).toBe('Bearer abc');
  });

  it('asks a function for every request, with the request', async () => {
    const layer = addBearerAuthLayer({ token: ({ path }) => path.slice(1) });
    expect(await sentBy(layer, 'http://a.test/one')).toBe('Bearer one');
    expect(await sentBy(layer, 'http://a.test/two')).toBe('Bearer two');
  });

  it.each(['a b', '', 'a\r\nX: y', 'é', 7 as never])('never sends the token %j', async (token) => {
    let calls = 0;
    const inner = serviceFn((_: HttpRequest) => {
      calls++;
      return HttpResponse.text('');
    });
    expect(() => addBearerAuthLayer({ token })).toThrow(UsageError);
    for (const give of [() => token, async () => token]) {
      const output = addBearerAuthLayer({ token: give })(inner).serve(HttpRequest.from({ target: 'http://a.test/' }));
      await expect(output).rejects.toThrow();
    }
    expect(calls).toBe(0);
  });

  it('leaves credentials of the caller alone', async () => {
    const layer = addBearerAuthLayer({ token: 'abc' });
    expect(await sentBy(layer, 'http://a.test/', { Authorization: 'Basic eDp5' })).toBe('Basic eDp5');
  });

  it('adds no step with a token that is at hand', () => {
    const promise = Promise.resolve(HttpResponse.text(''));
    const service = addBearerAuthLayer({ token: 'abc' })({ serve: () => promise });
    expect(service.serve(HttpRequest.from({ target: 'http://a.test/' }))).toBe(promise);
  });

  it('notes what was sent for this origin only', async () => {
    const request = HttpRequest.from({ target: 'http://a.test/' });
    await addBearerAuthLayer({ token: 'abc' })(serviceFn((_: HttpRequest) => HttpResponse.text(''))).serve(request);
    expect(request.extensions.get(SentAuthorization)).toBe('Bearer abc');
    expect(SentAuthorization.originScoped).toBe(true);
  });
});

describe('credentials do not cross origins', () => {
  const hops: [string, boolean][] = [
    ['http://a.test/other', true],
    ['http://A.test:80/', true],
    ['http://b.test/', false],
    ['http://a.test:8080/', false],
    ['https://a.test/', false],
    ['http://sub.a.test/', false],
    ['http://a.test.evil.test/', false],
  ];

  it.each(hops)('of a request for http://a.test/ that is led to %s', async (target, isSent) => {
    const seen: (string | undefined)[] = [];
    const inner = serviceFn(({ headers }: HttpRequest) => {
      seen.push(headers.get('authorization'));
      return HttpResponse.text('');
    });
    const service = stack(redirecting(target), addBearerAuthLayer({ token: 'abc' }), inner);
    await service.serve(HttpRequest.from({ target: 'http://a.test/' }));
    expect(seen).toEqual(['Bearer abc', isSent ? 'Bearer abc' : undefined]);
  });

  it('past followRedirectLayer, on either side of it', async () => {
    const auth = addBearerAuthLayer({ token: 'abc' });
    const redirects = followRedirectLayer();
    const sides: Layer<HttpRequest, HttpResponse>[] = [
      (inner) => auth(redirects(inner)),
      (inner) => redirects(auth(inner)),
    ];
    for (const layers of sides) {
      const seen: string[] = [];
      const inner = serviceFn(({ authority, headers }: HttpRequest) => {
        seen.push(`${authority} ${headers.get('authorization')}`);
        const next: Record<string, string> = { 'a.test': 'http://a.test/2', 'a.test2': 'http://b.test/' };
        const location = next[`${authority}${seen.length === 1 ? '' : seen.length}`];
        return location === undefined
          ? HttpResponse.text('')
          : HttpResponse.from({ status: 307, headers: { Location: location } });
      });
      await layers(inner).serve(HttpRequest.from({ target: 'http://a.test/' }));
      expect(seen).toEqual(['a.test Bearer abc', 'a.test Bearer abc', 'b.test undefined']);
    }
  });

  it.each(hops)('and with a list of origins not to %s, unless it is in it', async (target, isSent) => {
    const layer = addBearerAuthLayer({ token: 'abc', origins: ['http://a.test', 'https://c.test'] });
    expect(await sentBy(layer, target)).toBe(isSent ? 'Bearer abc' : undefined);
  });

  it('to an origin of the Host field, where the target says none', async () => {
    const layer = addBearerAuthLayer({ token: 'abc', origins: ['http://a.test'] });
    expect(await sentBy(layer, '/', { Host: 'a.test' })).toBe('Bearer abc');
    expect(await sentBy(layer, '/', { Host: 'b.test' })).toBe(undefined);
    expect(await sentBy(layer, '/')).toBe(undefined);
  });

  it.each([
    [[]],
    [['a.test']],
    [['http://a.test/x']],
    [['ftp://a.test']],
    [['http://u@a.test']],
    [['null']],
    ['http://a.test'],
  ])('refuses the origins %j', (origins) => {
    expect(() => addBearerAuthLayer({ token: 'abc', origins: origins as never })).toThrow(UsageError);
  });
});

/** Serves every request twice: as it is, and as if it had been redirected, in an attempt of its own. */
function redirecting(target: string): Layer<HttpRequest, HttpResponse> {
  return (inner) => ({
    async serve(request) {
      await inner.serve(request.fork({ extensions: request.extensions.fork('attempt') }));
      return inner.serve(request.fork({ extensions: request.extensions.fork('attempt') }).with({ target }));
    },
  });
}

async function sentBy(
  layer: Layer<HttpRequest, HttpResponse>,
  target: string,
  headers = {},
): Promise<string | undefined> {
  let seen: string | undefined;
  const inner = serviceFn((request: HttpRequest) => {
    seen = request.headers.get('authorization');
    return HttpResponse.text('');
  });
  await layer(inner).serve(HttpRequest.from({ target, headers }));
  return seen;
}
