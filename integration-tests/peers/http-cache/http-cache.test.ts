import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HttpResponse } from '@lamella/http';
import { httpCacheLayer, memoryCacheStore, openDiskCacheStore } from '@lamella/http-cache';
import { reverseProxyService } from '@lamella/proxy';
import { stack } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { startNginx } from '../../support/foreign-servers.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testClient } from '../../support/test-client.ts';

describe('a caching reverse proxy in front of nginx', () => {
  usePeers('nginx', 'curl');

  it('asks once, confirms by the entity tag of nginx, and tells curl what it has', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'files'));
    writeFileSync(join(root, 'files', 'page.html'), '<p>hello</p>');
    const counted = `add_header X-Served $request_id; root ${root}; location /files/ { expires 1h; } location /stale/ { alias ${root}/files/; expires -1; }`;
    const nginx = await startNginx(counted);
    const server = await serveHttp(
      stack(
        httpCacheLayer({ store: memoryCacheStore() }),
        reverseProxyService({ client: testClient(), routes: [{ to: nginx.url }] }),
      ),
    );
    const headersOf = async (path: string, ...args: string[]) => {
      const { stdout } = await curl('-D', '-', '-o', '/dev/null', ...args, `${server.url}${path}`);
      return {
        stdout,
        served: /^x-served: (.*)$/im.exec(stdout)?.[1],
        etag: /^etag: (.*)\r$/im.exec(stdout)?.[1] ?? '',
      };
    };
    const first = await headersOf('/files/page.html');
    const second = await headersOf('/files/page.html');
    expect(second.served).toBe(first.served);
    expect(second.stdout).toMatch(/cache-status: lamella; hit; ttl=3[56]/i);
    const known = await headersOf('/files/page.html', '-H', `If-None-Match: ${first.etag}`);
    expect(known.stdout).toMatch(/^HTTP\/1.1 304/);
    await headersOf('/stale/page.html');
    const confirmed = await headersOf('/stale/page.html');
    expect(confirmed.stdout).toMatch(/^HTTP\/1.1 200/);
    expect(confirmed.stdout).toMatch(/cache-status: lamella; fwd=stale; fwd-status=304/i);
  });

  it('keeps a large file on disk, byte by byte', async () => {
    const root = temporaryFolder();
    const content = Buffer.alloc(3_000_001).map((_byte, index) => index % 251);
    writeFileSync(join(root, 'large'), content);
    const nginx = await startNginx(`root ${root}; expires 1h;`);
    const store = await openDiskCacheStore({ directory: join(root, 'cache') });
    const server = await serveHttp(
      stack(httpCacheLayer({ store }), reverseProxyService({ client: testClient(), routes: [{ to: nginx.url }] })),
    );
    for (const _round of [1, 2]) {
      const { bytes } = await curl(`${server.url}/large`);
      expect(bytes.equals(content)).toBe(true);
    }
    expect(store.byteCount).toBe(3_000_001);
  });
});

describe('a caching client and a foreign server', () => {
  it('asks node:http once for many at a time', async () => {
    let asked = 0;
    const origin = createServer((_request, response) => {
      asked += 1;
      response.writeHead(200, { 'Cache-Control': 'max-age=60' });
      response.write('one ');
      setImmediate(() => response.end('two'));
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void origin.close());
    const server = await serveHttp(
      stack(
        httpCacheLayer(),
        reverseProxyService({
          client: testClient(),
          routes: [{ to: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` }], // it listens on TCP
        }),
      ),
    );
    const answers = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(server.url)).text()));
    expect(new Set(answers)).toEqual(new Set(['one two']));
    expect(asked).toBe(1);
  });

  it('has what is stale confirmed by node:http once for many at a time', async () => {
    const asked: (string | undefined)[] = [];
    const origin = await nodeOrigin((request, response) => {
      const tag = request.headers['if-none-match'];
      asked.push(tag);
      // Stale when it comes first, fresh once it is confirmed.
      const headers = { 'Cache-Control': 'max-age=60', ETag: '"v1"', ...(tag === undefined && { Age: '60' }) };
      response.writeHead(tag === undefined ? 200 : 304, headers);
      setImmediate(() => response.end(tag === undefined ? 'content' : undefined));
    });
    const server = await serveHttp(
      stack(httpCacheLayer(), reverseProxyService({ client: testClient(), routes: [{ to: origin.url }] })),
    );
    expect(await (await fetch(server.url)).text()).toBe('content');
    const answers = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(server.url)).text()));
    expect(new Set(answers)).toEqual(new Set(['content']));
    expect(asked).toEqual([undefined, '"v1"']);
  });
});

describe('Chromium', () => {
  usePeers('chromium');

  it('takes what the cache says for its own cache: age and validators hold', async () => {
    let asked = 0;
    const server = await serveHttp(
      stack(httpCacheLayer(), {
        serve: async () => {
          asked += 1;
          return HttpResponse.text(`answer ${asked}`, {
            headers: { 'Cache-Control': 'max-age=60', ETag: `"${asked}"` },
          });
        },
      }),
    );
    const page = await chromiumPage();
    await page.goto(`${server.url}/`);
    const read = (mode: string) =>
      page.evaluate(async (cache) => (await fetch('/data', { cache: cache as 'default' })).text(), mode);
    const first = await read('default');
    expect(await read('default')).toBe(first);
    expect(await read('no-cache')).not.toBe(''); // sends If-None-Match and Cache-Control: max-age=0
    const before = asked;
    expect(await read('force-cache')).toMatch(/^answer/);
    expect(asked).toBe(before);
    await read('reload');
    expect(asked).toBe(before + 1);
  });
});
