import { createHash } from 'node:crypto';
import { HttpResponse } from '@lamella/http';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import {
  bodyService,
  bytesBody,
  healthService,
  hostRouter,
  problemLayer,
  redirectService,
  router,
  textBody,
} from '@lamella/web';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

usePeers('curl');
useLedger();

const STATUS = ['-o', '/dev/null', '-w', '%{http_code}'] as const;

describe('bodies that curl sends', () => {
  const app = problemLayer()(
    router()
      .put(
        '/bytes',
        bodyService(bytesBody({ maxBytes: 100_000 }), (bytes) =>
          HttpResponse.text(createHash('sha256').update(bytes).digest('hex')),
        ),
      )
      .put(
        '/text',
        bodyService(textBody({ maxBytes: 100 }), (text) => HttpResponse.text(text.toUpperCase())),
      ),
  );

  it.each([
    ['with their length', []],
    ['in chunks', ['-H', 'Transfer-Encoding: chunked']],
  ])('bytesBody reads files %s, up to its limit', async (_how, args) => {
    const { url } = await serveHttp(app);
    const bytes = Buffer.alloc(100_000).map((_byte, index) => index % 251);
    const file = temporaryFile('file.bin', bytes);
    const { stdout } = await curl(...args, '-T', file, `${url}/bytes`);
    expect(stdout).toBe(createHash('sha256').update(bytes).digest('hex'));
    const longer = temporaryFile('longer.bin', Buffer.concat([bytes, Buffer.of(0)]));
    expect((await curl(...args, ...STATUS, '-T', longer, `${url}/bytes`)).stdout).toBe('413');
    expect((await curl(...args, ...STATUS, '-T', file, `${url}/bytes`)).stdout).toBe('200');
  });

  it('textBody reads text in its charset, and nothing else', async () => {
    const { url } = await serveHttp(app);
    const put = (type: string, data: string, ...args: string[]) =>
      curl('-X', 'PUT', '-H', `Content-Type: ${type}`, '--data-binary', data, ...args, `${url}/text`);
    expect((await put('text/plain; charset=utf-8', 'grüße')).stdout).toBe('GRÜSSE');
    expect((await put('application/octet-stream', 'x', ...STATUS)).stdout).toBe('415');
    expect((await put('text/plain', 'x'.repeat(101), ...STATUS)).stdout).toBe('413');
  });
});

describe('where curl goes', () => {
  it('hostRouter chooses by the name that curl asks for', async () => {
    const says = (text: string) => router().get('/', () => HttpResponse.text(text));
    const hosts = { 'api.example.test': says('api'), '*.example.test': says('pages') };
    const { port } = await serveHttp(hostRouter({ hosts }));
    const ask = (host: string, ...args: string[]) =>
      curl('--resolve', `${host}:${port}:127.0.0.1`, ...args, `http://${host}:${port}/`);
    expect((await ask('api.example.test')).stdout).toBe('api');
    expect((await ask('API.example.test')).stdout).toBe('api');
    expect((await ask('www.example.test')).stdout).toBe('pages');
    expect((await ask('other.test', ...STATUS)).stdout).toBe('421');
  });

  it('redirectService sends curl on, with its method and its query', async () => {
    const target = await serveHttp(({ method, target: asked }) => HttpResponse.text(`${method} ${asked}`));
    const { url } = await serveHttp(redirectService({ to: `${target.url}/new`, keepsQuery: true }));
    const { stdout } = await curl('-L', '-d', 'x=1', `${url}/old?page=2`);
    expect(stdout).toBe('POST /new?page=2');
    const found = await serveHttp(redirectService({ to: `${target.url}/new`, status: 303 }));
    expect((await curl('-L', '-d', 'x=1', `${found.url}/old?page=2`)).stdout).toBe('GET /new');
  });
});

describe('what a probe by curl is told', () => {
  it('healthService is ready while its checks are well, until draining begins', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    let isWell = false;
    const health = healthService({ lifecycle, checks: { database: async () => isWell }, cacheMs: 0 });
    const { url } = await serveHttp(health, {}, lifecycle);
    const statuses = async () => {
      const paths = ['/livez', '/readyz', '/startupz', '/other'];
      return Promise.all(paths.map(async (path) => (await curl(...STATUS, `${url}${path}`)).stdout));
    };
    expect(await statuses()).toEqual(['200', '503', '503', '404']);
    isWell = true;
    expect(await statuses()).toEqual(['200', '200', '200', '404']);
    const drained = lifecycle.drain({ preDrainMs: 3_000, graceMs: 1_000 });
    expect(await statuses()).toEqual(['200', '503', '200', '404']);
    await clock.advanceAsync(3_000);
    await drained;
  });
});
