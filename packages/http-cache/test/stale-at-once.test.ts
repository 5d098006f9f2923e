import { HttpRequest, HttpResponse } from '@lamella/http';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { Answer, Got } from './support/cached-origin.ts';
import { CachedOrigin } from './support/cached-origin.ts';

describe('many that wait for one that leaves', () => {
  it.each<[string, number]>([
    ['what is missing', 0],
    ['what is stale', 61],
  ])('have the next one of them ask for %s, not all', async (_what, seconds) => {
    const gate = Promise.withResolvers<void>();
    const origin = new CachedOrigin(async (request, count) => {
      if (count > (seconds > 0 ? 1 : 0)) await request.scope.race(gate.promise);
      return confirming('max-age=60')(request, count);
    });
    if (seconds > 0) await origin.get();
    origin.pass(seconds);
    const before = origin.requests.length;
    const leaving = [new AbortController(), new AbortController()];
    const left = leaving.map(({ signal }) => origin.get('/', {}, { signal }));
    const all = ask(origin, 10);
    for (const [index, controller] of leaving.entries()) {
      await settle();
      expect(origin.requests).toHaveLength(before + index + 1);
      controller.abort('gone');
      await expect(left[index]).rejects.toBe('gone');
    }
    await settle();
    expect(origin.requests).toHaveLength(before + 3);
    gate.resolve();
    expect(new Set((await Promise.all(all)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(origin.requests).toHaveLength(before + 3);
    expect(origin.clock.pendingTimers).toBe(0);
  });

  it('have the next one of them ask when a body is given up halfway', async () => {
    const origin = new CachedOrigin(() =>
      HttpResponse.from({ headers: { 'Cache-Control': 'max-age=60' }, body: ['one ', 'two'] }),
    );
    const first = await origin.service.serve(HttpRequest.from({ target: 'http://origin.test/' }));
    const all = ask(origin, 10);
    await first.body.read();
    await settle();
    first.body.cancel();
    expect(new Set((await Promise.all(all)).map(({ body }) => body))).toEqual(new Set(['one two']));
    expect(origin.requests).toHaveLength(2);
  });

  it('wait no longer than coalesceTimeoutMs in all', async () => {
    const origin = new CachedOrigin(({ scope }) => scope.race(new Promise<HttpResponse>(() => undefined)), {
      coalesceTimeoutMs: 100,
    });
    const leaving = [new AbortController(), new AbortController()];
    const left = leaving.map(({ signal }) => origin.get('/', {}, { signal }));
    const last = new AbortController();
    const third = origin.get('/', {}, { signal: last.signal });
    await origin.clock.advanceAsync(60);
    leaving[0]?.abort('gone');
    await expect(left[0]).rejects.toBe('gone');
    await origin.clock.advanceAsync(39);
    expect(origin.requests).toHaveLength(2);
    await origin.clock.advanceAsync(1);
    expect(origin.requests).toHaveLength(3);
    leaving[1]?.abort('gone');
    last.abort('gone');
    await expect(left[1]).rejects.toBe('gone');
    await expect(third).rejects.toBe('gone');
    expect(origin.clock.pendingTimers).toBe(0);
  });
});

describe('many that find the same stale', () => {
  it('have it confirmed by one request', async () => {
    const { origin, open } = gated(confirming('max-age=60'));
    await origin.get();
    origin.pass(61);
    const all = ask(origin, 20);
    await settle();
    expect(origin.requests).toHaveLength(2);
    open();
    const got = await Promise.all(all);
    expect(new Set(got.map(({ body }) => body))).toEqual(new Set(['answer 1']));
    expect(got.map(({ cache }) => cache)).toEqual([
      'lamella; fwd=stale; fwd-status=304',
      ...Array.from({ length: 19 }, () => 'lamella; hit; ttl=60'),
    ]);
    expect(origin.requests).toHaveLength(2);
    expect(origin.clock.pendingTimers).toBe(0);
  });

  it('get the new one when it has changed', async () => {
    const { origin, open } = gated((_request, count) =>
      HttpResponse.text(`answer ${count}`, { headers: { ETag: `"v${count}"`, 'Cache-Control': 'max-age=60' } }),
    );
    await origin.get();
    origin.pass(61);
    const all = ask(origin, 5);
    open();
    expect(new Set((await Promise.all(all)).map(({ body }) => body))).toEqual(new Set(['answer 2']));
    expect(origin.requests).toHaveLength(2);
  });

  it('wait for their own variant alone', async () => {
    const { origin, open } = gated(confirming('max-age=60', { Vary: 'X-Any' }));
    for (const value of ['1', '2']) await origin.get('/', { 'X-Any': value });
    origin.pass(61);
    const all = [...ask(origin, 3, { 'X-Any': '1' }), ...ask(origin, 3, { 'X-Any': '2' })];
    await settle();
    expect(origin.requests).toHaveLength(4);
    open();
    expect((await Promise.all(all)).map(({ body }) => body)).toEqual([
      ...Array.from({ length: 3 }, () => 'answer 1'),
      ...Array.from({ length: 3 }, () => 'answer 2'),
    ]);
    expect(origin.requests).toHaveLength(4);
  });

  it.each<[string, string, Record<string, string>]>([
    ['no-cache of the origin', 'no-cache, max-age=60', {}],
    ['max-age=0 of the origin', 'max-age=0', {}],
    ['no-cache of the client', 'max-age=60', { 'Cache-Control': 'no-cache' }],
    ['max-age=0 of the client', 'max-age=60', { 'Cache-Control': 'max-age=0' }],
    ['conditions of the client', 'max-age=60', { 'If-None-Match': '"v0"' }],
  ])('ask each for itself because of %s', async (_name, control, headers) => {
    const { origin, open } = gated(confirming(control));
    await origin.get();
    origin.pass(61);
    const all = ask(origin, 3, headers);
    await settle();
    expect(origin.requests).toHaveLength(4);
    open();
    expect((await Promise.all(all)).map(({ body }) => body)).toEqual(['answer 1', 'answer 1', 'answer 1']);
  });

  it('go on when the first one fails, and when it takes too long', async () => {
    const failing = new CachedOrigin((request, count) => {
      if (count === 2) throw new Error('down');
      return confirming('max-age=60')(request, count);
    });
    await failing.get();
    failing.pass(61);
    const [first, second] = await Promise.allSettled(ask(failing, 2));
    expect(first?.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { body: 'answer 1' } });

    const { origin, open } = gated(confirming('max-age=60'), { coalesceTimeoutMs: 100 });
    await origin.get();
    origin.pass(61);
    const all = ask(origin, 2);
    await origin.clock.advanceAsync(99);
    expect(origin.requests).toHaveLength(2);
    await origin.clock.advanceAsync(1);
    expect(origin.requests).toHaveLength(3);
    open();
    await Promise.all(all);
  });

  it('ask each for itself with coalesce: false', async () => {
    const { origin, open } = gated(confirming('max-age=60'), { coalesce: false });
    await origin.get();
    origin.pass(61);
    const all = ask(origin, 3);
    await settle();
    expect(origin.requests).toHaveLength(4);
    open();
    await Promise.all(all);
  });

  it('are given it at once with stale-while-revalidate, and it is asked for once', async () => {
    const { origin, open } = gated(confirming('max-age=60, stale-while-revalidate=30'));
    await origin.get();
    origin.pass(61);
    const got = await Promise.all(ask(origin, 5));
    expect(new Set(got.map(({ body }) => body))).toEqual(new Set(['answer 1']));
    expect(origin.requests).toHaveLength(2);
    open();
    await settle();
    expect(await origin.get()).toMatchObject({ cache: 'lamella; hit; ttl=60' });
  });
});

/** Confirms `"v1"`, and whatever it has given since. */
function confirming(control: string, fresh: Record<string, string> = {}): Answer {
  return (request, count) => {
    const headers = { ETag: `"v${count}"`, 'Cache-Control': control, ...fresh };
    const asked = /"v[1-9]"/.exec(request.headers.get('if-none-match') ?? '')?.[0];
    if (asked === undefined) return HttpResponse.text(`answer ${count}`, { headers });
    return HttpResponse.from({ status: 304, headers: { ...headers, ETag: asked } });
  };
}

/** An origin that answers conditional requests only once it is opened. */
function gated(answer: Answer, options = {}): { readonly origin: CachedOrigin; readonly open: () => void } {
  const gate = Promise.withResolvers<void>();
  const origin = new CachedOrigin(async (request, count) => {
    if (request.headers.has('if-none-match')) await gate.promise;
    return answer(request, count);
  }, options);
  return { origin, open: gate.resolve };
}

function ask(origin: CachedOrigin, times: number, headers: Record<string, string> = {}): Promise<Got>[] {
  return Array.from({ length: times }, () => origin.get('/', headers));
}
