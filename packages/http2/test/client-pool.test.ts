import type { HttpClientOptions, HttpRequestInit } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import type { ByteStream, ConnectRequest } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Http2ServerLayerOptions } from '../src/index.ts';
import { http2 } from '../src/index.ts';
import { http2Origin } from './support/http2-origin.ts';

checkLedger({ beforeEach, afterEach });

const hello: Service<HttpRequest, HttpResponse> = serviceFn(() => HttpResponse.text('hello'));

describe('many requests to one origin', () => {
  it('share one connection, from the first moment on', async () => {
    const { client, dials, get } = setup(hello);
    const texts = await Promise.all(Array.from({ length: 100 }, () => get()));
    expect(new Set(texts)).toEqual(new Set(['hello']));
    expect(dials).toHaveLength(1);
    expect(client.gauges()).toEqual([
      { origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 },
    ]);
    await client.close();
  });

  it('get more connections where the server allows few streams', async () => {
    let most = 0;
    let running = 0;
    const slow = serviceFn(async () => {
      most = Math.max(most, ++running);
      await settle(2);
      running--;
      return HttpResponse.text('slow');
    });
    const { client, dials, get } = setup(
      slow,
      { limits: { maxConcurrentStreams: 10 } },
      { maxConnectionsPerOrigin: 20 },
    );
    await get();
    const texts = await Promise.all(Array.from({ length: 1_000 }, () => get()));
    expect(texts).toHaveLength(1_000);
    expect(dials.length).toBeGreaterThan(10);
    expect(dials.length).toBeLessThanOrEqual(20);
    expect(most).toBeLessThanOrEqual(200);
    await client.close();
  });

  it('do not wait behind a stream without end', async () => {
    const service = serviceFn(async (request: HttpRequest) => {
      if (request.path !== '/events') return HttpResponse.text(await request.body.text());
      async function* events(): AsyncGenerator<string> {
        yield 'data: 1\n\n';
        await new Promise(() => {});
      }
      return HttpResponse.from({ headers: { 'content-type': 'text/event-stream' }, body: events() });
    });
    const { client, dials, get } = setup(service);
    const stream = await client.serve(request({ target: 'http://a.test/events' }));
    expect(Buffer.from((await stream.body.read()) ?? []).toString()).toBe('data: 1\n\n');
    const posts = Array.from({ length: 100 }, (_, index) => get({ method: 'POST', body: `post ${index}` }));
    expect((await Promise.all(posts)).at(-1)).toBe('post 99');
    expect(dials).toHaveLength(1);
    stream.body.cancel();
    await client.close();
  });

  it('that wait for one connect hear all of them that it failed', async () => {
    const failing = { serve: () => Promise.reject(new Error('no way there')) };
    const client = createHttpClient({ connector: failing, protocols: [http2()] });
    const asked = Array.from({ length: 20 }, () => client.serve(request({ target: 'http://a.test/' })));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(client.counters()).toMatchObject([{ dials: 1, failures: 1 }]);
    await client.close();
  });
});

describe('a client that may have one connection only', () => {
  it.each([1, 100])(
    'gives it to another origin when all is told that came by it, of %d streams at once',
    async (most) => {
      const { client, get } = setup(hello, { limits: { maxConcurrentStreams: most } }, { maxConnections: 1 });
      const asked = Array.from({ length: 20 }, (_, index) => get({ target: `http://${index % 2}.test/` }));
      const outcomes = await Promise.allSettled(asked);
      expect(outcomes).toEqual(Array(20).fill({ status: 'fulfilled', value: 'hello' }));
      await client.close();
    },
  );

  it.each<[string, (response: HttpResponse) => unknown]>([
    ['is closed', ({ upgraded }) => upgraded?.stream.destroy()],
    ['is broken off', ({ upgraded }) => upgraded?.stream.destroy(new Error('enough'))],
    ['is disposed of with its response', (response) => response[Symbol.dispose]()],
  ])('gives its only place to who waits for it when a tunnel %s', async (_, end) => {
    const service = serviceFn(async ({ method }: HttpRequest) =>
      method === 'CONNECT'
        ? HttpResponse.upgrade({ status: 200 }, { serve: ({ stream }) => ended(stream) })
        : hello.serve(request({ target: '/' })),
    );
    const { client, dials, get } = setup(service, { limits: { maxConcurrentStreams: 1 } }, { maxConnections: 1 });
    expect(await get()).toBe('hello'); // now the settings of the server are known
    const response = await client.serve(request({ method: 'CONNECT', target: 'a.test:80' }));
    const next = get();
    await settle();
    expect(client.gauges()).toMatchObject([{ active: 1, waiting: 1 }]);
    end(response);
    expect(await next).toBe('hello');
    expect(client.gauges()).toMatchObject([{ active: 0, idle: 1, waiting: 0 }]);
    expect(dials).toHaveLength(1);
    await client.close();
  });
});

