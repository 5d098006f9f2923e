import { HttpBody, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, UsageError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpCacheLayer } from '../src/index.ts';
import type { Answer } from './support/cached-origin.ts';
import { CachedOrigin } from './support/cached-origin.ts';

checkLedger({ beforeEach, afterEach });

const HEADERS = { 'Cache-Control': 'max-age=60, stale-while-revalidate=600' };

describe('refreshing in the background', () => {
  it.each([
    [3, 3],
    [4, 3],
  ])('of %i responses asks for %i at a time', async (paths, times) => {
    const gate = Promise.withResolvers<void>();
    const origin = await stale(paths, async () => gate.promise.then(() => fresh()), { maxRefreshes: 3 });
    for (let path = 0; path < paths; path++) expect(await origin.get(`/${path}`)).toMatchObject({ body: 'first' });
    await settle();
    expect(origin.requests).toHaveLength(paths + times);
    gate.resolve();
    await settle();
    // Whoever comes next has done what did not fit.
    for (let path = 0; path < paths; path++) await origin.get(`/${path}`);
    await settle();
    expect(origin.requests).toHaveLength(2 * paths);
    expect(origin.clock.pendingTimers).toBe(0);
  });

  it('is given up after refreshTimeoutMs, whether the head or the body does not come', async () => {
    const reasons: unknown[] = [];
    const hanging = [
      () => new Promise<HttpResponse>(() => undefined),
      async () => HttpResponse.from({ headers: HEADERS, body: endlessBody((reason) => reasons.push(reason)) }),
    ];
    const origin = await stale(1, (_request, count) => (hanging[count - 2] ?? fresh)(), {
      maxRefreshes: 1,
      refreshTimeoutMs: 1_000,
    });
    for (const count of [2, 3]) {
      await origin.get('/0');
      await origin.clock.advanceAsync(999);
      await origin.get('/0');
      await settle();
      expect(origin.requests).toHaveLength(count);
      await origin.clock.advanceAsync(1);
    }
    expect(origin.requests[1]?.signal.reason).toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'refreshTimeoutMs' });
    expect(reasons).toEqual([expect.objectContaining({ limit: 'refreshTimeoutMs' })]);
    await origin.get('/0');
    await settle();
    expect(await origin.get('/0')).toMatchObject({ body: 'fresh' });
    expect(origin.clock.pendingTimers).toBe(0);
  });

  it('ends with the lifecycle, at once, and does not begin after it', async () => {
    const lifecycle = createLifecycle();
    const origin = await stale(2, () => new Promise<HttpResponse>(() => undefined), { lifecycle });
    for (const path of ['/0', '/1']) await origin.get(path);
    await settle();
    expect(origin.requests).toHaveLength(4);
    const report = await lifecycle.drain({ graceMs: 60_000 });
    expect(report).toMatchObject({ unfinishedTasks: [], protocols: { 'http-cache refresh': { closed: 2, cut: 0 } } });
    expect(origin.requests[2]?.signal.reason).toMatchObject({ code: 'LML_ERR_CLOSED' });
    expect(await origin.get('/0')).toMatchObject({ body: 'first' });
    await settle();
    expect(origin.requests).toHaveLength(4);
    expect(origin.clock.pendingTimers).toBe(0);
  });

  it('leaves nothing in the store when it ends halfway', async () => {
    const lifecycle = createLifecycle();
    const reasons: unknown[] = [];
    const body = (): HttpBody => endlessBody((reason) => reasons.push(reason));
    const origin = await stale(1, async () => HttpResponse.from({ headers: HEADERS, body: body() }), { lifecycle });
    await origin.get('/0');
    await settle();
    await lifecycle.drain();
    expect(reasons).toHaveLength(1);
    expect(origin.store.entryCount).toBe(1);
    expect(await origin.get('/0')).toMatchObject({ body: 'first' });
  });

  it.each([{ maxRefreshes: 0 }, { maxRefreshes: 1.5 }, { refreshTimeoutMs: 0 }, { refreshTimeoutMs: Number.NaN }])(
    '%j is refused',
    (options) => {
      expect(() => httpCacheLayer(options)).toThrow(UsageError);
    },
  );
});

/** An origin whose responses for so many paths are stored, and stale. */
async function stale(paths: number, then: Answer, options = {}): Promise<CachedOrigin> {
  const origin = new CachedOrigin(
    (request, count) => (count <= paths ? HttpResponse.text('first', { headers: HEADERS }) : then(request, count)),
    options,
  );
  for (let path = 0; path < paths; path++) await origin.get(`/${path}`);
  origin.pass(61);
  return origin;
}

function fresh(): HttpResponse {
  return HttpResponse.text('fresh', { headers: HEADERS });
}

/** A body that gives one chunk, and then nothing until it is cancelled. */
function endlessBody(onCancel: (reason: unknown) => void): HttpBody {
  let isGiven = false;
  return HttpBody.fromSource({
    read: async () => {
      if (isGiven) return new Promise(() => undefined);
      isGiven = true;
      return Buffer.from('half');
    },
    cancel: onCancel,
  });
}
