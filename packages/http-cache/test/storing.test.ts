import { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { UsageError } from '@lamella/service-core';
import { layerCases, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpCacheStore } from '../src/index.ts';
import { httpCacheLayer, memoryCacheStore } from '../src/index.ts';
import { CachedOrigin, counting, streaming } from './support/cached-origin.ts';
import { httpLayerSubject } from './support/http-layer-subject.ts';

const FRESH = { 'Cache-Control': 'max-age=60' };
const request = (): HttpRequest => HttpRequest.from({ target: 'http://origin.test/' });

checkLedger({ beforeEach, afterEach });

describe('httpCacheLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(httpCacheLayer())));
});

describe('bodies', () => {
  it('are stored while they are read, and given as a whole', async () => {
    const origin = new CachedOrigin(streaming(FRESH));
    expect(await origin.get()).toMatchObject({ body: 'one two' });
    expect(await origin.get()).toMatchObject({ body: 'one two', cache: 'lamella; hit; ttl=60' });
  });

  it('are pulled no faster than the reader pulls', async () => {
    let pulled = 0;
    const origin = new CachedOrigin(() => {
      const body = (function* () {
        for (; pulled < 3; pulled++) yield `piece ${pulled}`;
      })();
      return HttpResponse.from({ headers: FRESH, body });
    });
    const response = await origin.service.serve(request());
    await response.body.read();
    await settle();
    expect(pulled).toBe(0); // the first piece was given; nothing asked for the second
    response.body.cancel();
  });

  it.each<[string, (response: HttpResponse) => Promise<unknown>]>([
    ['given up', async (response) => response.body.cancel()],
    ['given up halfway', async (response) => response.body.read().then(() => response.body.cancel())],
  ])('that were %s are not stored', async (_name, use) => {
    const origin = new CachedOrigin(streaming(FRESH));
    await use(await origin.service.serve(request()));
    expect(origin.store.entryCount).toBe(0);
    expect(await origin.get()).toMatchObject({ body: 'one two', cache: 'lamella; fwd=miss' });
  });

  it('that break off are not stored, and say so', async () => {
    const origin = new CachedOrigin((_request, count) => {
      const body = (async function* () {
        yield 'half';
        if (count === 1) throw new Error('broken off');
      })();
      return HttpResponse.from({ headers: FRESH, body });
    });
    await expect(origin.get()).rejects.toThrow('broken off');
    expect(origin.store.entryCount).toBe(0);
    expect(await origin.get()).toMatchObject({ body: 'half' });
  });

  it('with trailers are passed on, not stored', async () => {
    const origin = new CachedOrigin(() => {
      const body = HttpBody.from(['x'], { trailers: () => HttpHeaders.from({ 'X-End': 'yes' }) });
      return HttpResponse.from({ headers: FRESH, body });
    });
    const { response } = await origin.get();
    expect(response.body.trailers?.get('x-end')).toBe('yes');
    expect(origin.store.entryCount).toBe(0);
  });

  it('with trailers and a known size announce none, as without a cache', async () => {
    const trailers = (): HttpHeaders => HttpHeaders.from({ 'X-End': 'yes' });
    const origin = new CachedOrigin(() =>
      HttpResponse.from({ headers: FRESH, body: HttpBody.from(['x'], { size: 1, trailers }) }),
    );
    const { body } = (await origin.get()).response;
    expect([body.size, body.sizeOnWire, body.trailers?.get('x-end')]).toEqual([1, undefined, 'yes']);
  });

  it.each([
    [100, 1],
    [101, 0],
  ])('of %i bytes where 100 may be stored: %i entries', async (length, count) => {
    const store = memoryCacheStore({ maxEntryBytes: 100 });
    const origin = new CachedOrigin(streaming(FRESH, ['x'.repeat(length)]), { store });
    expect((await origin.get()).body).toHaveLength(length);
    expect(store.entryCount).toBe(count);
  });

  it('answer HEAD too, by their length', async () => {
    const origin = new CachedOrigin(streaming(FRESH));
    await origin.get();
    const { response, body } = await origin.get('/', {}, { method: 'HEAD' });
    expect([body, response.headers.get('content-length')]).toEqual(['', '7']);
    expect(origin.requests).toHaveLength(1);
  });

  it('go over the wire once, through a server and a client', async () => {
    const origin = new CachedOrigin(streaming(FRESH));
    const client = httpClientOn(origin.service);
    for (const status of ['lamella; fwd=miss', 'lamella; hit; ttl=60']) {
      const response = await client.serve(request());
      expect([await response.body.text(), response.headers.get('cache-status')]).toEqual(['one two', status]);
    }
    expect(origin.requests).toHaveLength(1);
    await client.close();
  });
});

