import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpRequest, HttpResponse } from '@lamella/http';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { healthLayer, lastEventId, sseEvents, sseResponse } from '@lamella/web';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { testClient } from '../../support/test-client.ts';

/** Three events behind the last one that the client has seen. */
async function* three(request: HttpRequest) {
  const start = Number(lastEventId(request) ?? 0);
  for (let id = start + 1; id <= start + 3; id++)
    yield { id: String(id), event: 'tick', data: `line one of ${id}\nline two: ü€` };
}

describe('events of ours', () => {
  usePeers('curl');

  it('are what curl prints as they come', async () => {
    const server = await serveHttp((request) => sseResponse(three(request), { retryMs: 50 }));
    const { stdout } = await curl('-N', '-i', '-H', 'Last-Event-ID: 7', server.url);
    expect(stdout).toMatch(/content-type: text\/event-stream\r\n/i);
    expect(stdout.split('\r\n\r\n')[1]).toBe(
      `retry: 50\n\n${[8, 9, 10].map((id) => `event: tick\nid: ${id}\ndata: line one of ${id}\ndata: line two: ü€\n\n`).join('')}`,
    );
  });
});

describe('Chromium', () => {
  usePeers('chromium');

  it('hears events, and comes back behind the last one when the stream has ended', async () => {
    const server = await serveHttp((request) =>
      request.path === '/events'
        ? sseResponse(three(request), { retryMs: 20 })
        : HttpResponse.text('<p>page', { headers: { 'Content-Type': 'text/html' } }),
    );
    const page = await chromiumPage();
    await page.goto(server.url);
    const heard = await page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const found: string[] = [];
          const source = new EventSource('/events');
          source.addEventListener('tick', (event) => {
            const { lastEventId: id, data } = event as MessageEvent; // what an EventSource gives
            found.push(`${id} ${data}`);
            if (found.length < 7) return;
            source.close();
            resolve(found);
          });
        }),
    );
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7].map((id) => `${id} line one of ${id}\nline two: ü€`));
  });
});

describe('events of others', () => {
  it('are heard from node:http, across connections that break', async () => {
    let connections = 0;
    const ids: (string | undefined)[] = [];
    const origin = createServer((request, response) => {
      connections++;
      const last = request.headers['last-event-id'];
      ids.push(typeof last === 'string' ? last : undefined);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`retry: 10\n\nid: ${connections}\ndata: event ${connections}\n\ndata: cut o`, () => {
        if (connections % 2 === 0) response.destroy();
        else response.end();
      });
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void origin.close());
    const { port } = origin.address() as AddressInfo; // it listens on TCP
    const request = HttpRequest.from({ target: `http://127.0.0.1:${port}/` });
    const heard: string[] = [];
    for await (const { data, id } of sseEvents(testClient(), request, { backoff: { delayMs: () => 10 } })) {
      heard.push(`${id} ${data}`);
      if (heard.length === 5) break;
    }
    expect(heard).toEqual(['1 event 1', '2 event 2', '3 event 3', '4 event 4', '5 event 5']);
    expect(ids).toEqual([undefined, '1', '2', '3', '4']);
  });
});

describe('probes', () => {
  usePeers('curl');

  it('say that a server is not ready while it still accepts', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const health = healthLayer({ lifecycle });
    const server = await serveHttp(health({ serve: async () => HttpResponse.text('served') }), {}, lifecycle);
    const status = async (path: string) =>
      (await curl('-o', '/dev/null', '-w', '%{http_code}', `${server.url}${path}`)).stdout;
    expect([await status('/livez'), await status('/readyz'), await status('/')]).toEqual(['200', '200', '200']);
    const drained = lifecycle.drain({ preDrainMs: 3_000, graceMs: 1_000 });
    expect([await status('/livez'), await status('/readyz'), await status('/')]).toEqual(['200', '503', '200']);
    await clock.advanceAsync(3_000);
    await drained;
  });
});
