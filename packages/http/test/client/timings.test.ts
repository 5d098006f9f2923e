import type { Connector, MemoryNetwork } from '@lamella/net-core';
import { addConnectTimings, memoryNetwork, serveListener } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { HttpClientOptions } from '../../src/index.ts';
import {
  createHttpClient,
  HttpBody,
  HttpRequest,
  HttpResponse,
  HttpTimings,
  httpServerLayer,
} from '../../src/index.ts';
import type { CallTimings } from '../../src/timings/http-timings.ts';
import { scriptedServer } from '../support/scripted-server.ts';

describe('the timings of a call', () => {
  it('tell where the time of a first call went, and add up to its total', async () => {
    const { clock, client } = setup({
      latencyMs: 10,
      // 30 ms for names, 20 for a proxy; the round trip of 20 ms between is what is left
      connector: (inner) => ({
        async serve(request) {
          await wait(clock, 30);
          const connection = await inner.serve(request);
          await wait(clock, 20);
          addConnectTimings(connection, { resolveMs: 30, proxyMs: 20 });
          return connection;
        },
      }),
      service: serviceFn(async () => {
        await wait(clock, 40);
        return HttpResponse.from({ body: HttpBody.from(slowChunks(clock), { size: 2 }) });
      }),
    });
    const timings = await timingsOf(client, clock);
    expect({ ...JSON.parse(JSON.stringify(timings)) }).toEqual({
      queuedMs: 0,
      resolveMs: 30,
      connectMs: 20,
      proxyMs: 20,
      sentMs: 0,
      ttfbMs: 60,
      bodyMs: 50,
      totalMs: 180,
    });
    expect(timings.tlsMs).toBeUndefined();
    await client.close();
  });

  it('have no phases of connecting on a connection that was used before', async () => {
    const { clock, client } = setup({ latencyMs: 10 });
    expect((await timingsOf(client, clock)).connectMs).toBe(20);
    const again = await timingsOf(client, clock);
    expect(again).toMatchObject({ queuedMs: 0, resolveMs: undefined, connectMs: undefined, proxyMs: undefined });
    expect(again).toMatchObject({ ttfbMs: 20, totalMs: 20 });
    await client.close();
  });

  it('count the wait for a connection of somebody else as waiting', async () => {
    const { clock, client } = setup({ latencyMs: 10, options: { maxConnectionsPerOrigin: 1 } });
    const [first, second] = await Promise.all([timingsOf(client, clock), timingsOf(client, clock)]);
    expect(first).toMatchObject({ queuedMs: 0, connectMs: 20, totalMs: 40 });
    expect(second).toMatchObject({ queuedMs: 40, connectMs: undefined, totalMs: 60 });
    await client.close();
  });

  it('count no more of a connect than the call waited for', async () => {
    const { clock, client } = setup({ latencyMs: 10 });
    const controller = new AbortController();
    const given = client.serve(HttpRequest.from({ target: URL, signal: controller.signal }));
    await clock.advanceAsync(5);
    const late = timingsOf(client, clock); // opens a second one, but gets the first
    controller.abort('not any more');
    await expect(given).rejects.toBe('not any more');
    expect(await late).toMatchObject({ queuedMs: 0, connectMs: 15, totalMs: 35 });
    await client.close();
  });

  it('have no phases of connecting on a connection that stood already, though nobody had used it', async () => {
    let dials = 0;
    const { clock, client } = setup({
      connector: (inner) => ({
        async serve(request) {
          if (++dials === 2) await wait(clock, 500);
          return inner.serve(request);
        },
      }),
    });
    const [first, second] = await Promise.all([timingsOf(client, clock), timingsOf(client, clock)]);
    expect([first.connectMs, second.connectMs]).toEqual([0, undefined]); // the second one got the connection of the first
    await clock.advanceAsync(1_000);
    expect(client.gauges()).toMatchObject([{ open: 2, idle: 2 }]);
    expect(await timingsOf(client, clock)).toMatchObject({ queuedMs: 0, connectMs: undefined });
    expect(client.counters()).toMatchObject([{ dials: 2, reuses: 1 }]);
    await client.close();
  });

  it('are live: the body is open until it ends, or is broken off', async () => {
    const clock = new FakeClock();
    const server = scriptedServer(clock);
    const client = createHttpClient({ connector: server.connector, clock });
    const answer = client.serve(HttpRequest.from({ target: URL }));
    const connection = await server.accept();
    await connection.receive('\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab');
    await settle();
    const { body, extensions } = await answer;
    const timings = extensions.get(HttpTimings);
    await clock.advanceAsync(70);
    expect([timings?.bodyMs, timings?.totalMs]).toEqual([undefined, undefined]);
    await body.read();
    body.cancel();
    connection.stream.destroy();
    await settle();
    expect(timings).toMatchObject({ bodyMs: 70, totalMs: 70 });
    client.destroy();
  });

  it('take sending as over when the response comes in the middle of it', async () => {
    const clock = new FakeClock();
    const server = scriptedServer(clock);
    const client = createHttpClient({ connector: server.connector, clock });
    const answer = client.serve(HttpRequest.from({ method: 'POST', target: URL, body: HttpBody.from(endless()) }));
    const connection = await server.accept();
    await connection.receive('\r\n\r\n');
    await clock.advanceAsync(15);
    connection.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
    await settle();
    expect((await answer).extensions.get(HttpTimings)).toMatchObject({ sentMs: 15, ttfbMs: 0, bodyMs: 0, totalMs: 15 });
    client.destroy();
  });

  it('measure what an upload takes, and stay readable through a changed copy', async () => {
    const { clock, client } = setup({ latencyMs: 10 });
    const request = HttpRequest.from({ method: 'POST', target: URL, body: HttpBody.from(slowChunks(clock)) });
    const answer = client.serve(request);
    await clock.advanceAsync(1_000);
    const response = (await answer).with({ status: 299 });
    expect(response.extensions.get(HttpTimings)).toMatchObject({ connectMs: 20, sentMs: 50, ttfbMs: 20, totalMs: 90 });
    await response.body.bytes();
    await client.close();
  });
});

