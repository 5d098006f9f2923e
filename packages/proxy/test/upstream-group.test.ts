import { HttpBody, HttpConnectionError, HttpRequest, HttpResponse } from '@lamella/http';
import type { BalancedEndpoint } from '@lamella/layers';
import { roundRobin } from '@lamella/layers';
import { checkLedger } from '@lamella/net-core/testing';
import { cell, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamGroup, UpstreamGroupOptions, UpstreamServer } from '../src/index.ts';
import { reverseProxyService, upstreamGroup } from '../src/index.ts';
import type { FakeServer } from './support/fake-servers.ts';
import { ask, FakeServers } from './support/fake-servers.ts';

checkLedger({ beforeEach, afterEach });

interface Setup {
  readonly clock: FakeClock;
  readonly client: FakeServers['client'];
  readonly group: UpstreamGroup;
  readonly a: FakeServer;
  readonly b: FakeServer;
}

function setup(options: Partial<UpstreamGroupOptions> = {}): Setup {
  const clock = new FakeClock();
  const servers = new FakeServers();
  const [a, b] = servers.add('a.test:80', 'b.test:80') as [FakeServer, FakeServer];
  const { client } = servers;
  const group = upstreamGroup({
    name: 'api',
    client,
    clock,
    servers: [{ url: a.url }, { url: b.url }],
    policy: roundRobin(),
    random: () => 0.5,
    ...options,
  });
  return { clock, client, group, a, b };
}

