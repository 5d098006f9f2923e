import { once } from 'node:events';
import type { Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions } from 'ws';
import { WebSocket, WebSocketServer } from 'ws';
import { chromiumPage } from '../../support/chromium.ts';
import { startHaproxy, startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { requirePeer } from '../../support/peers.ts';
import { serveReverseProxy } from '../../support/serve-proxies.ts';

useLedger();

describe('WebSockets through our reverse proxy', () => {
  it('carry text, bytes, pings, and who says goodbye how', async () => {
    const { url } = await setup();
    const socket = open(url);
    await once(socket, 'open');
    expect(socket.protocol).toBe('echo');

    expect(await exchange(socket, 'text')).toEqual([Buffer.from('text'), false]);
    const large = Buffer.alloc(3_000_000, 'ab');
    const [echoed, isBinary] = await exchange(socket, large);
    expect([large.equals(echoed), isBinary]).toEqual([true, true]);
    socket.ping('are you there');
    expect(await once(socket, 'pong')).toEqual([Buffer.from('are you there')]);

    socket.send('close 4001 enough');
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer]; // as ws has it
    expect([code, reason.toString()]).toEqual([4_001, 'enough']);
  });

  it('keep their messages in order, thousands of them', async () => {
    const { url } = await setup();
    const socket = open(url);
    await once(socket, 'open');
    const count = 5_000;
    const received: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        received.push(data.toString());
        if (received.length === count) resolve();
      });
    });
    for (let number = 0; number < count; number++) socket.send(String(number));
    await all;
    expect(received).toEqual(Array.from({ length: count }, (_each, number) => String(number)));
  });

  it('are refused as the upstream refuses them', async () => {
    const { url } = await setup();
    const socket = open(url, { headers: { 'X-Refuse': '1' } });
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { readonly statusCode: number }]; // as ws has it
    expect(response.statusCode).toBe(401);
    socket.on('error', () => {}).terminate();
  });

  it('end upstream when the client is gone', async () => {
    const { url, server } = await setup();
    const upstream = once(server, 'connection');
    const socket = open(url);
    await once(socket, 'open');
    const [far] = (await upstream) as [WebSocket]; // as ws has it
    socket.terminate();
    const [code] = (await once(far, 'close')) as [number]; // as ws has it
    expect(code).toBe(1_006);
  });

  it.for(['nginx', 'haproxy'] as const)('pass %s in front of it', async (peer, context) => {
    requirePeer(context, peer);
    const { url: direct } = await setup();
    const port = Number(new URL(direct).port);
    const front = peer === 'haproxy' ? await startHaproxy(port) : await startNginx(nginxUpgrade(port));
    const socket = open(front.url.replace('http', 'ws'));
    await once(socket, 'open');
    expect(await exchange(socket, 'through two')).toEqual([Buffer.from('through two'), false]);
    socket.close();
    await once(socket, 'close');
  });

  it('are what a page in Chromium gets', async (context) => {
    requirePeer(context, 'chromium');
    const { url } = await setup();
    const page = await chromiumPage();
    await page.goto(url.replace('ws', 'http'));
    const echoed = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new globalThis.WebSocket(address, 'echo');
          socket.onopen = () => socket.send('from a page');
          socket.onmessage = ({ data }) => {
            socket.onclose = ({ code, wasClean }) => resolve([data, code, wasClean]);
            socket.close(1000);
          };
        }),
      url,
    );
    expect(echoed).toEqual(['from a page', 1_000, true]);
  });
});

/** A WebSocket server that sends everything back, behind a reverse proxy. */
async function setup() {
  const origin = await nodeOrigin((_request, response) => void response.end('<title>page</title>'));
  const server = echoServer(origin.server);
  const proxy = await serveReverseProxy(origin.url);
  return { url: proxy.url.replace('http', 'ws'), server, proxy };
}

function echoServer(http: Server): WebSocketServer {
  const server = new WebSocketServer({
    server: http,
    verifyClient: ({ req }, done) => done(req.headers['x-refuse'] === undefined, 401),
  });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      const close = isBinary ? null : /^close ([0-9]+) (.*)$/.exec(data.toString());
      if (close === null) socket.send(data, { binary: isBinary });
      else socket.close(Number(close[1]), close[2]);
    });
  });
  onTestFinished(() => server.close());
  return server;
}

function open(url: string, options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(url, 'echo', options);
  onTestFinished(() => socket.terminate());
  return socket;
}

async function exchange(socket: WebSocket, message: string | Buffer): Promise<[data: Buffer, isBinary: boolean]> {
  const answer = once(socket, 'message');
  socket.send(message);
  return (await answer) as [Buffer, boolean]; // as ws has it
}

function nginxUpgrade(port: number): string {
  return `location / {
    proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
  }`;
}
