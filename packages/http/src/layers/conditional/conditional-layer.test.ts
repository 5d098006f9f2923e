import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import type { BodySource } from '../../message/body-source.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import type { ConditionalLayerOptions } from './conditional-layer.ts';
import { conditionalLayer } from './conditional-layer.ts';

const HASH_OF_HELLO = '"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"';

describe('conditionalLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(conditionalLayer())));

  it('answers 304 for what the client has, without content and without fields that describe it', async () => {
    const { serve } = setUp({
      headers: {
        ETag: '"v1"',
        'Content-Type': 'text/plain',
        'Content-Language': 'en',
        'Cache-Control': 'no-cache',
        Vary: 'Accept',
      },
      body: 'hello',
    });
    const response = await serve({ headers: { 'If-None-Match': 'W/"v1"' } });
    expect([response.status, response.reason, response.body.isEmpty]).toEqual([304, 'Not Modified', true]);
    expect(response.headers.toJSON()).toEqual([
      ['ETag', '"v1"'],
      ['Cache-Control', 'no-cache'],
      ['Vary', 'Accept'],
    ]);
  });

  it('cancels the content that is not sent', async () => {
    const cancelled: unknown[] = [];
    const body = { read: async () => undefined, cancel: (reason: unknown) => cancelled.push(reason) };
    const { serve } = setUp({ headers: { ETag: '"v1"' } }, body);
    await serve({ headers: { 'If-None-Match': '"v1"' } });
    expect(cancelled).toHaveLength(1);
  });

  it('answers 412 to a read whose If-Match holds no longer', async () => {
    const { serve } = setUp({ headers: { ETag: '"v2"' }, body: 'hello' });
    const response = await serve({ headers: { 'If-Match': '"v1"' } });
    expect([response.status, await response.body.text(), response.headers.get('etag')]).toEqual([412, '', '"v2"']);
  });

  it('goes by Last-Modified too', async () => {
    const { serve } = setUp({ headers: { 'Last-Modified': 'Mon, 01 Jan 2024 12:00:00 GMT' }, body: 'hello' });
    expect((await serve({ headers: { 'If-Modified-Since': 'Mon, 01 Jan 2024 12:00:00 GMT' } })).status).toBe(304);
    expect((await serve({ headers: { 'If-Modified-Since': 'Mon, 01 Jan 2024 11:59:59 GMT' } })).status).toBe(200);
  });

  it.each([301, 404, 500])('leaves a %i as it is', async (status) => {
    const { serve } = setUp({ status, headers: { ETag: '"v1"' }, body: 'hello' });
    expect((await serve({ headers: { 'If-None-Match': '*' } })).status).toBe(status);
  });

  describe('etag', () => {
    it('is the hash of a content at hand, strong or weak', async () => {
      const strong = await setUp({ body: 'hello' }, undefined, { etag: 'strong' }).serve();
      expect([strong.headers.get('etag'), await strong.body.text()]).toEqual([HASH_OF_HELLO, 'hello']);
      const weak = await setUp({ body: 'hello' }, undefined, { etag: 'weak' }).serve();
      expect(weak.headers.get('etag')).toBe(`W/${HASH_OF_HELLO}`);
    });

    it('makes the next request for the same a 304', async () => {
      const { serve } = setUp({ body: 'hello' }, undefined, { etag: 'strong' });
      expect((await serve({ headers: { 'If-None-Match': HASH_OF_HELLO } })).status).toBe(304);
      expect((await serve({ method: 'HEAD', headers: { 'If-None-Match': HASH_OF_HELLO } })).status).toBe(304);
    });

    it.each<[string, HttpResponseInit, string | undefined]>([
      ['that the service made stays', { headers: { ETag: '"own"' }, body: 'hello' }, '"own"'],
      ['is not made for a stream', { body: ['hello'] }, undefined],
      ['is not made for a failure', { status: 404, body: 'hello' }, undefined],
      ['is made for a content of 6 bytes', { body: '123456' }, expect.any(String)],
      ['is not made for a content of 7 bytes', { body: '1234567' }, undefined],
    ])('%s', async (_name, init, etag) => {
      const { serve } = setUp(init, undefined, { etag: 'strong', maxEtagBytes: 6 });
      expect((await serve()).headers.get('etag')).toEqual(etag);
    });

    it('is not made of what HEAD leaves out, nor for an answer to POST', async () => {
      const { serve } = setUp({}, undefined, { etag: 'strong' });
      expect((await serve({ method: 'HEAD' })).headers.has('etag')).toBe(false);
      expect((await serve({ method: 'POST' })).headers.has('etag')).toBe(false);
      expect((await serve({ method: 'GET' })).headers.has('etag')).toBe(true);
    });
  });

  describe('currentState', () => {
    it('guards a change: the service never sees a request whose condition fails', async () => {
      const { serve, seen } = setUp({ status: 204 }, undefined, { currentState: async () => ({ etag: '"v2"' }) });
      const lost = await serve({ method: 'PUT', headers: { 'If-Match': '"v1"' }, body: 'mine' });
      expect([lost.status, lost.headers.get('etag'), seen.length]).toEqual([412, '"v2"', 0]);
      const created = await serve({ method: 'PUT', headers: { 'If-None-Match': '*' }, body: 'mine' });
      expect([created.status, seen.length]).toEqual([412, 0]);
      const changed = await serve({ method: 'PUT', headers: { 'If-Match': '"v2"' }, body: 'mine' });
      expect([changed.status, seen.length]).toEqual([204, 1]);
    });

    it('is asked for nothing but changes with a condition, and may know nothing', async () => {
      const asked: string[] = [];
      const currentState = ({ method }: HttpRequest) => {
        asked.push(method);
        return undefined;
      };
      const { serve, seen } = setUp({ status: 204 }, undefined, { currentState });
      await serve({ method: 'GET', headers: { 'If-Match': '"v1"' } });
      await serve({ method: 'PUT' });
      expect((await serve({ method: 'DELETE', headers: { 'If-Match': '"v1"' } })).status).toBe(204);
      expect([asked, seen.length]).toEqual([['DELETE'], 3]);
    });
  });

  it.each<[unknown, string]>([
    [{ etag: 'yes' }, 'etag must be one of'],
    [{ maxEtagBytes: -1 }, 'maxEtagBytes'],
    [{ maxEtagBytes: Number.NaN }, 'maxEtagBytes'],
    [{ currentState: 'v1' }, 'currentState must be a function'],
  ])('refuses %o', (options, message) => {
    expect(() => conditionalLayer(options as ConditionalLayerOptions)).toThrow(message); // wrong on purpose
  });
});

function setUp(init: HttpResponseInit, source?: BodySource, options: ConditionalLayerOptions = {}) {
  const seen: HttpRequest[] = [];
  const service = conditionalLayer(options)({
    async serve(request) {
      seen.push(request);
      return HttpResponse.from(source === undefined ? init : { ...init, body: HttpBody.fromSource(source) });
    },
  });
  const serve = (changes: Partial<HttpRequestInit> = {}) =>
    service.serve(HttpRequest.from({ target: '/', ...changes }));
  return { seen, serve };
}
