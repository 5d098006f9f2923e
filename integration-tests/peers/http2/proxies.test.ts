import { join } from 'node:path';
import type { HttpClient } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpRequest } from '@lamella/http';
import { createLifecycle } from '@lamella/service-core';
import { connectWebSocket, webSocketService } from '@lamella/ws';
import { describe, expect, it } from 'vitest';
import type { ForeignServer } from '../../support/foreign-servers.ts';
import { startForeign, startNginx } from '../../support/foreign-servers.ts';
import { freePort } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { patternChunks } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';
import type { Credentials } from './support/credentials.ts';
import { credentialFiles, credentialsFor } from './support/credentials.ts';
import { sumOf } from './support/exchange.ts';
import { http2Client, serveBoth } from './support/our-side.ts';
import { site } from './support/site.ts';

useLedger();
usePeers('nginx', 'haproxy', 'curl');

describe('our client and nginx, by TLS', () => {
  it('get files, parts of them and nothing, many at once on few streams', async () => {
    const { client, url } = await nginxWithTls('http2_max_concurrent_streams 10;');
    const whole = await ask(client, `${url}/content`);
    expect([whole.status, whole.sum]).toEqual([200, sumOf(patternChunks(1_000_000))]);
    const part = await ask(client, `${url}/content`, { headers: { Range: 'bytes=10-19' } });
    expect([part.status, part.sum]).toEqual([206, sumOf([firstBytes().subarray(10, 20)])]);
    expect(await ask(client, `${url}/content`, { method: 'HEAD' })).toMatchObject({ status: 200, sum: sumOf([]) });
    expect(await ask(client, `${url}/nothing`)).toMatchObject({ status: 404 });
    const many = await Promise.all(Array.from({ length: 200 }, () => ask(client, `${url}/content`)));
    expect(new Set(many.map(({ sum }) => sum))).toEqual(new Set([sumOf(patternChunks(1_000_000))]));
  });

  it('go on when nginx ends a connection after so many requests, one after the other and all at once', async () => {
    const { client, url } = await nginxWithTls('keepalive_requests 7;');
    for (let count = 0; count < 30; count++) expect((await ask(client, `${url}/content`)).status).toBe(200);
    const many = await Promise.all(Array.from({ length: 100 }, () => ask(client, `${url}/content`)));
    expect(many.every(({ status }) => status === 200)).toBe(true);
    const dials = client.counters().reduce((sum, counters) => sum + counters.dials, 0);
    expect(dials).toBeGreaterThan(15);
  });

  it('send content, small and large', async () => {
    const origin = await serveBoth(site, undefined);
    const { client, url } = await nginxWithTls(`location /sum { proxy_pass ${origin.url}; proxy_http_version 1.1; }`);
    for (const size of [0, 1, 65_535, 65_536, 5_000_000]) {
      const { body } = await ask(client, `${url}/sum`, { method: 'POST', body: HttpBody.from(patternChunks(size)) });
      expect(body).toBe(`${sumOf(patternChunks(size))} no trailer`);
    }
  });
});

describe('our server and nginx, which asks it by HTTP/2', () => {
  it('gets what curl asks for, content up and down', async () => {
    const { port, errors } = await serveBoth(site, undefined);
    const nginx = await startNginx(`location / { grpc_pass grpc://127.0.0.1:${port}; }`);
    const told = await curl(`${nginx.url}/x?y`);
    expect(JSON.parse(told.stdout)).toMatchObject({ version: '2', path: '/x' });
    expect(sumOf([(await curl(`${nginx.url}/bytes/3000000`)).bytes])).toBe(sumOf(patternChunks(3_000_000)));
    const path = temporaryFile('content', Buffer.concat([...patternChunks(3_000_000)]));
    const sent = await curl('--data-binary', `@${path}`, `${nginx.url}/sum`);
    expect(sent.stdout).toBe(`${sumOf(patternChunks(3_000_000))} no trailer`);
    expect(errors).toEqual([]);
  });
});

