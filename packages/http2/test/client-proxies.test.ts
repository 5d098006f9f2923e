import type { HttpClientOptions, ProxyChain, ProxySelector } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer, via } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2, http2ServerLayer } from '../src/index.ts';
import { http2Origin, pretendTls } from './support/http2-origin.ts';

checkLedger({ beforeEach, afterEach });

describe('a client that tunnels by HTTP/2', () => {
  it('needs one connection to the proxy for all origins, from the first moment on', async () => {
    const { client, dials, get, targets } = setup(via('https://p.test', TUNNEL));
    const origins = Array.from({ length: 30 }, (_, index) => `http://o${index}.test/`);
    const texts = await Promise.all(origins.map((url) => get(url)));
    expect(texts).toEqual(origins.map((url) => `hello from ${new URL(url).host}`));
    expect([dials.length, targets.length]).toEqual([1, 30]);
    const gauges = client.gauges();
    expect(gauges[0]).toMatchObject({ origin: 'http://o0.test:80 via https://p.test:443', open: 1, idle: 1 });
    expect(gauges.at(-1)).toEqual({ origin: PROXY, open: 1, active: 1, idle: 0, streams: 30, waiting: 0 });
    expect(client.counters().at(-1)).toEqual({ origin: PROXY, dials: 1, failures: 0, reuses: 29 });
    await client.close();
    expect(client.gauges()).toEqual([]);
  });

  it('has one connection to each proxy of a chain', async () => {
    const { dials, get, targets, client } = setup(via(['https://p.test', 'https://q.test:1'], TUNNEL));
    await Promise.all(['http://a.test/', 'http://b.test/', 'http://c.test/'].map((url) => get(url)));
    expect(dials).toHaveLength(1);
    expect(targets).toEqual(['q.test:1', 'a.test:80', 'b.test:80', 'c.test:80']);
    await client.close();
  });

  it('never waits for itself, however few connections it may have', async () => {
    const chain = via(['https://p.test', 'https://q.test:1'], TUNNEL);
    const { client, get } = setup(chain, { maxConnections: 1, maxWaitingPerOrigin: 0 });
    for (const host of ['a', 'b', 'a']) expect(await get(`http://${host}.test/`)).toBe(`hello from ${host}.test`);
    expect(client.gauges().map(({ origin, open }) => [origin, open])).toContainEqual([PROXY, 1]);
    await client.close();
  });

  it('shares connections between those who go the same way, as the same user, by the same protocols', async () => {
    const ways = [
      () => via('https://u:p@p.test', TUNNEL),
      () => via('https://u:p@p.test/', { ...TUNNEL, handshakeTimeoutMs: 1_000 }),
      () => via('https://u:other@p.test', TUNNEL),
      () => via('https://u:p@p.test', { ...TUNNEL, protocols: [http2(), http1()] }),
    ];
    const counts: number[] = [];
    const { dials, get, client } = setup((_, request) => ways[Number(request.headers.get('way'))]?.());
    for (const way of ways.keys()) {
      await get(`http://o${way}.test/`, { way: String(way) });
      counts.push(dials.length);
    }
    expect(counts).toEqual([1, 1, 2, 3]);
    await client.close();
  });

  it('opens a connection for each where the proxy chooses HTTP/1.1', async () => {
    const { dials, get, client, targets } = setup(via('https://p.test', TUNNEL), {}, 'http/1.1');
    const origins = ['http://a.test/', 'http://b.test/', 'http://c.test/'];
    await Promise.all(origins.map((url) => get(url)));
    await get('http://a.test/');
    expect([dials.length, targets.length]).toEqual([3, 3]);
    expect(client.gauges().some(({ origin }) => origin === PROXY)).toBe(false); // they have become the tunnels
    await client.close();
  });

  it('asks by HTTP/1.1 on a connection of its own where nothing else is said', async () => {
    const { dials, get, client } = setup(via('https://p.test', { plainHttp: 'tunnel' }), {}, 'http/1.1');
    await get('http://a.test/');
    await get('http://b.test/');
    expect(dials.map(({ alpnOffer }) => alpnOffer)).toEqual([[], []]);
    await client.close();
  });

  it('has ended when what is under way has, and the connections to proxies with it', async () => {
    const answer = Promise.withResolvers<HttpResponse>();
    const { client, get } = setup(via('https://p.test', TUNNEL), {}, 'h2', () => answer.promise);
    const pending = get('http://a.test/');
    await settle(20);
    let isClosed = false;
    const closing = client.close().then(() => {
      isClosed = true;
    });
    await settle(20);
    expect(isClosed).toBe(false);
    answer.resolve(HttpResponse.text('at last'));
    expect(await pending).toBe('at last');
    await closing;
  });

  it('goes on during a drain, but keeps no tunnel, and no connection for more', async () => {
    const lifecycle = createLifecycle();
    const answer = Promise.withResolvers<HttpResponse>();
    const service = (request: HttpRequest) =>
      request.path === '/slow' ? answer.promise : Promise.resolve(HttpResponse.text('hello'));
    const { client, get } = setup(via('https://p.test', TUNNEL), { lifecycle }, 'h2', service);
    const pending = get('http://a.test/slow');
    await settle(20);
    const drained = lifecycle.drain({ graceMs: 10_000 });
    expect(await get('http://b.test/')).toBe('hello');
    answer.resolve(HttpResponse.text('at last'));
    await pending;
    const { protocols } = await drained;
    expect(protocols).toMatchObject({ 'http-client': { finished: 1, cut: 0 } });
    expect(client.gauges()).toEqual([]);
  });

  it('ends at once when it is destroyed', async () => {
    const { client, get } = setup(via('https://p.test', TUNNEL), {}, 'h2', () => new Promise(() => {}));
    const failed = expect(get('http://a.test/')).rejects.toBe('over');
    await settle(20);
    client.destroy('over');
    await failed;
    await settle(4);
    expect(client.gauges()).toEqual([]);
  });
});

/** A proxy that is every origin itself, and every proxy behind it. */
function setup(
  proxy: ProxyChain | ProxySelector,
  options: Partial<HttpClientOptions> = {},
  version: 'h2' | 'http/1.1' = 'h2',
  answer = async (request: HttpRequest) => HttpResponse.text(`hello from ${request.headers.get('host')}`),
) {
  const targets: string[] = [];
  const origin: Service<Connection, void> = httpServerLayer({ onError() {} })(serviceFn(answer));
  const service: Service<HttpRequest, HttpResponse> = serviceFn(async (request: HttpRequest) => {
    targets.push(request.target);
    return HttpResponse.upgrade({ status: 200 }, request.target.startsWith('q.') ? inner : origin);
  });
  const inner: Service<Connection, void> = http2ServerLayer({ onError() {} })(service);
  const { connector, dials } = http2Origin(service, {}, () => version);
  const tls = pretendTls(({ alpnOffer }) => (alpnOffer.length > 0 ? version : undefined));
  const client = createHttpClient({ connector, tls, proxy, ...options });
  const get = async (target: string, headers: Record<string, string> = {}): Promise<string> => {
    const response = await client.serve(HttpRequest.from({ target, headers }));
    return await response.body.text();
  };
  return { client, dials, targets, get };
}

const TUNNEL = { plainHttp: 'tunnel', protocols: [http2(), http1()] } as const;
const PROXY = 'https://p.test:443';
