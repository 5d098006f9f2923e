import { HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import type { IpAddress } from '@lamella/net-core';
import { ConnectError, parseIp } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import type { ResolvedServersOptions } from '../src/index.ts';
import { canaryService, errorPagesLayer, resolvedServers, reverseProxyService } from '../src/index.ts';
import { ask, FakeServers } from './support/fake-servers.ts';

const saying = (text: string) => serviceFn(async (_request: HttpRequest) => HttpResponse.text(text));

describe('canaryService', () => {
  const spread = async (
    options: Partial<Parameters<typeof canaryService>[0]>,
    headers: Record<string, string> = {},
  ) => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const service = canaryService({ stable: saying('stable'), canary: saying('canary'), random, ...options });
    const found: string[] = [];
    for (let count = 0; count < 1_000; count++) {
      found.push((await ask(service, { target: `http://a/${count}`, headers })).body);
    }
    return found;
  };
  const count = (found: readonly string[]): number => found.filter((name) => name === 'canary').length;

  it.each([
    [0, 0, 0],
    [0.1, 60, 140],
    [1, 1_000, 1_000],
  ])('gives a share of %d', async (share, least, most) => {
    const found = count(await spread({ share }));
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });

  it('keeps a key on its side, also when the share grows', async () => {
    const key = ({ path }: { path: string }): string => path;
    const few = await spread({ share: 0.1, key });
    expect(await spread({ share: 0.1, key })).toEqual(few);
    const more = await spread({ share: 0.3, key });
    expect(count(more)).toBeGreaterThan(count(few));
    few.forEach((side, index) => {
      if (side === 'canary') expect(more[index]).toBe('canary');
    });
  });

  it('rejects with what key throws', async () => {
    const key = (): string => {
      throw new Error('no key');
    };
    const service = canaryService({ stable: saying('stable'), canary: saying('canary'), key });
    await expect(service.serve(HttpRequest.from({ target: 'http://a/' }))).rejects.toThrow('no key');
  });

  it('does what a field asks for', async () => {
    expect(count(await spread({ header: 'X-Canary' }, { 'X-Canary': 'Always' }))).toBe(1_000);
    expect(count(await spread({ header: 'X-Canary', share: 1 }, { 'X-Canary': 'never' }))).toBe(0);
    expect(count(await spread({ header: 'X-Canary' }, { 'X-Canary': 'perhaps' }))).toBe(0);
    expect(count(await spread({}, { 'X-Canary': 'always' }))).toBe(0);
  });

  it.each([{ share: -0.1 }, { share: 1.1 }, { share: Number.NaN }, { header: 'a b' }])('refuses %j', (options) => {
    expect(() => canaryService({ stable: saying('a'), canary: saying('b'), ...options })).toThrow(UsageError);
  });
});

