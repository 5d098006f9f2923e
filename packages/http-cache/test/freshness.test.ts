import { HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { CachedOrigin, counting } from './support/cached-origin.ts';

const LATER = new Date(Date.UTC(2020, 0, 1, 0, 1)).toUTCString();
const EPOCH = new Date(Date.UTC(2020, 0, 1)).toUTCString();

describe('what is fresh', () => {
  it.each<[string, Record<string, string>, number]>([
    ['max-age', { 'Cache-Control': 'max-age=60' }, 60],
    ['max-age in another case', { 'Cache-Control': 'Max-Age=60' }, 60],
    ['s-maxage before max-age', { 'Cache-Control': 'max-age=1, s-maxage=60' }, 60],
    ['a number in quotes', { 'Cache-Control': 's-maxage="60"' }, 60],
    ['max-age less Age', { 'Cache-Control': 'max-age=60', Age: '20' }, 40],
    ['max-age with must-revalidate', { 'Cache-Control': 'max-age=60, must-revalidate' }, 60],
    ['max-age with proxy-revalidate', { 'Cache-Control': 'max-age=60, proxy-revalidate' }, 60],
    ['Expires', { Date: EPOCH, Expires: new Date(Date.UTC(2020, 0, 1, 0, 1)).toUTCString() }, 60],
    ['max-age before Expires', { 'Cache-Control': 'max-age=60', Expires: '0' }, 60],
    [
      'a tenth of its age',
      { Date: EPOCH, 'Last-Modified': new Date(Date.UTC(2019, 11, 31, 23, 50)).toUTCString() },
      60,
    ],
    ['a day, whatever its age', { Date: EPOCH, 'Last-Modified': 'Fri, 01 Jan 2010 00:00:00 GMT' }, 86_400],
    [
      'more than a day if that is stated',
      { 'Cache-Control': 'max-age=100000', 'Last-Modified': 'Fri, 01 Jan 2010 00:00:00 GMT' },
      100_000,
    ],
  ])('%s: given until then, and no longer', async (_name, headers, seconds) => {
    const origin = new CachedOrigin(counting(headers));
    await origin.get();
    origin.pass(seconds - 1);
    expect(await origin.get()).toMatchObject({ status: 200, body: 'answer 1', cache: 'lamella; hit; ttl=1' });
    expect(origin.requests).toHaveLength(1);
    origin.pass(1);
    expect(await origin.get()).toMatchObject({ body: 'answer 2' });
  });

  it.each<[string, Record<string, string>]>([
    ['no-store', { 'Cache-Control': 'no-store' }],
    ['private', { 'Cache-Control': 'private, max-age=60' }],
    ['no-cache', { 'Cache-Control': 'no-cache, max-age=60' }],
    ['max-age=0', { 'Cache-Control': 'max-age=0' }],
    ['max-age that is no number', { 'Cache-Control': 'max-age=5x' }],
    ['max-age with a fraction', { 'Cache-Control': 'max-age=5.5' }],
    ['max-age without a number, although there is an Expires', { 'Cache-Control': 'max-age', Expires: LATER }],
    ['s-maxage that is no number', { 'Cache-Control': 's-maxage=5x' }],
    ['s-maxage that is no number, beside a max-age', { 'Cache-Control': 's-maxage=5x, max-age=60' }],
    ['Pragma', { Pragma: 'no-cache' }],
    ['an Expires that is no date', { Expires: 'soon' }],
    ['no word about it', {}],
    ['Vary: *', { 'Cache-Control': 'max-age=60', Vary: '*' }],
    ['a cookie', { 'Cache-Control': 'max-age=60', 'Set-Cookie': 'a=b' }],
    ['a cookie, although public', { 'Cache-Control': 'public, max-age=60', 'Set-Cookie': 'a=b' }],
    ['an older Date', { 'Cache-Control': 'max-age=60', Date: new Date(Date.UTC(2019, 11, 31, 23, 59)).toUTCString() }],
  ])('not: %s', async (_name, headers) => {
    const origin = new CachedOrigin(counting(headers));
    await origin.get();
    expect(await origin.get()).toMatchObject({ body: 'answer 2' });
  });

  it.each([
    [200, 1],
    [204, 1],
    [301, 1],
    [404, 1],
    [410, 1],
    [206, 2],
    [302, 1],
    [500, 2],
    [418, 2],
  ])('status %i is asked for %i times', async (status, times) => {
    const origin = new CachedOrigin(() => HttpResponse.from({ status, headers: { 'Cache-Control': 'max-age=60' } }));
    await origin.get();
    expect((await origin.get()).status).toBe(status);
    expect(origin.requests).toHaveLength(times);
  });

  it('a private cache keeps what is private, and what came with a cookie', async () => {
    const headers = { 'Cache-Control': 'private, max-age=60', 'Set-Cookie': 'a=b' };
    const origin = new CachedOrigin(counting(headers), { shared: false });
    await origin.get();
    expect(await origin.get()).toMatchObject({ body: 'answer 1' });
  });

  it('a shared cache keeps what was asked for with credentials only if the origin says so', async () => {
    const credentials = { Authorization: 'Bearer secret' };
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60' }));
    await origin.get('/', credentials);
    expect(await origin.get()).toMatchObject({ body: 'answer 2' });
    const open = new CachedOrigin(counting({ 'Cache-Control': 'public, max-age=60' }));
    await open.get('/', credentials);
    expect(await open.get()).toMatchObject({ body: 'answer 1' });
  });

  it('says its age, and keeps the fields of the origin in their order', async () => {
    const origin = new CachedOrigin(() =>
      HttpResponse.from({
        headers: [
          ['X-One', '1'],
          ['Cache-Control', 'max-age=60'],
          ['x-one', '2'],
          ['Connection', 'X-Hop, Cache-Control'],
          ['X-Hop', 'gone'],
        ],
        body: 'x',
      }),
    );
    await origin.get();
    origin.pass(7);
    expect([...(await origin.get()).response.headers]).toEqual([
      ['X-One', '1'],
      ['Cache-Control', 'max-age=60'],
      ['x-one', '2'],
      ['Age', '7'],
      ['Cache-Status', 'lamella; hit; ttl=53'],
    ]);
  });
});

describe('what the client asks for', () => {
  it.each([
    ['no-cache', 2],
    ['max-age=0', 2],
    ['max-age=29', 2],
    ['max-age=30', 1],
    ['min-fresh=31', 2],
    ['min-fresh=30', 1],
    ['no-store', 2],
  ])('%s while it is fresh: %i requests', async (directive, times) => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60' }));
    await origin.get();
    origin.pass(30);
    await origin.get('/', { 'Cache-Control': directive });
    expect(origin.requests).toHaveLength(times);
  });

  it('Pragma: no-cache counts where Cache-Control is silent', async () => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60' }));
    await origin.get();
    await origin.get('/', { Pragma: 'no-cache' });
    expect(origin.requests).toHaveLength(2);
  });

  it.each([
    ['max-stale', 1],
    ['max-stale=30', 1],
    ['max-stale=29', 2],
  ])('%s when it is stale for 30 s: %i requests', async (directive, times) => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60' }), { shared: false });
    await origin.get();
    origin.pass(90);
    await origin.get('/', { 'Cache-Control': directive });
    expect(origin.requests).toHaveLength(times);
  });

  it('max-stale does not overrule must-revalidate', async () => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60, must-revalidate' }));
    await origin.get();
    origin.pass(61);
    await origin.get('/', { 'Cache-Control': 'max-stale' });
    expect(origin.requests).toHaveLength(2);
  });

  it('only-if-cached is answered with 504, and nobody is asked', async () => {
    const origin = new CachedOrigin(counting({ 'Cache-Control': 'max-age=60' }));
    expect(await origin.get('/', { 'Cache-Control': 'only-if-cached' })).toMatchObject({ status: 504 });
    expect(origin.requests).toHaveLength(0);
    await origin.get();
    expect(await origin.get('/', { 'Cache-Control': 'only-if-cached' })).toMatchObject({ body: 'answer 1' });
  });
});
