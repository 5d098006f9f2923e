import type { HttpRequestInit, HttpResponse } from '@lamella/http';
import { HttpRequest, multipartBody } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { connectWebSocket } from '@lamella/ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endpointGroups, httpTestService } from './http-test-service.ts';

checkLedger({ beforeEach, afterEach });

/** One step beyond each limit, and what is said of it. */
const WRONG: readonly (readonly [target: string, detail: string])[] = [
  ['/status/199', 'from 200 to 599'],
  ['/status/200:0', 'weights of 0'],
  ['/delay/10.001', 'seconds must be a number from 0 to 10'],
  ['/delay/-1', 'seconds must be a number from 0 to 10'],
  ['/redirect/0', 'n must be a whole number from 1 to 100'],
  ['/redirect/101', 'n must be a whole number from 1 to 100'],
  ['/relative-redirect/101', 'from 1 to 100'],
  ['/absolute-redirect/101', 'from 1 to 100'],
  ['/redirect-to', 'url is missing'],
  ['/redirect-to?url=javascript:alert(1)', 'url must be a URL of http or https'],
  ['/redirect-to?url=%2F%2Fhost', 'url must be a URL of http or https'],
  ['/redirect-to?url=/&url=/', 'url stands 2 times'],
  ['/redirect-to?url=/&status_code=304', 'status_code must be one of 301'],
  ['/bytes/104857601', 'n must be a whole number from 0 to 104857600'],
  ['/bytes/1?seed=4294967296', 'seed must be a whole number from 0 to 4294967295'],
  ['/stream-bytes/104857601', 'from 0 to 104857600'],
  ['/stream-bytes/1?chunk_size=0', 'chunk_size must be a whole number from 1 to 65536'],
  ['/stream-bytes/1?chunk_size=65537', 'chunk_size must be'],
  ['/stream/0', 'n must be a whole number from 1 to 1000'],
  ['/stream/1001', 'n must be a whole number from 1 to 1000'],
  ['/range/0', 'n must be a whole number from 1 to 104857600'],
  ['/range/104857601', 'n must be'],
  ['/drip?duration=10.001', 'duration must be a number from 0 to 10'],
  ['/drip?delay=10.001', 'delay must be a number from 0 to 10'],
  ['/drip?numbytes=0', 'numbytes must be a whole number from 1 to 10000'],
  ['/drip?numbytes=10001', 'numbytes must be'],
  ['/drip?code=199', 'code must be a whole number from 200 to 599'],
  ['/drip?code=600', 'code must be'],
  ['/drip?code=204', 'code must be one that has content'],
  ['/drip?code=205', 'code must be one that has content'],
  ['/base64/a', 'value is not Base64'],
  ['/base64/a!', 'value is not Base64'],
  ['/cookies/set', 'names no cookie'],
  ['/cookies/set?a%20b=c', 'is not a token'],
  ['/cookies/set/a/b%3Bc', 'holds a character that no cookie may hold'],
  [`/cookies/set?${'a=b&'.repeat(21)}`, '21 cookies; 20 are the most'],
  ['/cookies/delete', 'names no cookie'],
  ['/basic-auth/a%3Ab/c', 'can not be sent by Basic'],
  ['/cache/31536001', 'seconds must be a whole number from 0 to 31536000'],
  ['/etag/a%22b', 'etag must be visible ASCII'],
  ['/response-headers?a%20b=c', 'is no name of a field'],
  ['/response-headers?A=b%0D%0AC:d', 'the value of A holds a character'],
  ['/response-headers?Transfer-Encoding=chunked', 'made by the server itself'],
  [`/response-headers?${'A=b&'.repeat(51)}`, '51 fields; 50 are the most'],
  ['/sse?count=0', 'count must be a whole number from 1 to 1000'],
  ['/sse?count=1001', 'count must be'],
  ['/sse?interval=10.001', 'interval must be a number from 0 to 10'],
];

/** The limits themselves. */
const RIGHT: readonly string[] = [
  '/status/200',
  '/delay/0',
  '/redirect/100',
  '/relative-redirect/1',
  '/absolute-redirect/100',
  '/bytes/0',
  '/bytes/104857600?seed=4294967295',
  '/stream-bytes/104857600?chunk_size=65536',
  '/stream-bytes/1?chunk_size=1',
  '/stream/1000',
  '/range/104857600',
  '/drip?duration=10&numbytes=10000',
  '/drip?duration=0&numbytes=1&delay=0&code=200',
  `/cookies/set?${'a=b&'.repeat(20)}`,
  '/cache/31536000',
  '/etag/!',
  `/response-headers?${'A=b&'.repeat(50)}`,
  '/sse?count=1000&interval=10',
  '/sse?count=1&interval=0',
];