describe('errorPagesLayer', () => {
  const proxy = (pages: Parameters<typeof errorPagesLayer>[0]) => {
    const servers = new FakeServers();
    const [origin] = servers.add('origin');
    if (origin !== undefined)
      origin.answer = () => HttpResponse.json({ from: 'origin' }, { status: 404, headers: { ETag: '"x"' } });
    return stack(
      errorPagesLayer(pages),
      reverseProxyService({
        client: servers.client,
        routes: [{ to: 'http://origin' }, { path: '/down', to: 'http://nobody' }],
      }),
    );
  };
  const pages = { '502': { html: '<h1>soon</h1>', json: '{"soon":true}' }, '4xx': { text: 'no such thing' } };

  it.each([
    [undefined, 'text/html; charset=utf-8', '<h1>soon</h1>'],
    ['application/json', 'application/json', '{"soon":true}'],
    ['text/html;q=0.1, application/*;q=0.9', 'application/json', '{"soon":true}'],
    ['*/*', 'text/html; charset=utf-8', '<h1>soon</h1>'],
    ['image/png', 'text/html; charset=utf-8', '<h1>soon</h1>'],
    ['text/html;q=0, */*;q=0.5', 'application/json', '{"soon":true}'],
    ['nonsense;;;q=,', 'text/html; charset=utf-8', '<h1>soon</h1>'],
  ])('shows what Accept %s would rather have', async (accept, type, content) => {
    const headers = { Host: 'x', ...(accept === undefined ? {} : { Accept: accept }) };
    const { status, body, response } = await ask(proxy({ pages }), { target: '/down', headers });
    expect([status, response.headers.get('content-type'), body]).toEqual([502, type, content]);
    expect(response.headers.has('proxy-status')).toBe(true);
    expect(response.headers.get('vary')).toBe('Accept');
  });

  it('leaves alone what an upstream says, unless it is to replace all', async () => {
    const own = await ask(proxy({ pages }), { target: '/', headers: { Host: 'x' } });
    expect([own.status, own.body]).toEqual([404, '{"from":"origin"}']);
    const all = await ask(proxy({ pages, replaces: 'all' }), { target: '/', headers: { Host: 'x' } });
    expect([all.status, all.body, all.response.headers.has('etag')]).toEqual([404, 'no such thing', false]);
    const refused = await ask(proxy({ pages }), { target: '/a/../b', headers: { Host: 'x' } });
    expect([refused.status, refused.body]).toEqual([400, 'no such thing']);
  });

  it('keeps what is for browsers, not about the content', async () => {
    const policy = "default-src 'self'";
    const headers = { 'Content-Security-Policy': policy, 'Content-Encoding': 'gzip', 'Content-Language': 'de' };
    const service = stack(
      errorPagesLayer({ pages, replaces: 'all' }),
      serviceFn(async (_request: HttpRequest) => HttpResponse.from({ status: 404, headers })),
    );
    const { response } = await ask(service);
    expect(response.headers.get('content-security-policy')).toBe(policy);
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(response.headers.has('content-language')).toBe(false);
  });

  it('lets go of a response whose page fails', async () => {
    const cancel = vi.fn();
    const body = HttpBody.fromSource({ read: async () => undefined, cancel });
    const pages = {
      '404': () => {
        throw new Error('no page');
      },
    };
    const service = stack(
      errorPagesLayer({ pages, replaces: 'all' }),
      serviceFn(async (_request: HttpRequest) => HttpResponse.from({ status: 404, body })),
    );
    await expect(ask(service)).rejects.toThrow('no page');
    expect(cancel).toHaveBeenCalledOnce();
  });

  it('takes a function that knows the request', async () => {
    const layer = { pages: { '5xx': ({ path }: { path: string }) => ({ text: `${path} is down` }) } };
    expect((await ask(proxy(layer), { target: '/down', headers: { Host: 'x' } })).body).toBe('/down is down');
  });

  it.each([{ '200': { text: 'x' } }, { '5x': { text: 'x' } }, { '500': {} }])('refuses %j', (wrong) => {
    expect(() => errorPagesLayer({ pages: wrong })).toThrow(UsageError);
  });
});