describe('the figures of a pool', () => {
  it('count connects, failures and reuses by origin, and outlive the connections', async () => {
    const { client, clock } = setup({});
    await timingsOf(client, clock);
    await timingsOf(client, clock);
    const failing = client.serve(HttpRequest.from({ target: 'http://nobody.test/' }));
    await expect(failing).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
    expect(client.gauges()).toEqual([
      { origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 },
    ]);
    const counters = [
      { origin: 'http://a.test:80', dials: 1, failures: 0, reuses: 1 },
      { origin: 'http://nobody.test:80', dials: 1, failures: 1, reuses: 0 },
    ];
    expect(client.counters()).toEqual(counters);
    await client.close();
    expect([client.gauges(), client.counters()]).toEqual([[], counters]);
  });

  it('are kept for a thousand origins, and no more', async () => {
    const { client } = setup({});
    for (let number = 0; number < 1_001; number++) {
      await client.serve(HttpRequest.from({ target: `http://h${number}.test/` })).catch(() => {});
    }
    expect(client.counters().length).toBe(1_000);
    expect(client.counters()[0]?.origin).toBe('http://h1.test:80');
    await client.close();
  });
});

interface Setup {
  readonly latencyMs?: number;
  readonly service?: Service<HttpRequest, HttpResponse>;
  readonly connector?: (inner: Connector) => Connector;
  readonly options?: Partial<HttpClientOptions>;
}

function setup({ latencyMs = 0, service = ok, connector = (inner) => inner, options = {} }: Setup) {
  const clock = new FakeClock();
  const network: MemoryNetwork = memoryNetwork({ clock });
  if (latencyMs > 0) network.setConditions({ latencyMs });
  void serveListener(network.listen('a.test:80'), stack(httpServerLayer({ clock }), service));
  const client = createHttpClient({ connector: connector(network.connector()), clock, ...options });
  return { clock, client };
}

/** Sends a GET, reads the answer, and lets as much time pass as that takes. */
async function timingsOf(client: Service<HttpRequest, HttpResponse>, clock: FakeClock): Promise<CallTimings> {
  const answer = client.serve(HttpRequest.from({ target: URL })).then(async (response) => {
    await response.body.bytes();
    return response.extensions.get(HttpTimings);
  });
  let isDone = false;
  answer.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  for (let step = 0; step < 500 && !isDone; step++) await clock.advanceAsync(1);
  const timings = await answer;
  if (timings === undefined) throw new Error('the response has no timings');
  const { queuedMs, resolveMs = 0, connectMs = 0, proxyMs = 0, sentMs, ttfbMs, bodyMs = 0, totalMs } = timings;
  expect(queuedMs + resolveMs + connectMs + proxyMs + sentMs + ttfbMs + bodyMs).toBe(totalMs);
  return timings;
}

async function* slowChunks(clock: FakeClock): AsyncGenerator<string> {
  yield 'a';
  await wait(clock, 50);
  yield 'b';
}

async function* endless(): AsyncGenerator<string> {
  yield 'a';
  await new Promise(() => {});
}

function wait(clock: FakeClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.startTimer(ms, resolve));
}

const ok = serviceFn(async ({ body }: HttpRequest) => {
  await body.bytes();
  return HttpResponse.text('ok');
});
const URL = 'http://a.test/';