describe('serve http-test', () => {
  it('describes a request', async () => {
    const { ask } = setup();
    const headers = [
      ['X-A', '1'],
      ['x-a', '2'],
      ['X-A', '3'],
    ] as const;
    const response = await ask({ method: 'PUT', target: '/put?q=1&q=2&r', headers, body: '{"a":[null]}' });
    expect(await response.body.json()).toEqual({
      method: 'PUT',
      args: { q: ['1', '2'], r: '' },
      headers: { 'X-A': ['1', '3'], 'x-a': '2', Host: 'h' },
      origin: '192.0.2.1',
      url: 'http://h/put?q=1&q=2&r',
      data: '{"a":[null]}',
      files: {},
      form: {},
      json: { a: [null] },
    });
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'has a place for %s, and for nothing else there',
    async (method) => {
      const { ask } = setup();
      const target = `/${method.toLowerCase()}`;
      expect(await (await ask({ method, target })).body.json()).toMatchObject({ method });
      const other = await ask({ method: method === 'POST' ? 'GET' : 'POST', target });
      expect([other.status, other.headers.get('allow')?.includes(method)]).toEqual([405, true]);
      expect(await (await ask({ method, target: '/anything/a%2Fb' })).body.json()).toMatchObject({
        method,
        url: 'http://h/anything/a%2Fb',
      });
    },
  );

  it('takes forms apart', async () => {
    const { ask } = setup();
    const type = 'application/x-www-form-urlencoded';
    const plain = await ask({ method: 'POST', target: '/post', headers: { 'Content-Type': type }, body: 'a=1&a=2&b=' });
    expect(await plain.body.json()).toMatchObject({ data: '', form: { a: ['1', '2'], b: '' }, json: null });
    const { body, contentType } = multipartBody([
      { name: 'a', body: '1' },
      { name: 'f', fileName: 'x.bin', contentType: 'image/png', body: Buffer.from([0xff]) },
      { name: 'f', fileName: 'x.txt', body: 'text' },
    ]);
    const whole = await ask({ method: 'POST', target: '/post', headers: { 'Content-Type': contentType }, body });
    expect(await whole.body.json()).toMatchObject({
      form: { a: '1' },
      files: { f: ['data:image/png;base64,/w==', 'text'] },
    });
  });

  it.each([
    ['text', 'hello', 'hello', null],
    ['what is not UTF-8', Buffer.from([0xff, 0x00]), 'data:application/octet-stream;base64,/wA=', null],
    ['JSON that is nested deeply enough', `${'['.repeat(64)}${']'.repeat(64)}`, undefined, expect.any(Array)],
    ['JSON that is nested too deeply', `${'['.repeat(65)}${']'.repeat(65)}`, undefined, null],
    ['JSON without end', '['.repeat(500_000) + ']'.repeat(500_000), undefined, null],
  ])('tells %s', async (_what, body, data, json) => {
    const { ask } = setup();
    const told = await (await ask({ method: 'POST', target: '/post', body })).body.json();
    expect(told).toMatchObject({ ...(data === undefined ? {} : { data }), json });
  });

  it('does not look into a form that is compressed', async () => {
    const { ask } = setup();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Encoding': 'gzip' };
    const response = await ask({ method: 'POST', target: '/post', headers, body: 'a=b' });
    expect(await response.body.json()).toMatchObject({ data: 'a=b', form: {} });
  });

  it('answers every link of its page', async () => {
    const parts = { clock: new FakeClock(), random: () => 0, lifecycle: createLifecycle() };
    const links = endpointGroups(parts).flatMap(({ endpoints }) => endpoints.flatMap(({ example }) => example ?? []));
    const statuses: Record<string, number> = {};
    for (const target of links.filter((link) => !link.startsWith('/delay'))) {
      const response = await setup().ask({ target });
      statuses[target] = response.status;
      response.body.cancel();
    }
    const unusual = Object.entries(statuses).filter(([, status]) => status !== 200 && status !== 302);
    expect(Object.fromEntries(unusual)).toEqual({
      '/status/418': 418,
      '/redirect-to?url=%2Fget&status_code=307': 307,
      '/basic-auth/ann/secret': 401,
      '/bearer': 401,
    });
    expect(links.length).toBeGreaterThan(30);
  });

  it('keeps all but its page in a sandbox', async () => {
    const { ask } = setup();
    const csp = async (target: string) => (await ask({ target })).headers.get('content-security-policy');
    expect(await csp('/')).toBe("default-src 'none'; style-src 'unsafe-inline'");
    expect(await csp('/html')).toContain('sandbox');
    expect(await csp('/response-headers?Content-Type=text/html&Content-Security-Policy=script-src+*')).toContain(
      'sandbox',
    );
  });

  it.each(WRONG)('refuses %s', async (target, detail) => {
    const { ask } = setup();
    const response = await ask({ target });
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect(await response.body.json()).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
  });

  it.each(RIGHT)('takes %s', async (target) => {
    const { ask } = setup();
    const response = await ask({ target });
    expect(response.status).toBeLessThan(400);
    response.body.cancel();
  });

  it('refuses content of more than 1 MiB', async () => {
    const { ask } = setup();
    expect((await ask({ method: 'POST', target: '/post', body: new Uint8Array(1_048_576) })).status).toBe(200);
    expect((await ask({ method: 'POST', target: '/post', body: new Uint8Array(1_048_577) })).status).toBe(413);
  });

  it('chooses a status by chance', async () => {
    expect((await setup({ random: 0.89 }).ask({ target: '/status/200:9,503:1' })).status).toBe(200);
    expect((await setup({ random: 0.9 }).ask({ target: '/status/200:9,503:1' })).status).toBe(503);
  });

  it('answers late', async () => {
    const { clock, ask } = setup();
    let isThere = false;
    const answer = ask({ target: '/delay/1.5' }).then((response) => {
      isThere = true;
      return response;
    });
    await settle();
    clock.advance(1_499);
    await settle();
    expect(isThere).toBe(false);
    clock.advance(1);
    expect((await answer).status).toBe(200);
  });

  it('gives up a late answer that nobody waits for', async () => {
    const { clock, ask } = setup();
    const controller = new AbortController();
    const answer = ask({ target: '/delay/10', signal: controller.signal });
    await settle();
    expect(clock.pendingTimers).toBe(1);
    controller.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(clock.pendingTimers).toBe(0);
  });

  it('drips', async () => {
    const { clock, ask } = setup();
    const { body, status } = await ask({ target: '/drip?duration=1&numbytes=2&code=503' });
    expect([status, body.size, (await body.read())?.length]).toEqual([503, 2, 1]);
    const second = body.read();
    clock.advance(500);
    expect([(await second)?.length, await body.read()]).toEqual([1, undefined]);
  });

  it('sends events until the client leaves', async () => {
    const { clock, ask } = setup();
    const { body } = await ask({ target: '/sse?count=3&interval=2' });
    const first = Buffer.from((await body.read()) ?? []).toString();
    expect(first).toBe(`event: tick\nid: 1\ndata: {"count":1,"of":3,"atMs":${clock.epochMs()}}\n\n`);
    const second = body.read();
    clock.advance(2_000);
    expect(Buffer.from((await second) ?? []).toString()).toContain('id: 2\n');
    const third = body.read();
    third.catch(() => {});
    await settle();
    body.cancel();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends messages of a WebSocket back, on HTTP', async () => {
    const { service } = setup();
    await using client = httpClientOn(service);
    const socket = await connectWebSocket(client, { url: 'ws://h/ws', headers: { Origin: 'http://elsewhere.test' } });
    void socket.send('text');
    void socket.send(Buffer.from([1, 2]));
    expect([await socket.receive(), await socket.receive()]).toEqual(['text', Buffer.from([1, 2])]);
    expect(await socket.close()).toMatchObject({ code: 1000, wasClean: true });
  });

  it('tells the parts of an upload', async () => {
    const { ask } = setup();
    const { body, contentType } = multipartBody([
      { name: 'a', body: '1' },
      { name: 'f', fileName: '../x', contentType: 'image/png', body: new Uint8Array(100_000) },
    ]);
    const response = await ask({
      method: 'POST',
      target: '/multipart',
      headers: { 'Content-Type': contentType },
      body,
    });
    expect(await response.body.json()).toMatchObject({
      parts: [
        { name: 'a', filename: null, type: 'text/plain', size: 1, sha256: expect.stringMatching(/^6b86b273/) },
        { name: 'f', filename: '../x', type: 'image/png', size: 100_000 },
      ],
    });
  });

  it('tells nothing of its failures, and hears of them', async () => {
    const errors: unknown[] = [];
    const service = httpTestService({
      clock: new FakeClock(),
      random: () => {
        throw new Error('no chance');
      },
      lifecycle: createLifecycle(),
      onError: (error) => void errors.push(error),
    });
    const response = await directClientOn(service).serve(HttpRequest.from({ target: 'http://h/status/200' }));
    expect([response.status, await response.body.text()]).toEqual([500, expect.not.stringContaining('chance')]);
    expect(errors).toMatchObject([{ message: 'no chance' }]);
  });
});

function setup({ random = 0 }: { readonly random?: number } = {}) {
  const clock = new FakeClock();
  const service = httpTestService({ clock, random: () => random, lifecycle: createLifecycle(), onError() {} });
  const client = directClientOn(service);
  const ask = ({ target, ...init }: HttpRequestInit): Promise<HttpResponse> =>
    client.serve(HttpRequest.from({ ...init, target: `http://h${target}` }));
  return { clock, service, ask };
}