describe('our client, haproxy and our server, by HTTP/2 all the way', () => {
  it('carry content, trailers and a hundred at once', async () => {
    const { client, url, origin } = await haproxyBetween();
    const told = await ask(client, `${url}/x`);
    expect(JSON.parse(told.body)).toMatchObject({ version: '2', path: '/x' });
    for (const size of [0, 1, 65_535, 65_536, 3_000_000]) {
      const body = HttpBody.from(patternChunks(size), { trailers: () => HttpHeaders.from({ 'x-trailer': 'sent' }) });
      const sent = await ask(client, `${url}/sum`, { method: 'POST', body });
      expect(sent.body).toMatch(sumOf(patternChunks(size)));
    }
    expect(await ask(client, `${url}/trailers`)).toMatchObject({ body: 'some content', trailer: 'sent' });
    const many = await Promise.all(Array.from({ length: 100 }, () => ask(client, `${url}/bytes/50000`)));
    expect(new Set(many.map(({ sum }) => sum))).toEqual(new Set([sumOf(patternChunks(50_000))]));
    expect(origin.errors).toEqual([]);
  });

  it('carry a WebSocket by extended CONNECT', async () => {
    const { client, url } = await haproxyBetween();
    const socket = await connectWebSocket(client, { url: `${url.replace('https', 'wss')}/chat` });
    for (const message of ['hello', 'x'.repeat(100_000)]) {
      await socket.send(message);
      expect(await socket.receive()).toBe(message);
    }
    await socket.close(1000, 'enough');
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  it('go on when haproxy leaves', async () => {
    const { client, url, haproxy } = await haproxyBetween();
    const slow = ask(client, `${url}/bytes/10000000`);
    expect((await ask(client, `${url}/x`)).status).toBe(200);
    haproxy.process.signal('SIGUSR1');
    expect((await slow).sum).toBe(sumOf(patternChunks(10_000_000)));
    expect(await haproxy.process.ended).toBe(0);
  });
});

async function nginxWithTls(directives: string): Promise<{ readonly client: HttpClient; readonly url: string }> {
  const credentials = await credentialsFor();
  const { certPath, keyPath } = credentialFiles(credentials);
  const content = temporaryFile('content', Buffer.concat([...patternChunks(1_000_000)]));
  const port = await freePort();
  await startNginx(
    'return 204;',
    `server {
      listen 127.0.0.1:${port} ssl http2; ssl_certificate ${certPath}; ssl_certificate_key ${keyPath};
      root ${join(content, '..')}; client_body_buffer_size 64k; ${directives}
    }`,
  );
  return { client: http2Client(credentials), url: `https://127.0.0.1:${port}` };
}

/** Our server in clear behind haproxy with TLS, both by HTTP/2. */
async function haproxyBetween() {
  const credentials = await credentialsFor();
  const lifecycle = createLifecycle();
  const chat = webSocketService({
    lifecycle,
    async onConnection(socket) {
      for await (const message of socket) await socket.send(message);
    },
  });
  const origin = await serveBoth(
    (request) => (request.path === '/chat' ? chat.serve(request) : site(request)),
    undefined,
  );
  const haproxy = await startHaproxyByHttp2(origin.port, credentials);
  const client = http2Client(credentials);
  return { client, origin, haproxy, url: haproxy.url.replace('http:', 'https:') };
}

function startHaproxyByHttp2(originPort: number, { server }: Credentials): Promise<ForeignServer> {
  const certificate = temporaryFile('both.pem', `${server.cert}${server.key}`);
  return startForeign((port) => {
    const config = `
global
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
frontend front
  bind 127.0.0.1:${port} ssl crt ${certificate} alpn h2
  default_backend origin
backend origin
  server one 127.0.0.1:${originPort} proto h2
`;
    return startProcess('haproxy', ['-q', '-db', '-f', temporaryFile('haproxy.cfg', config)]);
  });
}

async function ask(
  client: HttpClient,
  target: string,
  init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: HttpBody } = {},
) {
  const response = await client.serve(HttpRequest.from({ target, ...init }));
  const bytes = await response.body.bytes();
  return {
    status: response.status,
    sum: sumOf([bytes]),
    body: bytes.length > 1_000 ? '' : Buffer.from(bytes).toString(),
    trailer: response.body.trailers?.get('x-trailer'),
  };
}

function firstBytes(): Buffer {
  const [first] = patternChunks(100);
  return first ?? Buffer.alloc(0);
}