async function ended(stream: ByteStream): Promise<void> {
  while ((await stream.read()) !== undefined);
}

describe('a server that leaves', () => {
  it('fails no request: what it has not looked at goes elsewhere, POST too', async () => {
    const counts = new Map<string, number>();
    const service = serviceFn(async (request: HttpRequest) => {
      const body = await request.body.text();
      counts.set(body, (counts.get(body) ?? 0) + 1);
      await settle(1);
      return HttpResponse.text(body);
    });
    // GOAWAY every 50 requests, with 100 under way.
    const { client, dials, get } = setup(service, { maxRequestsPerConnection: 50 });
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < 5_000) {
        const body = `request ${next++}`;
        expect(await get({ method: 'POST', body })).toBe(body);
      }
    };
    await Promise.all(Array.from({ length: 100 }, worker));
    expect(counts.size).toBe(5_000);
    expect(new Set(counts.values())).toEqual(new Set([1])); // none was done twice
    expect(dials.length).toBeGreaterThan(20);
    await client.close();
  });

  it('gets no new request, and the old ones are finished', async () => {
    const lifecycle = createLifecycle();
    const go = Promise.withResolvers<void>();
    const service = serviceFn(async (request: HttpRequest) => {
      if (request.path === '/slow') await go.promise;
      return HttpResponse.text(request.path);
    });
    const old = http2Origin(service, { lifecycle });
    const young = http2Origin(service);
    const connector = {
      serve: (request: ConnectRequest) => (old.dials.length === 0 ? old : young).connector.serve(request),
    };
    const client = createHttpClient({ connector, protocols: [http2()] });
    const get = async (path: string) => (await client.serve(request({ target: `http://a.test${path}` }))).body.text();
    const slow = get('/slow');
    await settle();
    const drained = lifecycle.drain();
    await settle();
    expect(await get('/next')).toBe('/next');
    expect(young.dials).toHaveLength(1);
    go.resolve();
    expect(await slow).toBe('/slow');
    expect(client.gauges()).toMatchObject([{ open: 1 }]); // the old one has closed
    await client.close();
    await drained;
  });

  it('before it takes anything is not dialled without end', async () => {
    const lifecycle = createLifecycle();
    const { client, dials, get } = setup(hello, { lifecycle });
    const drained = lifecycle.drain();
    await expect(get()).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED', processed: 'no' });
    expect(dials.length).toBeLessThanOrEqual(3);
    await client.close();
    await drained;
  });
});

function setup(
  service: Service<HttpRequest, HttpResponse>,
  server: Http2ServerLayerOptions = {},
  options: Partial<HttpClientOptions> = {},
) {
  const { connector, dials } = http2Origin(service, server);
  const client = createHttpClient({ connector, protocols: [http2()], ...options });
  const get = async (init: Partial<HttpRequestInit> = {}): Promise<string> => {
    const response = await client.serve(request({ target: 'http://a.test/', ...init }));
    return await response.body.text();
  };
  return { client, dials, get };
}

function request(init: HttpRequestInit): HttpRequest {
  return HttpRequest.from(init);
}
