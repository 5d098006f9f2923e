import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { directClientOn, httpClientOn } from '../../testing/http-client-on.ts';
import type { RequestIdLayerOptions } from './request-id-layer.ts';
import { RequestId, requestIdLayer } from './request-id-layer.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('requestIdLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(requestIdLayer())));

  it('gives one id to the extensions, the header of the request and the response', async () => {
    const client = httpClientOn(stack(requestIdLayer(), app));
    const ask = () => client.serve(HttpRequest.from({ target: 'http://app.test/' }));
    const responses = [await ask(), await ask()];
    const ids = responses.map(({ headers }) => headers.get('x-request-id') ?? '');
    expect(ids[0]).toMatch(UUID);
    expect(ids[1]).not.toBe(ids[0]);
    for (const [index, response] of responses.entries()) {
      expect(await response.body.json()).toEqual({ header: [ids[index]], extension: ids[index] });
    }
    await client.close();
  });

  it('keeps an id that is in the extensions already, so that an attempt has the id of its request', async () => {
    const request = HttpRequest.from({ target: 'http://app.test/' });
    request.extensions.insert(RequestId, 'outer');
    const response = await stack(requestIdLayer(), app).serve(request);
    expect(response.headers.get('x-request-id')).toBe('outer');
  });

  it.each<[string, RequestIdLayerOptions]>([
    ['the peer is in the block', { acceptFrom: ['192.0.2.0/24'] }],
    ['the peer is named', { acceptFrom: ['192.0.2.1'] }],
    ['the function says so', { acceptFrom: ({ path }) => path === '/p' }],
  ])('believes an id where %s', async (_, options) => {
    expect(await idFor(options, 'abc')).toBe('abc');
  });

  it.each<[string, RequestIdLayerOptions]>([
    ['nobody is trusted, as by default', {}],
    ['the peer is in none of the blocks', { acceptFrom: ['192.0.3.0/24', '2001:db8::/32'] }],
    ['the function says no', { acceptFrom: () => false }],
    ['the function gives a promise of yes', { acceptFrom: (async () => true) as never }],
    ['the function gives what is but like yes', { acceptFrom: (() => 'yes') as never }],
    ['the function gives a number', { acceptFrom: (() => 1) as never }],
    ['the function gives an object', { acceptFrom: (() => new Boolean(true)) as never }],
  ])('makes an id of its own where %s', async (_, options) => {
    expect(await idFor(options, 'abc')).toMatch(UUID);
  });

  it.each([['a b'], ['a"b'], ['<a>'], [''], ['é'], ['a\\n'], ['a,b'], ['{"a":1}']])(
    'does not believe %j',
    async (id) => {
      expect(await idFor({ acceptFrom: () => true }, id)).toMatch(UUID);
    },
  );

  it('does not believe two ids', async () => {
    expect(await idFor({ acceptFrom: () => true }, 'a', 'a')).toMatch(UUID);
  });

  it('believes ids of maxLength characters and no longer', async () => {
    const options = { acceptFrom: () => true, maxLength: 40 };
    expect(await idFor(options, 'x'.repeat(40))).toBe('x'.repeat(40));
    expect(await idFor(options, 'x'.repeat(41))).toMatch(UUID);
    expect(await idFor({ acceptFrom: () => true }, 'x'.repeat(128))).toBe('x'.repeat(128));
    expect(await idFor({ acceptFrom: () => true }, 'x'.repeat(129))).toMatch(UUID);
  });

  it('takes another header, and ids of another kind', async () => {
    const layer = requestIdLayer({ name: 'Trace', makeId: ({ method }) => `${method}-1` });
    const response = await layer(app).serve(HttpRequest.from({ target: 'http://app.test/' }));
    expect(response.headers.get('trace')).toBe('GET-1');
  });

  it.each(['a\r\nb', '', 'x'.repeat(129), 7 as never])('never sends the made id %j', async (made) => {
    let calls = 0;
    const service = requestIdLayer({ makeId: () => made })({
      serve: async () => {
        calls++;
        return HttpResponse.text('');
      },
    });
    await expect(service.serve(HttpRequest.from({ target: 'http://app.test/' }))).rejects.toThrow(UsageError);
    expect(calls).toBe(0);
  });

  it.each([
    { name: 'a b' },
    { maxLength: 0 },
    { maxLength: 1_025 },
    { maxLength: 1.5 },
    { makeId: 1 },
    { acceptFrom: 'x' },
  ])('refuses %o', (options) => {
    expect(() => requestIdLayer(options as never)).toThrow(UsageError);
  });

  it('refuses a block of addresses that is none', () => {
    expect(() => requestIdLayer({ acceptFrom: ['10.0.0.1/8'] })).toThrow('10.0.0.1/8');
  });
});

const app = serviceFn(({ headers, extensions }: HttpRequest) =>
  HttpResponse.json({ header: headers.getAll('x-request-id'), extension: extensions.get(RequestId) }),
);

async function idFor(options: RequestIdLayerOptions, ...ids: string[]): Promise<string | undefined> {
  const headers = ids.map((id) => ['x-request-id', id] as const);
  const client = directClientOn(requestIdLayer(options)(app));
  const response = await client.serve(HttpRequest.from({ target: 'http://app.test/p', headers }));
  return response.headers.get('x-request-id');
}