describe('an upstream group', () => {
  it('sends each request to one of its servers, with the host of that', async () => {
    const { group, a, b } = setup();
    const bodies = [await ask(group, { target: 'http://api/x?y=1' }), await ask(group, { target: 'http://api' })];
    expect(bodies.map(({ body }) => body)).toEqual(['a.test:80', 'b.test:80']);
    expect(a.requests[0]?.target).toBe('http://a.test:80/x?y=1');
    expect(b.requests[0]?.target).toBe('http://b.test:80');
    await ask(group, { headers: { Host: 'api' } });
    expect(a.requests[1]?.headers.get('host')).toBe('a.test:80');
    await ask(group, { headers: { Host: 'shop.example' } });
    expect(b.requests[1]?.headers.get('host')).toBe('shop.example');
  });

  it('speaks TLS to the servers whose URL says so', async () => {
    const { group, a, b } = setup({ servers: [{ url: 'https://a.test:80' }, { url: 'http://b.test:80' }] });
    await ask(group, { target: 'http://api/x' });
    await ask(group, { target: 'https://api/x' });
    expect([a.requests[0]?.target, b.requests[0]?.target]).toEqual(['https://a.test:80/x', 'http://b.test:80/x']);
  });

  it.each([
    ['https://api/x?y=/z', 'http://a.test:80/x?y=/z'],
    ['/x?y=http://z/', 'http://a.test:80/x?y=http://z/'],
    ['http://a/', 'http://a.test:80/'],
    ['http://api?x', 'http://a.test:80?x'],
  ])('sends %s to the same path', async (target, sent) => {
    const { group, a } = setup();
    await ask(group, { target });
    expect(a.requests[0]?.target).toBe(sent);
  });

  it("leaves the caller's Host field as it is", async () => {
    const { group, a } = setup({ retries: false });
    const request = HttpRequest.from({ target: 'http://api/', headers: { Host: 'api' } });
    await group.serve(request);
    expect(a.requests[0]?.headers.get('host')).toBe('a.test:80');
    expect(request.headers.get('host')).toBe('api');
  });

  it('goes by weight', async () => {
    const { group, a, b } = setup({
      servers: [{ url: 'http://a.test:80', weight: 3 }, { url: 'http://b.test:80' }],
    });
    for (let count = 0; count < 8; count++) await ask(group);
    expect([a.requests.length, b.requests.length]).toEqual([6, 2]);
  });

  it('keeps a server busy until the body has been read, given up, or the connection upgraded has closed', async () => {
    const { group, a } = setup({ servers: [{ url: 'http://a.test:80' }] });
    const active = () => group.gauges()[0]?.active;
    a.answer = () => HttpResponse.from({ body: ['one', 'two'] });
    const response = await group.serve(HttpRequest.from({ target: 'http://api/' }));
    expect(active()).toBe(1);
    await response.body.read();
    expect(active()).toBe(1);
    response.body.cancel();
    await settle();
    expect(active()).toBe(0);
    await ask(group);
    await settle();
    expect(active()).toBe(0);
  });

  it('leaves out a server whose requests fail, and one whose answers say so', async () => {
    const { group, a, b } = setup({ retries: false, ejection: { consecutiveFailures: 2 } });
    a.answer = () => HttpResponse.from({ status: 503 });
    for (let count = 0; count < 4; count++) await ask(group);
    expect(group.gauges()[0]).toMatchObject({ id: 'http://a.test:80', health: 'ejected', failures: 2 });
    expect((await ask(group)).body).toBe('b.test:80');
    expect(b.requests).toHaveLength(3);
    await group.close();
  });

  it('asks servers whether they are well, with the path and the fields it was told', async () => {
    const { group, clock, a } = setup({
      healthCheck: {
        path: '/healthz?full',
        headers: { Host: 'check' },
        statuses: [204],
        intervalMs: 1_000,
        fall: 2,
        rise: 1,
      },
    });
    a.answer = ({ path }) => HttpResponse.from({ status: path === '/healthz' ? 500 : 200 });
    await clock.advanceAsync(1_000);
    expect(a.requests[0]).toMatchObject({ method: 'GET', target: 'http://a.test:80/healthz?full' });
    expect(a.requests[0]?.headers.get('host')).toBe('check');
    expect(group.gauges().map(({ health }) => health)).toEqual(['unhealthy', 'unhealthy']);
    a.answer = () => HttpResponse.from({ status: 204 });
    await clock.advanceAsync(1_000);
    expect(group.gauges().map(({ health }) => health)).toEqual(['available', 'unhealthy']);
    await group.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps what it knows of servers that stay when the list changes', async () => {
    const servers = cell<readonly UpstreamServer[]>([{ url: 'http://a.test:80' }]);
    const { group } = setup({ servers });
    await ask(group);
    servers.set([{ url: 'http://a.test:80' }, { url: 'http://b.test:80' }]);
    expect(group.gauges().map(({ id, calls }) => `${id} ${calls}`)).toEqual([
      'http://a.test:80 1',
      'http://b.test:80 0',
    ]);
    servers.set([]);
    await expect(ask(group)).rejects.toMatchObject({ code: 'LML_ERR_BALANCE_NO_ENDPOINT' });
    await group.close();
    servers.set([{ url: 'http://a.test:80' }]);
    expect(group.gauges()).toEqual([]);
  });

  it('bounds the requests under way to one server, and sends the next one elsewhere', async () => {
    const { group, clock, a } = setup({ maxConcurrentPerServer: 1 });
    const gate = Promise.withResolvers<HttpResponse>();
    a.answer = () => gate.promise;
    const slow = ask(group);
    await settle();
    expect((await ask(group)).body).toBe('b.test:80');
    const third = ask(group); // a's turn again, which is full: b takes it
    await clock.advanceAsync(20);
    expect((await third).body).toBe('b.test:80');
    gate.resolve(HttpResponse.text('late'));
    expect((await slow).body).toBe('late');
    expect(group.gauges()[0]?.failures).toBe(0);
  });

  it.each<[string, Partial<UpstreamGroupOptions>]>([
    ['one server', { maxConcurrentPerServer: 1 }],
    ['the whole group', { limit: { maxConcurrent: 1, maxQueued: 0 } }],
  ])('a request to %s is under way until its response has been read, or given up', async (_name, options) => {
    const { group, a } = setup({ servers: [{ url: 'http://a.test:80' }], retries: false, ...options });
    a.answer = () => HttpResponse.from({ body: ['one', 'two'] });
    const send = (): Promise<HttpResponse> => group.serve(HttpRequest.from({ target: 'http://api/' }));
    const first = await send();
    await expect(send()).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
    await first.body.text();
    const second = await send();
    second.body.cancel();
    await settle();
    (await send()).body.cancel();
  });

  it('bounds the requests under way to the whole group', async () => {
    const { group, a } = setup({ limit: { maxConcurrent: 1, maxQueued: 0 }, retries: false });
    const gate = Promise.withResolvers<HttpResponse>();
    a.answer = () => gate.promise;
    const slow = ask(group);
    await expect(ask(group)).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
    gate.resolve(HttpResponse.text('late'));
    await slow;
  });

  it.each<[string, Partial<UpstreamGroupOptions>]>([
    ['no name', { name: '' }],
    ['a name with a port', { name: 'api:80' }],
    ['a name with a slash', { name: 'a/b' }],
    ['a URL with a path', { servers: [{ url: 'http://a/x' }] }],
    ['a URL with a query', { servers: [{ url: 'http://a/?x' }] }],
    ['another scheme', { servers: [{ url: 'ftp://a' }] }],
    ['no URL', { servers: [{ url: 'a:80' }] }],
    ['one server twice', { servers: [{ url: 'http://a' }, { url: 'http://a' }] }],
    ['a weight of 0', { servers: [{ url: 'http://a', weight: 0 }] }],
    ['a status that is no error', { failureStatuses: [200] }],
    ['a check without a slash', { healthCheck: { path: 'x' } }],
    ['a check with a status that none is', { healthCheck: { statuses: [20] } }],
    ['a cookie that is no token', { sticky: { name: 'a b' } }],
    ['a cookie path with a semicolon', { sticky: { path: '/;x' } }],
    ['SameSite None without Secure', { sticky: { sameSite: 'None' } }],
    ['a lifetime of 0', { sticky: { maxAgeSeconds: 0 } }],
    ['no attempt', { retries: { maxAttempts: 0 } }],
    ['no slot', { maxConcurrentPerServer: 0 }],
  ])('refuses %s', (_name, options) => {
    expect(() => setup(options)).toThrow(UsageError);
  });
});

