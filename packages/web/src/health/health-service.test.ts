import { HttpRequest, HttpResponse } from '@lamella/http';
import { createLifecycle, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { HealthOptions } from './health-service.ts';
import { healthLayer, healthService } from './health-service.ts';

function setup(options: Partial<HealthOptions> = {}) {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const service = healthService({ lifecycle, clock, ...options });
  const get = async (target: string, method = 'GET') => {
    const response = await service.serve(HttpRequest.from({ method, target }));
    return { status: response.status, body: await response.body.text(), response };
  };
  const statuses = async () => [
    (await get('/livez')).status,
    (await get('/readyz')).status,
    (await get('/startupz')).status,
  ];
  return { clock, lifecycle, get, statuses };
}

describe('healthService', () => {
  it('is ready while it runs, and no longer as soon as draining begins', async () => {
    const { clock, lifecycle, statuses } = setup();
    expect(await statuses()).toEqual([200, 200, 200]);
    const drained = lifecycle.drain({ preDrainMs: 1_000, graceMs: 0 });
    expect(await statuses()).toEqual([200, 503, 200]);
    await clock.advanceAsync(1_000);
    await drained;
    expect(await statuses()).toEqual([503, 503, 200]);
  });

  it.each<[string, () => unknown]>([
    ['rejects', async () => Promise.reject(new Error('secret database host'))],
    [
      'throws',
      () => {
        throw new Error('secret database host');
      },
    ],
    ['gives false', () => false],
  ])('is not ready while a check %s, and tells no stranger why', async (_name, check) => {
    const { get, statuses } = setup({ checks: { good: () => true, database: check } });
    expect(await statuses()).toEqual([200, 503, 503]);
    expect((await get('/readyz')).body).toBe('unavailable\n');
    const verbose = await get('/readyz?verbose');
    expect(JSON.parse(verbose.body)).toEqual({
      status: 'unavailable',
      phase: 'running',
      checks: [
        { name: 'good', status: 'ok', durationMs: 0 },
        { name: 'database', status: 'failed', durationMs: 0 },
      ],
    });
    expect(verbose.body).not.toContain('secret');
  });

  it('tells why, if it is to', async () => {
    const { get } = setup({ checks: { a: () => false }, tellsErrors: true });
    expect(JSON.parse((await get('/readyz?verbose')).body)).toMatchObject({ checks: [{ error: 'it says so' }] });
  });

  it('has started once its checks were well, whatever comes later', async () => {
    let isWell = false;
    const { clock, statuses } = setup({ checks: { a: () => isWell } });
    expect(await statuses()).toEqual([200, 503, 503]);
    isWell = true;
    clock.advance(1_000);
    expect(await statuses()).toEqual([200, 200, 200]);
    isWell = false;
    clock.advance(1_000);
    expect(await statuses()).toEqual([200, 503, 200]);
  });

  it('runs a check once at a time, and not again within cacheMs, however many ask', async () => {
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    const { clock, get } = setup({
      checks: {
        async a() {
          runs++;
          await gate.promise;
        },
      },
      cacheMs: 500,
    });
    const probes = Array.from({ length: 50 }, () => get('/readyz'));
    gate.resolve();
    for (const probe of probes) expect((await probe).status).toBe(200);
    clock.advance(499);
    await get('/readyz');
    expect(runs).toBe(1);
    clock.advance(1);
    await get('/readyz');
    expect(runs).toBe(2);
  });

  it('waits for a check no longer than it may, and tells it so', async () => {
    let signal: AbortSignal | undefined;
    const { clock, get } = setup({
      checks: {
        a: (given) => {
          signal = given;
          return new Promise(() => {});
        },
      },
      timeoutMs: 100,
    });
    const probe = get('/readyz');
    await clock.advanceAsync(99);
    expect(signal?.aborted).toBe(false);
    await clock.advanceAsync(1);
    expect((await probe).status).toBe(503);
    expect(signal?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('answers HEAD, refuses other methods, knows no other path, and is never cached', async () => {
    const { get } = setup();
    expect((await get('/livez', 'HEAD')).status).toBe(200);
    const post = await get('/livez', 'POST');
    expect([post.status, post.response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    for (const path of ['/', '/livez/', '/LIVEZ', '/livez%20']) expect((await get(path)).status).toBe(404);
    expect((await get('/livez')).response.headers.get('cache-control')).toBe('no-store');
  });

  it('stands around a service as a layer, on paths of choice', async () => {
    const lifecycle = createLifecycle();
    const service = healthLayer({ lifecycle, paths: { ready: '/-/ready' } })({
      serve: async ({ path }) => HttpResponse.text(`inner ${path}`),
    });
    const get = async (target: string) => (await service.serve(HttpRequest.from({ target }))).body.text();
    expect([await get('/-/ready'), await get('/livez'), await get('/readyz')]).toEqual([
      'ok\n',
      'ok\n',
      'inner /readyz',
    ]);
    await settle();
  });

  it.each<Partial<HealthOptions>>([
    { timeoutMs: 0 },
    { cacheMs: -1 },
    { paths: { live: 'livez' } },
    { checks: { a: true as never } },
  ])('refuses %j', (options) => {
    expect(() => setup(options)).toThrow(UsageError);
  });
});
