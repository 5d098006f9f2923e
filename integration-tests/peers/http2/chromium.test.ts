import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Http2ClientFacts } from '@lamella/http2';
import { Http2Client, Http2StreamId } from '@lamella/http2';
import { createLifecycle } from '@lamella/service-core';
import { sseResponse } from '@lamella/web';
import { webSocketService } from '@lamella/ws';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { credentialsFor } from './support/credentials.ts';
import type { OurServer } from './support/our-side.ts';
import { serveBoth } from './support/our-side.ts';

useLedger();
usePeers('chromium');

describe('our server and Chromium, by TLS', () => {
  it('load a page with fifty resources over one connection, and tell which are urgent', async () => {
    const { page, seen, server } = await open();
    const { protocols, images } = await page.evaluate<Loaded>(LOADED);
    expect([protocols, images]).toEqual([['h2'], 50]);
    await expect.poll(() => server.connections().open).toBe(1);
    const requests = seen.filter(({ path }) => path === '/' || path.startsWith('/image') || path === '/style.css');
    expect(requests.length).toBe(52);
    expect(new Set(requests.map(({ version }) => version))).toEqual(new Set(['2']));
    expect(new Set(requests.map(({ stream }) => stream)).size).toBe(52);
    const urgency = (path: string): number => {
      const priority = requests.find((request) => request.path === path)?.priority ?? '';
      return Number(/u=([0-7])/.exec(priority)?.[1] ?? 3);
    };
    expect(urgency('/')).toBeLessThan(urgency('/image/1'));
    expect(urgency('/style.css')).toBeLessThan(urgency('/image/1'));
    // What it is known by: it shows its settings, and this order of its own.
    expect(requests[0]?.client?.akamaiFingerprint).toMatch(/^1:65536;2:0;4:6291456;6:262144\|15663105\|0\|m,a,s,p$/);
    // It has refused the authority at first; where a handshake takes long, it begins another one, and gives one of them up.
    const inHandshakes = expect.stringMatching(/^LML_ERR_TLS_/);
    expect(server.errors.map(codeOf)).toEqual(server.errors.map(() => inHandshakes));
  });

  it('send content of a script as a stream, and get it back as one', async () => {
    const { page } = await open();
    const received = await page.evaluate(STREAM);
    expect(received).toBe(10_000 * 210);
  });

  it('carry large content both ways', async () => {
    const { page } = await open();
    const same = await page.evaluate(async () => {
      const body = 'x'.repeat(5_000_000);
      const response = await fetch('/echo', { method: 'POST', body });
      return (await response.text()) === body;
    });
    expect(same).toBe(true);
  });

  it('carry events, and end them when nobody listens any more', async () => {
    const { page, eventsEnded } = await open();
    const data = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource('/events');
          const got: string[] = [];
          source.onmessage = (event) => {
            if (got.push(event.data) < 3) return;
            source.close();
            resolve(got);
          };
        }),
    );
    expect(data).toEqual(['1', '2', '3']);
    await eventsEnded;
  });

  it('carry a WebSocket on a stream of the same connection', async () => {
    const { page, seen, server } = await open();
    const echoed = await page.evaluate(CHAT);
    expect(echoed).toEqual([true, 1000, true]);
    const upgrade = seen.find(({ path }) => path === '/chat');
    expect(upgrade).toMatchObject({ version: '2', upgrade: 'websocket', stream: expect.any(Number) });
    await expect.poll(() => server.connections().open).toBe(1);
  });

  it('cancel a request that a script gives up, and keep the connection', async () => {
    const { page, neverBegun, reasons, server } = await open();
    await page.evaluate(BEGIN);
    await neverBegun;
    expect(await page.evaluate(GIVE_UP)).toEqual(['AbortError', 200]);
    expect(await reasons).toMatchObject({ code: 'LML_ERR_HTTP_STREAM_RESET', resetCode: 'CANCEL' });
    await expect.poll(() => server.connections().open).toBe(1);
  });

  it('part in good order when the server drains', async () => {
    const { page, server, slowBegun } = await open();
    const slow = page.evaluate(async () => (await fetch('/slow')).text());
    await slowBegun;
    const drained = server.lifecycle.drain({ graceMs: 10_000 });
    expect(await slow).toBe('done');
    expect((await drained).protocols['h2']).toMatchObject({ cut: 0 });
  });
});

interface Seen {
  readonly path: string;
  readonly version: string;
  readonly priority: string | undefined;
  readonly upgrade: string | undefined;
  readonly stream: number | undefined;
  readonly client: Http2ClientFacts | undefined;
}

