import type { HttpRequestInit, HttpResponse } from '@lamella/http';
import { decompressionLayer, HttpRequest } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpTestService } from './http-test-service.ts';

describe('an answer of serve http-test', () => {
  it.each([
    ['/redirect/2', '/redirect/1'],
    ['/redirect/1', '/get'],
    ['/relative-redirect/2', '/relative-redirect/1'],
    ['/absolute-redirect/2', 'http://h/absolute-redirect/1'],
    ['/absolute-redirect/1', 'http://h/get'],
    ['/redirect-to?url=http%3A%2F%2Felsewhere.test%2F', 'http://elsewhere.test/'],
  ])('to %s leads to %s', async (target, location) => {
    expect((await ask({ target })).headers.get('location')).toBe(location);
  });

  it.each([
    [204, {}],
    [205, {}],
    [302, { location: '/get' }],
    [401, { 'www-authenticate': 'Basic realm="http-test"' }],
    [405, { allow: '' }],
    [407, { 'proxy-authenticate': 'Basic realm="http-test"' }],
    [426, { upgrade: 'websocket' }],
  ])('of status %i has the fields that go with it', async (status, fields) => {
    const response = await ask({ target: `/status/${status}` });
    expect([response.status, response.body.isEmpty]).toEqual([status, status < 300]);
    for (const [name, value] of Object.entries(fields)) expect(response.headers.get(name)).toBe(value);
  });

  it.each([
    ['/gzip', 'gzip', 'gzipped'],
    ['/deflate', 'deflate', 'deflated'],
    ['/brotli', 'br', 'brotli'],
    ['/zstd', 'zstd', 'zstd'],
  ])('to %s is compressed, whatever the client says', async (target, coding, mark) => {
    const headers = { 'Accept-Encoding': 'identity', 'Cache-Control': 'no-transform' };
    const response = await ask({ target, headers });
    expect(response.headers.get('content-encoding')).toBe(coding);
    const decoded = await decompressionLayer()({ serve: async () => response }).serve(HttpRequest.from({ target }));
    expect(await decoded.body.json()).toMatchObject({ [mark]: true, headers: { 'Accept-Encoding': 'identity' } });
  });

  it('gives the same bytes for the same seed, chunked or not', async () => {
    const bytes = async (target: string) => Buffer.from(await (await ask({ target })).body.bytes());
    const whole = await bytes('/bytes/1000?seed=5');
    expect(whole).toEqual(await bytes('/stream-bytes/1000?seed=5&chunk_size=7'));
    expect(whole).not.toEqual(await bytes('/bytes/1000?seed=6'));
    expect((await ask({ target: '/bytes/1000' })).body.size).toBe(1_000);
    expect((await ask({ target: '/stream-bytes/1000' })).body.size).toBeUndefined();
  });

  it('has as many lines as were asked for', async () => {
    const text = await (await ask({ target: '/stream/3' })).body.text();
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([0, 1, 2]);
  });

  it.each([
    ['bytes=24-27', 206, 'yzab'],
    ['bytes=-2', 206, 'cd'],
    ['bytes=30-', 416, undefined],
  ])('to range %s is %i', async (range, status, text) => {
    const response = await ask({ target: '/range/30', headers: { Range: range } });
    expect(response.status).toBe(status);
    if (text !== undefined) expect(await response.body.text()).toBe(text);
  });

  it('sets and deletes cookies', async () => {
    const set = await ask({ target: '/cookies/set?a=b&c=d' });
    expect([set.status, set.headers.get('location'), set.headers.getAll('set-cookie')]).toEqual([
      302,
      '/cookies',
      ['a=b; Path=/; HttpOnly; SameSite=Lax', 'c=d; Path=/; HttpOnly; SameSite=Lax'],
    ]);
    const gone = await ask({ target: '/cookies/delete?a' });
    expect(gone.headers.get('set-cookie')).toContain('a=; Path=/; Max-Age=0');
    const told = await ask({ target: '/cookies', headers: { Cookie: 'a=b; __proto__=x' } });
    expect(await told.body.text()).toBe('{\n  "cookies": {\n    "a": "b",\n    "__proto__": "x"\n  }\n}\n');
  });

  it('depends on who asks', async () => {
    const basic = (credentials: string) =>
      ask({
        target: '/basic-auth/ann/p%3Aw',
        headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      });
    expect(await (await basic('ann:p:w')).body.json()).toEqual({ authenticated: true, user: 'ann' });
    expect((await basic('ann:p')).status).toBe(401);
    expect((await basic('bob:p:w')).status).toBe(401);
    const bearer = await ask({ target: '/bearer', headers: { Authorization: 'Bearer abc' } });
    expect(await bearer.body.json()).toEqual({ authenticated: true, token: 'abc' });
    expect((await ask({ target: '/bearer' })).status).toBe(401);
  });

  it('is conditional', async () => {
    const { headers } = await ask({ target: '/cache' });
    const [etag = '', modified = ''] = [headers.get('etag'), headers.get('last-modified')];
    const statusFor = async (target: string, fields: Readonly<Record<string, string>>) =>
      (await ask({ target, headers: fields })).status;
    expect(await statusFor('/cache', { 'If-None-Match': etag })).toBe(304);
    expect(await statusFor('/cache', { 'If-Modified-Since': modified })).toBe(304);
    expect(await statusFor('/cache', { 'If-None-Match': '"other"' })).toBe(200);
    expect(await statusFor('/etag/a', { 'If-None-Match': 'W/"a"' })).toBe(304);
    expect(await statusFor('/etag/a', { 'If-Match': '"a"' })).toBe(200);
    expect(await statusFor('/etag/a', { 'If-Match': '"b"' })).toBe(412);
    expect((await ask({ target: '/cache/60' })).headers.get('cache-control')).toBe('public, max-age=60');
  });

  it('has the fields that were asked for', async () => {
    const response = await ask({ target: '/response-headers?X-A=1&x-a=%C3%A4&Content-Type=text/plain' });
    expect([...response.headers].slice(0, 3)).toEqual([
      ['X-A', '1'],
      ['x-a', 'Ã¤'],
      ['Content-Type', 'text/plain'],
    ]);
    expect(await response.body.json()).toEqual({ 'X-A': '1', 'x-a': 'ä', 'Content-Type': 'text/plain' });
  });

  it.each([
    ['/html', 'text/html; charset=utf-8', /<h1>/],
    ['/json', 'application/json', /"title"/],
    ['/xml', 'application/xml', /^<\?xml/],
    ['/robots.txt', 'text/plain; charset=utf-8', /Disallow: \//],
    ['/encoding/utf8', 'text/plain; charset=utf-8', /𝄞/],
    ['/uuid', 'application/json', /"[0-9a-f]{8}-[0-9a-f]{4}-4/],
    ['/base64/w6Q_', 'text/plain; charset=utf-8', /^ä\?$/],
    ['/base64/w6Q%3D', 'text/plain; charset=utf-8', /^ä$/],
    ['/headers', 'application/json', /"Host": "h"/],
    ['/ip', 'application/json', /"origin": "192\.0\.2\.1"/],
    ['/user-agent', 'application/json', /"user-agent": null/],
  ])('to %s is %s', async (target, type, content) => {
    const response = await ask({ target });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect(await response.body.text()).toMatch(content);
  });

  it('to / lists what there is, as people write it', async () => {
    const page = await (await ask({ target: '/' })).body.text();
    expect(page).toContain('<code>/basic-auth/<i>{user}</i>/<i>{password}</i></code>');
    expect(page).toContain('<span class="method put">PUT</span> <code>/multipart</code>');
    expect(page).toContain('<a href="/drip?duration=3&#38;numbytes=30">');
    expect(page).not.toContain('<script');
  });
});

function ask({ target, ...init }: HttpRequestInit): Promise<HttpResponse> {
  const service = httpTestService({
    clock: new FakeClock(),
    random: () => 0.5,
    lifecycle: createLifecycle(),
    onError() {},
  });
  return directClientOn(service).serve(HttpRequest.from({ ...init, target: `http://h${target}` }));
}