describe('retries of a group', () => {
  const later = async <Value>(clock: FakeClock, value: Promise<Value>): Promise<Value> => {
    await clock.advanceAsync(500);
    return value;
  };

  it('go to another server', async () => {
    const { group, clock, a, b } = setup();
    a.answer = () => HttpResponse.from({ status: 502 });
    for (let count = 0; count < 4; count++) {
      expect((await later(clock, ask(group))).body).toBe('b.test:80');
    }
    expect(b.requests).toHaveLength(4);
  });

  it('go to another server at once, whenever the first one wants to be asked again, and end where there is none left', async () => {
    const { group, clock, a, b } = setup();
    const busy = (): HttpResponse => HttpResponse.from({ status: 503, headers: { 'Retry-After': '7' } });
    a.answer = busy;
    for (let count = 0; count < 4; count++) {
      expect((await later(clock, ask(group))).body).toBe('b.test:80');
    }
    b.answer = busy;
    const seen = [a, b].map(({ requests }) => requests.length);
    expect((await later(clock, ask(group))).status).toBe(503);
    expect([a.requests.length, b.requests.length]).toEqual(seen.map((count) => count + 1));
  });

  it.each(['POST', 'PATCH'])('never repeat a %s that a server may have acted on', async (method) => {
    const { group, clock, a, b } = setup({ servers: [{ url: 'http://a.test:80' }, { url: 'http://b.test:80' }] });
    a.answer = () => HttpResponse.from({ status: 503 });
    expect((await later(clock, ask(group, { method, body: 'x' }))).status).toBe(503);
    a.answer = () => {
      throw new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'gone', { processed: 'unknown' });
    };
    await ask(group, { method, body: 'x' }); // b's turn
    const third = ask(group, { method, body: 'x' });
    third.catch(() => {});
    await expect(later(clock, third)).rejects.toThrow('gone');
    expect([a.requests.length, b.requests.length]).toEqual([2, 1]);
  });

  it('repeat a POST that nobody got', async () => {
    const { group, clock, a } = setup();
    a.isDown = true;
    expect((await later(clock, ask(group, { method: 'POST', body: 'x' }))).body).toBe('b.test:80');
  });

  it('do not repeat a stream, unless it may be kept', async () => {
    const stream = () => HttpBody.from(['a', 'b']);
    const echo = async ({ body }: { body: HttpBody }) => HttpResponse.text(await body.text());
    for (const [maxBodyBytes, status] of [
      [0, 502],
      [16, 200],
    ] as const) {
      const { group, clock, a, b } = setup({ retries: { maxBodyBytes } });
      a.answer = async ({ body }) => {
        await body.text();
        return HttpResponse.from({ status: 502 });
      };
      b.answer = echo;
      const { status: got, body } = await later(clock, ask(group, { method: 'PUT', body: stream() }));
      expect(got).toBe(status);
      if (status === 200) expect(body).toBe('ab');
    }
  });

  it('try no more often than they may', async () => {
    const { group, clock, a, b } = setup({ retries: { maxAttempts: 3 } });
    for (const server of [a, b]) server.answer = () => HttpResponse.from({ status: 504 });
    expect((await later(clock, ask(group))).status).toBe(504);
    expect(a.requests.length + b.requests.length).toBe(3);
  });

  it('go to a server that has not been asked, as long as there is one', async () => {
    const clock = new FakeClock();
    const servers = new FakeServers();
    const all = servers.add('a.test:80', 'b.test:80', 'c.test:80', 'd.test:80');
    for (const server of all) server.answer = () => HttpResponse.from({ status: 503 });
    const policy = { pick: ([first]: readonly BalancedEndpoint[]) => first as BalancedEndpoint };
    const { client } = servers;
    const group = upstreamGroup({ name: 'api', client, servers: all, clock, policy, retries: { maxAttempts: 6 } });
    expect((await later(clock, ask(group))).status).toBe(503);
    expect(all.map(({ requests }) => requests.length)).toEqual([3, 1, 1, 1]);
  });
});

