import { HttpResponse } from '@lamella/http';
import { createLifecycle } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { Answer } from './support/cached-origin.ts';
import { CachedOrigin, counting } from './support/cached-origin.ts';

/** Confirms `"v1"`, with the fields that are given. */
const confirming =
  (control: string, fresh: Record<string, string> = {}): Answer =>
  (request, count) =>
    request.headers.get('if-none-match')?.includes('"v1"') === true
      ? HttpResponse.from({ status: 304, headers: { ETag: '"v1"', 'Cache-Control': control, ...fresh } })
      : HttpResponse.text(`answer ${count}`, {
          headers: {
            ETag: '"v1"',
            'Cache-Control': control,
            'X-Kept': 'yes',
            ...(fresh['Vary'] && { Vary: fresh['Vary'] }),
          },
        });

describe('what is stale', () => {
  it('is confirmed by its validator, and fresh again', async () => {
    const origin = new CachedOrigin(
      confirming('max-age=60', { 'X-New': 'yes', 'Content-Length': '999', 'Content-Type': 'evil/type' }),
    );
    await origin.get();
    origin.pass(61);
    const confirmed = await origin.get();
    expect(confirmed).toMatchObject({ status: 200, body: 'answer 1', cache: 'lamella; fwd=stale; fwd-status=304' });
    expect(confirmed.response.headers.get('x-new')).toBe('yes');
    expect(confirmed.response.headers.get('x-kept')).toBe('yes');
    expect(confirmed.response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(confirmed.response.headers.get('age')).toBe('0');
    origin.pass(59);
    expect(await origin.get()).toMatchObject({ body: 'answer 1' });
    expect(origin.requests).toHaveLength(2);
  });

  it('is asked for by Last-Modified where there is no entity tag', async () => {
    const modified = 'Tue, 31 Dec 2019 00:00:00 GMT';
    const origin = new CachedOrigin((request) =>
      request.headers.get('if-modified-since') === modified
        ? HttpResponse.from({ status: 304, headers: { 'Last-Modified': modified } })
        : HttpResponse.text('first', { headers: { 'Last-Modified': modified, 'Cache-Control': 'max-age=1' } }),
    );
    await origin.get();
    origin.pass(2);
    expect(await origin.get()).toMatchObject({ status: 200, body: 'first' });
    expect(origin.requests).toHaveLength(2);
  });

  it('is replaced by another answer', async () => {
    const origin = new CachedOrigin((_request, count) =>
      HttpResponse.text(`answer ${count}`, { headers: { ETag: `"v${count}"`, 'Cache-Control': 'max-age=60' } }),
    );
    await origin.get();
    origin.pass(61);
    expect(await origin.get()).toMatchObject({ body: 'answer 2', cache: 'lamella; fwd=stale; fwd-status=200' });
    expect(await origin.get()).toMatchObject({ body: 'answer 2' });
    expect(origin.store.entryCount).toBe(1);
  });

  it('tells a client that has it already, fresh or confirmed', async () => {
    const origin = new CachedOrigin(confirming('max-age=60'));
    await origin.get();
    for (const seconds of [1, 61]) {
      origin.pass(seconds);
      const got = await origin.get('/', { 'If-None-Match': '"other", W/"v1"' });
      expect(got).toMatchObject({ status: 304, body: '' });
      expect(got.response.headers.has('content-type')).toBe(false);
    }
    expect(await origin.get('/', { 'If-None-Match': '"other"' })).toMatchObject({ status: 200, body: 'answer 1' });
  });

  it('passes on a 304 to a validator that only the client has', async () => {
    const origin = new CachedOrigin((request, count) =>
      count === 1
        ? HttpResponse.text('old', { headers: { ETag: '"v1"', 'Cache-Control': 'max-age=1' } })
        : HttpResponse.from({ status: request.headers.has('if-none-match') ? 304 : 200, headers: { ETag: '"v2"' } }),
    );
    await origin.get();
    origin.pass(2);
    expect(await origin.get('/', { 'If-None-Match': '"v2"' })).toMatchObject({ status: 304 });
    expect(origin.requests[1]?.headers.get('if-none-match')).toBe('"v2", "v1"');
  });

  it('keeps a cookie that comes with a 304 for the one who asked', async () => {
    const answer = confirming('public, max-age=60', { 'Set-Cookie': 'session=ann' });
    const origin = new CachedOrigin(answer);
    await origin.get();
    origin.pass(61);
    expect((await origin.get()).response.headers.get('set-cookie')).toBe('session=ann');
    const other = await origin.get();
    expect(other.cache).toBe('lamella; hit; ttl=60');
    expect(other.response.headers.has('set-cookie')).toBe(false);
  });

  it('is given only to those whose fields are the same, once a 304 names more in Vary', async () => {
    const origin = new CachedOrigin(confirming('max-age=60', { Vary: 'Accept-Language' }));
    const before = new CachedOrigin(confirming('max-age=60', { Vary: 'X-Any' }), { store: origin.store });
    await before.get('/', { 'Accept-Language': 'de', 'X-Any': '1' });
    origin.pass(61);
    const confirmed = await origin.get('/', { 'Accept-Language': 'de', 'X-Any': '1' });
    expect(confirmed).toMatchObject({ body: 'answer 1', cache: 'lamella; fwd=stale; fwd-status=304' });
    expect(confirmed.response.headers.get('vary')).toBe('Accept-Language');
    expect(await origin.get('/', { 'Accept-Language': 'de', 'X-Any': '1' })).toMatchObject({
      body: 'answer 1',
      cache: 'lamella; hit; ttl=60',
    });
    // What was chosen by a field once is not given to others, although Vary is silent about it now.
    for (const [language, any] of [
      ['fr', '1'],
      ['de', '2'],
    ] as const) {
      const other = await origin.get('/', { 'Accept-Language': language, 'X-Any': any });
      expect(other.cache).toBe('lamella; fwd=miss');
    }
  });

  it.each(['*', 'Accept, *'])(
    'is given to the one who asked, and to nobody else, once a 304 says Vary: %s',
    async (vary) => {
      const origin = new CachedOrigin(confirming('max-age=60'));
      await origin.get();
      const other = new CachedOrigin(confirming('max-age=60', { Vary: vary }), { store: origin.store });
      other.pass(61);
      expect(await other.get()).toMatchObject({ status: 200, body: 'answer 1' });
      expect(origin.store.entryCount).toBe(0);
    },
  );

  it.each(['private, max-age=60', 'no-store'])('is forgotten when the 304 says %s', async (control) => {
    const origin = new CachedOrigin(confirming('max-age=60'));
    await origin.get();
    const strict = new CachedOrigin(confirming(control), { store: origin.store });
    strict.pass(61);
    expect(await strict.get()).toMatchObject({ status: 200, body: 'answer 1' });
    expect(origin.store.entryCount).toBe(0);
  });

  it.each(['max-age=60', 'private, max-age=60', 'no-store'])(
    'stays as it was when a 304 with %s answers a request with Authorization',
    async (control) => {
      const answer: Answer = (request, count) => {
        if (count === 1) return HttpResponse.text('open', { headers: { ETag: '"v1"', 'Cache-Control': 'max-age=60' } });
        const user = request.headers.get('authorization') ?? 'nobody';
        return HttpResponse.from({
          status: 304,
          headers: { ETag: '"v1"', 'Cache-Control': user === 'nobody' ? 'max-age=60' : control, 'X-User': user },
        });
      };
      const origin = new CachedOrigin(answer);
      await origin.get();
      origin.pass(61);
      const own = await origin.get('/', { Authorization: 'alice' });
      expect(own).toMatchObject({ status: 200, body: 'open', cache: 'lamella; fwd=stale; fwd-status=304' });
      expect(own.response.headers.get('x-user')).toBe('alice');
      expect(own.response.headers.get('cache-control')).toBe(control);
      expect(origin.store.entryCount).toBe(1);
      const other = await origin.get();
      expect(other).toMatchObject({ status: 200, body: 'open', cache: 'lamella; fwd=stale; fwd-status=304' });
      expect(other.response.headers.get('x-user')).toBe('nobody');
      expect(await origin.get()).toMatchObject({ body: 'open', cache: 'lamella; hit; ttl=60' });
      expect(origin.requests).toHaveLength(3);
    },
  );

  it.each<[string, boolean]>([
    ['public, max-age=60', true],
    ['s-maxage=60', true],
    ['max-age=60', false],
  ])('is confirmed by an answer to Authorization with %s, shared: %s', async (control, shared) => {
    const origin = new CachedOrigin(confirming(control), { shared });
    await origin.get();
    origin.pass(61);
    const headers = { Authorization: 'alice' };
    expect(await origin.get('/', headers)).toMatchObject({ cache: 'lamella; fwd=stale; fwd-status=304' });
    expect(await origin.get()).toMatchObject({ body: 'answer 1', cache: 'lamella; hit; ttl=60' });
  });

  it('of a private cache is forgotten when a 304 to Authorization says no-store', async () => {
    const origin = new CachedOrigin(confirming('max-age=60'), { shared: false });
    await origin.get();
    const strict = new CachedOrigin(confirming('no-store'), { store: origin.store, shared: false });
    strict.pass(61);
    expect(await strict.get('/', { Authorization: 'alice' })).toMatchObject({ status: 200, body: 'answer 1' });
    expect(origin.store.entryCount).toBe(0);
  });

  it("is not confirmed by the answer to a client's own date or tag", async () => {
    let [version, modified] = ['old', 'Tue, 31 Dec 2019 00:00:00 GMT'];
    const origin = new CachedOrigin(({ headers }) => {
      const since = Date.parse(headers.get('if-modified-since') ?? '1970-01-01');
      const isKnown = headers.get('if-none-match')?.includes('"theirs"') ?? since >= Date.parse(modified);
      // A 304 need not say which state it is about.
      if (isKnown) return HttpResponse.from({ status: 304, headers: { 'Cache-Control': 'max-age=60' } });
      return HttpResponse.text(version, { headers: { 'Last-Modified': modified, 'Cache-Control': 'max-age=60' } });
    });
    await origin.get();
    [version, modified] = ['new', 'Wed, 01 Jan 2020 00:00:00 GMT'];
    origin.pass(61);
    expect(await origin.get('/', { 'If-None-Match': '"theirs"' })).toMatchObject({ status: 304 });
    await origin.get('/', { 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' });
    expect(await origin.get()).toMatchObject({ status: 200, body: 'new' });
  });

  it.each([{ 'If-None-Match': '*' }, { 'If-Match': '"x"' }])('an error is given whatever %j says', async (headers) => {
    const origin = new CachedOrigin(() =>
      HttpResponse.from({ status: 404, body: 'not here', headers: { 'Cache-Control': 'max-age=60' } }),
    );
    await origin.get();
    expect(await origin.get('/', headers)).toMatchObject({ status: 404, body: 'not here' });
    expect(origin.requests).toHaveLength(1);
  });

  it('is given on an error only where that is allowed, and only for so long', async () => {
    const failing: Answer = (_request, count) => {
      if (count === 1) {
        return HttpResponse.text('good', {
          headers: { 'Cache-Control': 'max-age=60, stale-if-error=60', ETag: '"a"' },
        });
      }
      if (count === 2) throw new Error('down');
      return HttpResponse.from({ status: 503 });
    };
    const origin = new CachedOrigin(failing, { shared: false });
    await origin.get();
    origin.pass(119);
    expect(await origin.get()).toMatchObject({ body: 'good', cache: 'lamella; hit; detail=stale-if-error' });
    expect(await origin.get()).toMatchObject({ body: 'good' });
    origin.pass(1);
    expect(await origin.get()).toMatchObject({ status: 503 });
  });

  it.each(['must-revalidate', 'no-cache', 's-maxage=60'])('is not given on an error with %s', async (directive) => {
    const origin = new CachedOrigin(
      (_request, count) =>
        count === 1
          ? HttpResponse.text('good', { headers: { 'Cache-Control': `max-age=60, ${directive}`, ETag: '"a"' } })
          : HttpResponse.from({ status: 500 }),
      { staleIfErrorSeconds: 600 },
    );
    await origin.get();
    origin.pass(61);
    expect(await origin.get()).toMatchObject({ status: 500 });
  });

  it('is given at once and confirmed afterwards, once, with stale-while-revalidate', async () => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60, stale-while-revalidate=30' }), {
      lifecycle: createLifecycle(),
    });
    await origin.get();
    origin.pass(70);
    const [one, other] = await Promise.all([origin.get(), origin.get()]);
    expect([one.body, other.body]).toEqual(['answer 1', 'answer 1']);
    await settle();
    expect(origin.requests).toHaveLength(2);
    expect(await origin.get()).toMatchObject({ body: 'answer 2', cache: 'lamella; hit; ttl=60' });
    origin.pass(91);
    expect(await origin.get()).toMatchObject({ body: 'answer 3' });
  });

  it('a refresh that fails in the background harms nobody', async () => {
    const origin = new CachedOrigin((_request, count) => {
      if (count > 1) throw new Error('down');
      return HttpResponse.text('good', { headers: { 'Cache-Control': 'max-age=60, stale-while-revalidate=30' } });
    });
    await origin.get();
    origin.pass(70);
    expect(await origin.get()).toMatchObject({ body: 'good' });
    await settle();
    expect(await origin.get()).toMatchObject({ body: 'good' });
  });
});