interface Opened {
  readonly page: Page;
  readonly server: OurServer;
  readonly seen: readonly Seen[];
  /** What the scope of `/never` aborts with. */
  readonly reasons: Promise<unknown>;
  readonly eventsEnded: Promise<void>;
  readonly slowBegun: Promise<void>;
  readonly neverBegun: Promise<void>;
}

/** Opens the page of a site that notes what it is asked for. */
async function open(): Promise<Opened> {
  const seen: Seen[] = [];
  const reason = Promise.withResolvers<unknown>();
  const ended = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const never = Promise.withResolvers<void>();
  const chat = webSocketService({
    lifecycle: createLifecycle(),
    async onConnection(socket) {
      for await (const message of socket) await socket.send(message);
    },
  });
  const server = await serveBoth(
    async (request) => {
      const { path, version, headers, extensions } = request;
      const [priority, upgrade] = [headers.get('priority'), headers.get('upgrade')];
      seen.push({
        path,
        version,
        priority,
        upgrade,
        stream: extensions.get(Http2StreamId),
        client: extensions.get(Http2Client),
      });
      if (path === '/chat') return chat.serve(request);
      if (path === '/events') return sseResponse(countUntilEnd(ended.resolve));
      if (path === '/never') {
        request.scope.onAbort(reason.resolve);
        never.resolve();
        return new Promise(() => {}); // the page gives up
      }
      if (path === '/slow') slow.resolve();
      return answer(request);
    },
    await credentialsFor(),
  );
  const page = await chromiumPage();
  await page.goto(server.url, { waitUntil: 'load' });
  return {
    page,
    server,
    seen,
    reasons: reason.promise,
    eventsEnded: ended.promise,
    slowBegun: slow.promise,
    neverBegun: never.promise,
  };
}

async function* countUntilEnd(onEnd: () => void) {
  try {
    for (let count = 1; ; count++) {
      yield { data: String(count) };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    onEnd();
  }
}

async function answer({ path, body }: HttpRequest): Promise<HttpResponse> {
  if (path === '/') return typed('text/html; charset=utf-8', PAGE);
  if (path === '/style.css') return typed('text/css', 'body { color: rgb(1, 2, 3) }');
  if (path.startsWith('/image/'))
    return typed('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  if (path === '/echo') return HttpResponse.from({ body });
  if (path !== '/slow') return HttpResponse.from({ status: 404 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return HttpResponse.text('done');
}

function typed(type: string, body: string): HttpResponse {
  return HttpResponse.from({ headers: { 'Content-Type': type }, body });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}

interface Loaded {
  readonly protocols: readonly string[];
  readonly images: number;
}

/** Runs in the page. */
const LOADED = `(() => ({
  protocols: [...new Set(
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(
      ({ nextHopProtocol }) => nextHopProtocol,
    ),
  )],
  images: [...document.images].filter(({ naturalWidth }) => naturalWidth > 0).length,
}))()`;

/** Runs in the page: asks for what never comes. */
const BEGIN = `void (() => {
  window.controller = new AbortController();
  window.given = fetch('/never', { signal: controller.signal }).catch(({ name }) => name);
})()`;

/** Runs in the page: gives that up, and asks for something else. */
const GIVE_UP = `(async () => {
  controller.abort();
  return [await given, (await fetch('/style.css')).status];
})()`;

/** Runs in the page: sends chunks as they come, and adds up what comes back. */
const STREAM = `(async () => {
  let count = 0;
  const body = new ReadableStream({
    async pull(controller) {
      if (++count > 20) controller.close();
      else controller.enqueue(new Uint8Array(10_000).fill(count));
    },
  });
  const response = await fetch('/echo', { method: 'POST', body, duplex: 'half' });
  return new Uint8Array(await response.arrayBuffer()).reduce((sum, byte) => sum + byte, 0);
})()`;

/** Runs in the page: says something, hears it again, and closes. */
const CHAT = `new Promise((resolve, reject) => {
  const socket = new WebSocket('wss://' + location.host + '/chat');
  const message = 'y'.repeat(100_000);
  socket.onopen = () => socket.send(message);
  socket.onerror = () => reject(new Error('the WebSocket failed'));
  socket.onmessage = ({ data }) => {
    socket.onclose = ({ code, wasClean }) => resolve([data === message, code, wasClean]);
    socket.close(1000, 'enough');
  };
})`;

const PAGE = `<!doctype html><link rel=stylesheet href=/style.css><link rel=icon href="data:,">
${Array.from({ length: 50 }, (_each, index) => `<img src=/image/${index}>`).join('\n')}`;