describe('a sticky cookie', () => {
  const cookieOf = (response: HttpResponse): string => response.headers.getAll('set-cookie')[0]?.split(';')[0] ?? '';

  it('brings a client back to its server, and says nothing about that', async () => {
    const { group } = setup({ sticky: { name: 'lb', secure: true, maxAgeSeconds: 60, sameSite: 'None' } });
    const first = await ask(group);
    const header = first.response.headers.getAll('set-cookie')[0] ?? '';
    expect(header).toMatch(/^lb=[\w-]{22}; Path=\/; Max-Age=60; HttpOnly; SameSite=None; Secure$/);
    expect(header).not.toContain('a.test');
    for (let count = 0; count < 5; count++) {
      const again = await ask(group, { headers: { Cookie: `x=1; ${cookieOf(first.response)}; lbx=2` } });
      expect(again.body).toBe(first.body);
      expect(again.response.headers.has('set-cookie')).toBe(false);
    }
  });

  it('falls back where the server is gone, the cookie is unknown or made up, and sets a new one', async () => {
    const servers = cell<readonly UpstreamServer[]>([{ url: 'http://a.test:80' }, { url: 'http://b.test:80' }]);
    const { group } = setup({ servers, sticky: { name: 'lb' } });
    const first = await ask(group);
    servers.set([{ url: first.body === 'a.test:80' ? 'http://b.test:80' : 'http://a.test:80' }]);
    for (const cookie of [
      cookieOf(first.response),
      'lb=http://a.test:80',
      'lb=',
      'lb="x"',
      `lb=${'x'.repeat(5_000)}`,
    ]) {
      const moved = await ask(group, { headers: { Cookie: cookie } });
      expect(moved.body).not.toBe(first.body);
      expect(cookieOf(moved.response)).not.toBe('');
    }
  });

  it('is good for other processes that share the secret, and for no others', async () => {
    const first = await ask(setup({ sticky: { secret: 'shared' } }).group);
    const headers = { Cookie: cookieOf(first.response) };
    const same = await ask(setup({ sticky: { secret: 'shared' } }).group, { headers });
    expect(same.response.headers.has('set-cookie')).toBe(false);
    const other = await ask(setup({ sticky: {} }).group, { headers });
    expect(other.response.headers.has('set-cookie')).toBe(true);
  });
});

describe('a reverse proxy with groups', () => {
  it('sends routes to groups, and says 503 where none of a group is there', async () => {
    const { group, client, a } = setup();
    const empty = upstreamGroup({ name: 'none', client, servers: [] });
    const proxy = reverseProxyService({
      client,
      routes: [
        { upstream: group },
        { path: '/v2', to: 'http://api/two', upstream: group },
        { path: '/none', upstream: empty },
      ],
    });
    const get = (path: string) => ask(proxy, { target: path, headers: { Host: 'shop.example' } });
    expect((await get('/x')).body).toBe('a.test:80');
    expect(a.requests[0]?.target).toBe('http://a.test:80/x');
    expect(a.requests[0]?.headers.get('host')).toBe('shop.example');
    await get('/other');
    await get('/v2/y?z');
    expect(a.requests[1]?.target).toBe('http://a.test:80/two/y?z');
    const missing = await get('/none');
    expect(missing.status).toBe(503);
    expect(missing.response.headers.get('proxy-status')).toContain('error=destination_unavailable');
  });

  it('lets fields be added and taken away behind those for one hop', async () => {
    const { client, a } = setup();
    a.answer = () => HttpResponse.from({ headers: { 'X-Internal': 'secret', Server: 'a' } });
    const proxy = reverseProxyService({
      client,
      routes: [{ to: 'http://a.test:80' }],
      editRequest: (headers, request) =>
        headers.set('X-User', request.headers.get('x-user') === 'admin' ? 'no' : 'ann'),
      editResponse: (headers) => void headers.delete('x-internal'),
    });
    const { response } = await ask(proxy, {
      target: '/',
      headers: { Host: 'x', Connection: 'X-User', 'X-User': 'admin' },
    });
    expect(a.requests[0]?.headers.get('x-user')).toBe('no');
    expect(response.headers.has('x-internal')).toBe(false);
    expect(response.headers.get('server')).toBe('a');
  });
});