describe('requests for the same', () => {
  it('wait for the first one', async () => {
    const gate = Promise.withResolvers<void>();
    const origin = new CachedOrigin(async (_request, count) => {
      await gate.promise;
      return HttpResponse.text(`answer ${count}`, { headers: FRESH });
    });
    const all = Array.from({ length: 20 }, () => origin.get());
    await settle();
    expect(origin.requests).toHaveLength(1);
    gate.resolve();
    expect(new Set((await Promise.all(all)).map(({ body }) => body))).toEqual(new Set(['answer 1']));
    expect(origin.clock.pendingTimers).toBe(0);
  });

  it('each go by themselves when there is nothing to share', async () => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'no-store' }));
    const bodies = await Promise.all([origin.get(), origin.get(), origin.get()]);
    expect(bodies.map(({ body }) => body).sort()).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('wait no longer than coalesceTimeoutMs for a body that is read slowly', async () => {
    const origin = new CachedOrigin(streaming(FRESH), { coalesceTimeoutMs: 100 });
    const slow = await origin.service.serve(request());
    const second = origin.get();
    await origin.clock.advanceAsync(99);
    expect(origin.requests).toHaveLength(1);
    await origin.clock.advanceAsync(1);
    expect(await second).toMatchObject({ body: 'one two', cache: 'lamella; fwd=miss; detail=collapse-failed' });
    slow.body.cancel();
  });

  it('wait only once for a body that nobody reads', async () => {
    const origin = new CachedOrigin(streaming({ ...FRESH, Vary: 'X-Any' }), { coalesceTimeoutMs: 100 });
    const dropped = await origin.service.serve(request());
    const second = origin.get('/', { 'X-Any': '2' });
    await origin.clock.advanceAsync(100);
    await second;
    expect(await origin.get('/', { 'X-Any': '3' })).toMatchObject({ body: 'one two', cache: 'lamella; fwd=miss' });
    dropped.body.cancel();
  });

  it('go on when the first one fails or leaves', async () => {
    const origin = new CachedOrigin((_request, count) => {
      if (count === 1) throw new Error('down');
      return HttpResponse.text('good', { headers: FRESH });
    });
    const [first, second] = await Promise.allSettled([origin.get(), origin.get()]);
    expect(first.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { body: 'good' } });
  });

  it('leave with their own reason', async () => {
    const gate = Promise.withResolvers<HttpResponse>();
    const origin = new CachedOrigin(() => gate.promise);
    const first = origin.get();
    const controller = new AbortController();
    const second = origin.get('/', {}, { signal: controller.signal });
    await settle();
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    gate.resolve(HttpResponse.text('x', { headers: FRESH }));
    expect(await first).toMatchObject({ body: 'x' });
    expect(origin.clock.pendingTimers).toBe(0);
  });
});

describe('a store that fails', () => {
  const broken = (): never => {
    throw new Error('disk full');
  };

  it.each(['find', 'open', 'write', 'update', 'delete'] as const)('in %s costs nothing but its use', async (method) => {
    const errors: unknown[] = [];
    const inner = memoryCacheStore();
    const store: HttpCacheStore = {
      find: (key) => (method === 'find' ? broken() : inner.find(key)),
      open: (key, entry) => (method === 'open' ? broken() : inner.open(key, entry)),
      write: (key, entry) => (method === 'write' ? broken() : inner.write(key, entry)),
      update: (key, entry) => (method === 'update' ? broken() : inner.update(key, entry)),
      delete: (key, id) => (method === 'delete' ? broken() : inner.delete(key, id)),
    };
    const origin = new CachedOrigin(
      (asked) =>
        asked.headers.has('if-none-match')
          ? HttpResponse.from({ status: 304, headers: { ETag: '"v"' } })
          : HttpResponse.text('good', { headers: { ...FRESH, ETag: '"v"' } }),
      { store, onStoreError: (error) => errors.push(error) },
    );
    for (const seconds of [0, 1, 61]) {
      origin.pass(seconds);
      expect(await origin.get()).toMatchObject({ status: 200, body: 'good' });
    }
    expect(await origin.get('/', {}, { method: 'DELETE' })).toMatchObject({ status: 200 });
    expect(errors).not.toHaveLength(0);
  });
});

describe('options', () => {
  it.each([
    { staleIfErrorSeconds: -1 },
    { staleIfErrorSeconds: 1.5 },
    { coalesceTimeoutMs: 0 },
    { cacheStatus: 'two words' },
    { cacheStatus: '' },
    { keyHeaders: ['not a name'] },
  ])('%j is refused', (options) => {
    expect(() => httpCacheLayer(options)).toThrow(UsageError);
  });

  it('cacheStatus: false sends no field', async () => {
    const origin = new CachedOrigin(counting(FRESH), { cacheStatus: false });
    expect((await origin.get()).cache).toBeUndefined();
  });

  it('works behind a server, by the Host field', async () => {
    const origin = new CachedOrigin(counting(FRESH));
    const client = directClientOn(origin.service);
    for (let count = 0; count < 2; count++) await (await client.serve(request())).body.text();
    expect(origin.requests).toHaveLength(1);
  });
});
