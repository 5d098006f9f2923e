import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { startHaproxy, startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveReverseProxy } from '../../support/serve-proxies.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';
import { loadWith } from '../../support/wrk.ts';

usePeers('curl', 'nginx', 'haproxy', 'wrk');
useLedger();

describe('our reverse proxy between curl and nginx', () => {
  it('passes on files, ranges, what has not changed, and what is compressed', async () => {
    const file = temporaryFile('file', 'compress me '.repeat(1_000));
    const nginx = await startNginx(`location = /file { alias ${file}; gzip on; gzip_proxied any; gzip_types *; }`);
    const { url } = await serveReverseProxy(nginx.url);
    const address = `${url}/file`;

    const whole = await curl('--compressed', '-i', address);
    expect(whole.stdout).toMatch(/^Content-Encoding: gzip\r$/m);
    expect(whole.stdout.split('\r\n\r\n')[1]).toBe('compress me '.repeat(1_000));
    expect((await curl('-r', '9-10', address)).stdout).toBe('me');
    const etag = /^ETag: (?:W\/)?(.*)\r$/m.exec((await curl('-I', address)).stdout)?.[1] ?? 'none';
    const same = await curl('-H', `If-None-Match: ${etag}`, '-w', '%{http_code}', address);
    expect(same.stdout).toBe('304');
    expect((await curl('-w', '%{http_code}', '-o', '/dev/null', `${url}/missing`)).stdout).toBe('404');
  });

  it('tells the upstream who asked, and the client nothing that is not for it', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const { url, port } = await serveReverseProxy(`${origin.url}/base/`, { pseudonym: 'test' });
    const { stdout } = await curl('-H', 'X-Forwarded-For: 6.6.6.6', '-H', 'Host: shop.test', '-A', 'me', `${url}/a?b`);
    expect(receivedRequest(stdout)).toMatchObject({
      target: '/base/a?b',
      headers: [
        ['Host', 'shop.test'],
        ['User-Agent', 'me'],
        ['Accept', '*/*'],
        ['X-Forwarded-For', '127.0.0.1'],
        ['X-Forwarded-Host', 'shop.test'],
        ['X-Forwarded-Proto', 'http'],
        ['X-Forwarded-Port', String(port)],
        ['Via', '1.1 test'],
      ],
    });
  });

  it('answers wrk without one error', async () => {
    const nginx = await startNginx('location / { return 200 "hello"; }', 'keepalive_timeout 60s;');
    const proxy = await serveReverseProxy(nginx.url);
    const { requests, failures } = await loadWith(`${proxy.url}/`);
    expect(failures).toBe(0);
    expect(requests).toBeGreaterThan(16);
    expect(proxy.errors).toEqual([]);
  });
});

describe('our reverse proxy behind and before others', () => {
  it.each(['nginx', 'haproxy'])('serves behind %s, whose word about the client it takes if told so', async (peer) => {
    const origin = await nodeOrigin(answerWithRequest);
    const proxy = await serveReverseProxy(origin.url, { trustsForwarded: true });
    const front =
      peer === 'nginx'
        ? await startNginx(`location / {
            proxy_pass http://127.0.0.1:${proxy.port}; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For 203.0.113.9; }`)
        : await startHaproxy(proxy.port, 'http-request set-header X-Forwarded-For 203.0.113.9');
    const body = temporaryFile('body', 'x'.repeat(100_000));
    for (const chunked of [[], ['-H', 'Transfer-Encoding: chunked']]) {
      const { stdout } = await curl('-T', body, ...chunked, `${front.url}/up`, '-H', 'Host: shop.test');
      const received = receivedRequest(stdout);
      expect(received).toMatchObject({ method: 'PUT', target: '/up', body: 'x'.repeat(100_000) });
      expect(received.headers).toContainEqual(['X-Forwarded-For', '203.0.113.9, 127.0.0.1']);
      const host = received.headers.find(([name]) => name.toLowerCase() === 'host'); // haproxy writes names small
      expect(host?.[1]).toBe('shop.test');
    }
  });

  it('passes on what haproxy behind it answers, its errors included, over connections that both keep', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const haproxy = await startHaproxy(origin.port, 'http-request deny deny_status 429 if { path /much }');
    const proxy = await serveReverseProxy(haproxy.url, { pseudonym: 'test' });
    const body = 'x'.repeat(50_000);
    for (const chunked of [[], ['-H', 'Transfer-Encoding: chunked']]) {
      const { stdout } = await curl('-d', body, ...chunked, `${proxy.url}/up?a`);
      const received = receivedRequest(stdout);
      expect(received).toMatchObject({ method: 'POST', target: '/up?a', body });
      expect(received.headers).toContainEqual(['via', '1.1 test']); // haproxy writes names small
    }
    const urls = [`${proxy.url}/much`, `${proxy.url}/a`];
    const { stdout } = await curl(...urls, '-o', '/dev/null', '-o', '/dev/null', '-w', '%{http_code} %{num_connects};');
    expect(stdout).toBe('429 1;200 0;');
    expect(proxy.errors).toEqual([]);
  });

  it('carries large bodies through haproxy before it and nginx behind it', async () => {
    // An echo would not do: nginx stops to read the request once it has to write the response.
    const origin = await nodeOrigin((request, response) => {
      if (request.method === 'GET') Readable.from(patternChunks(LARGE)).pipe(response);
      else void sumOf(request).then((sum) => response.end(sum));
    });
    const nginx = await startNginx(`location / {
      proxy_pass ${origin.url}; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off; }`);
    const proxy = await serveReverseProxy(nginx.url);
    const haproxy = await startHaproxy(proxy.port);
    const path = temporaryFile('large', Buffer.concat([...patternChunks(LARGE)]));
    expect((await curl('-T', path, haproxy.url)).stdout).toBe(patternSum(LARGE));
    expect(sha1((await curl(haproxy.url)).bytes)).toBe(patternSum(LARGE));
    expect(proxy.errors).toEqual([]);
  });

  it('says 502 where the upstream is gone, and goes on when it is back', async () => {
    const origin = await nodeOrigin((_request, response) => void response.end('back'));
    const proxy = await serveReverseProxy(origin.url);
    expect((await curl(proxy.url)).stdout).toBe('back');
    const { port } = origin;
    origin.server.closeAllConnections();
    await new Promise((resolve) => origin.server.close(resolve));
    expect((await curl('-w', '%{http_code}', '-o', '/dev/null', proxy.url)).stdout).toBe('502');
    await new Promise<void>((resolve) => origin.server.listen(port, '127.0.0.1', resolve));
    expect((await curl(proxy.url)).stdout).toBe('back');
  });
});

async function sumOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

const LARGE = 16 * 1024 * 1024;