describe('resolvedServers', () => {
  const setup = (options: Partial<ResolvedServersOptions> = {}) => {
    const clock = new FakeClock();
    const state = { addresses: ['10.0.0.1', '10.0.0.2'], isDown: false, lookups: 0 };
    const errors: unknown[] = [];
    const servers = resolvedServers({
      host: 'api.internal',
      port: 8080,
      families: [4],
      clock,
      random: () => 0.5,
      onError: (error) => errors.push(error),
      resolver: {
        serve: async (): Promise<readonly IpAddress[]> => {
          state.lookups++;
          if (state.isDown) {
            throw new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', 'no', {
              phase: 'resolve',
              domain: 'transport',
            });
          }
          return state.addresses.map(parseIp);
        },
      },
      ...options,
    });
    const urls = () => servers.get().map(({ url }) => url);
    return { clock, state, servers, urls, errors };
  };

  it('follows a name, and looks it up no more often than it is told to', async () => {
    const { clock, state, servers, urls } = setup();
    await settle();
    expect(urls()).toEqual(['http://10.0.0.1:8080', 'http://10.0.0.2:8080']);
    state.addresses = ['10.0.0.2', '10.0.0.3', '10.0.0.3'];
    await clock.advanceAsync(29_999);
    expect(state.lookups).toBe(1);
    await clock.advanceAsync(1);
    expect(urls()).toEqual(['http://10.0.0.2:8080', 'http://10.0.0.3:8080']);
    expect(state.lookups).toBe(2);
    servers.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('looks sooner when it is asked to, at most once in minIntervalMs', async () => {
    const { clock, state, servers } = setup();
    await settle();
    for (let count = 0; count < 100; count++) servers.refresh();
    await clock.advanceAsync(4_999);
    expect(state.lookups).toBe(1);
    await clock.advanceAsync(1);
    expect(state.lookups).toBe(2);
    servers.close();
    servers.refresh();
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the servers when a lookup fails or finds nothing', async () => {
    const { clock, state, servers, urls, errors } = setup();
    await settle();
    state.isDown = true;
    await clock.advanceAsync(30_000);
    state.isDown = false;
    state.addresses = [];
    await clock.advanceAsync(30_000);
    expect(urls()).toHaveLength(2);
    expect(errors).toHaveLength(1);
    servers.close();
  });

  it.each([4, 6] as const)('keeps the addresses of family %i while only its lookups fail', async (failing) => {
    const found = { 4: ['10.0.0.1'], 6: ['2001:db8::1'] };
    let isFailing = false;
    const { clock, servers, urls, errors } = setup({
      families: [4, 6],
      resolver: {
        serve: async ({ family }) => {
          if (isFailing && family === failing) throw new Error('SERVFAIL');
          return found[family].map(parseIp);
        },
      },
    });
    await settle();
    expect(urls()).toEqual(['http://10.0.0.1:8080', 'http://[2001:db8::1]:8080']);
    isFailing = true;
    found[4] = found[4].map(() => '10.0.0.2');
    found[6] = found[6].map(() => '2001:db8::2');
    await clock.advanceAsync(30_000);
    expect(urls()).toEqual(
      failing === 4
        ? ['http://10.0.0.1:8080', 'http://[2001:db8::2]:8080']
        : ['http://10.0.0.2:8080', 'http://[2001:db8::1]:8080'],
    );
    expect(errors).toHaveLength(1);
    isFailing = false;
    await clock.advanceAsync(30_000);
    expect(urls()).toEqual(['http://10.0.0.2:8080', 'http://[2001:db8::2]:8080']);
    found[failing].length = 0; // a good answer that says there is none
    await clock.advanceAsync(30_000);
    expect(urls()).toHaveLength(1);
    servers.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives a lookup that does not end up after timeoutMs, and looks again', async () => {
    let lookups = 0;
    const { clock, servers, errors } = setup({
      timeoutMs: 1_000,
      resolver: {
        serve: () => {
          lookups++;
          return new Promise<never>(() => {});
        },
      },
    });
    await clock.advanceAsync(999);
    expect(errors).toEqual([]);
    await clock.advanceAsync(1);
    expect(errors).toMatchObject([{ code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 1_000 }]);
    await clock.advanceAsync(30_000);
    expect(lookups).toBe(2);
    servers.close();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on looking whatever those who hear of it do', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { clock, state, servers } = setup({
      onError: () => {
        throw new Error('hook');
      },
    });
    servers.watch(() => {
      throw new Error('watcher');
    });
    await settle();
    state.isDown = true;
    await clock.advanceAsync(30_000);
    await clock.advanceAsync(30_000);
    expect([state.lookups, said.mock.calls.length]).toEqual([3, 3]);
    servers.close();
    said.mockRestore();
  });

  it('tells nobody where nothing changed, and lets others set it', async () => {
    const { clock, servers, urls } = setup();
    await settle();
    let changes = 0;
    servers.watch(() => changes++);
    await clock.advanceAsync(60_000);
    expect(changes).toBe(0);
    servers.set([{ url: 'http://pushed:1' }]);
    expect(urls()).toEqual(['http://pushed:1']);
    servers.close();
  });

  it('ends with draining', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { servers } = setup({ clock, lifecycle });
    await settle();
    expect(clock.pendingTimers).toBe(1);
    await lifecycle.drain({ graceMs: 0 });
    expect(clock.pendingTimers).toBe(0);
    servers.close();
    const late = setup({ clock, lifecycle });
    await settle();
    expect([late.state.lookups, clock.pendingTimers]).toEqual([0, 0]);
  });

  it.each([
    { port: 0 },
    { port: 70_000 },
    { intervalMs: 0 },
    { minIntervalMs: 0 },
    { timeoutMs: 0 },
    { host: 'not a name' },
  ])('refuses %j', (options) => {
    expect(() => setup(options)).toThrow();
  });
});
