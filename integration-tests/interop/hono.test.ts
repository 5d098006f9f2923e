import { fetchHandler } from '@lamella/http';
import { Hono } from 'hono';
import { streamText } from 'hono/streaming';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { serveHttp } from '../support/serve-http.ts';

useLedger();

describe('a Hono app, mounted as a service', () => {
  it('routes, reads parameters and queries, and answers JSON', async () => {
    const app = new Hono();
    app.get('/items/:id', (context) => context.json({ id: context.req.param('id'), q: context.req.query('q') }));
    const { url } = await serveHttp(fetchHandler(app.fetch));

    const response = await fetch(`${url}/items/7?q=a%20b`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({ id: '7', q: 'a b' });
    const missing = await fetch(`${url}/nowhere`);
    expect([missing.status, await missing.text()]).toEqual([404, '404 Not Found']);
  });

  it('takes bodies that it reads, and such that it does not', async () => {
    const app = new Hono();
    app.post('/sum', async (context) => context.text(String((await context.req.text()).length)));
    app.post('/ignore', (context) => context.text('thanks', 202));
    const { url } = await serveHttp(fetchHandler(app.fetch));

    const body = 'x'.repeat(300_000);
    expect(await (await fetch(`${url}/sum`, { method: 'POST', body })).text()).toBe('300000');
    const ignored = await fetch(`${url}/ignore`, { method: 'POST', body: 'small' });
    expect([ignored.status, await ignored.text()]).toEqual([202, 'thanks']);
    expect(await (await fetch(`${url}/sum`, { method: 'POST', body: '' })).text()).toBe('0');
  });

  it('runs middleware, sends several cookies, and answers HEAD without content', async () => {
    const app = new Hono();
    app.use(async (context, next) => {
      await next();
      context.header('X-Seen', context.req.method);
    });
    app.get('/', (context) => {
      context.header('Set-Cookie', 'a=1', { append: true });
      context.header('Set-Cookie', 'b=2', { append: true });
      return context.text('hello');
    });
    const { url } = await serveHttp(fetchHandler(app.fetch));

    const response = await fetch(url);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect([response.headers.get('x-seen'), await response.text()]).toEqual(['GET', 'hello']);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('x-seen'), await head.text()]).toEqual([200, 'HEAD', '']);
  });

  it('streams an answer piece by piece, and hears when the client leaves', async () => {
    const aborted = Promise.withResolvers<void>();
    const app = new Hono();
    app.get('/stream', (context) =>
      streamText(context, async (stream) => {
        stream.onAbort(() => aborted.resolve());
        while (!stream.aborted) {
          await stream.write('tick\n');
          await stream.sleep(1);
        }
      }),
    );
    const { url } = await serveHttp(fetchHandler(app.fetch));

    const controller = new AbortController();
    const response = await fetch(`${url}/stream`, { signal: controller.signal });
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^tick\n/);
    controller.abort();
    await aborted.promise;
  });

  it('answers what it throws by its own error handler', async () => {
    const app = new Hono();
    app.get('/', () => {
      throw new Error('broken');
    });
    app.onError((error, context) => context.text(`sorry: ${error.message}`, 500));
    const { url, errors } = await serveHttp(fetchHandler(app.fetch));
    const response = await fetch(url);
    expect([response.status, await response.text(), errors]).toEqual([500, 'sorry: broken', []]);
  });
});
