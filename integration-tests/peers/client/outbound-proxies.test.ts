import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { HttpClient, ProxyChain } from '@lamella/http';
import { HttpRequest, HttpResponse, via } from '@lamella/http';
import { basicProxyAuth } from '@lamella/proxy';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNginx } from '../../support/foreign-servers.ts';
import { listening } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { requirePeer } from '../../support/peers.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();

describe('our client through proxies', () => {
  it('goes through three of different makes, and keeps its tunnel', async () => {
    const origin = await echoOrigin();
    const [first, middle, last] = [await ourProxy(), await nodeProxy(), await ourProxy()];
    for (const plainHttp of ['tunnel', 'absolute-form'] as const) {
      const chain = via([first.url, middle.url, last.url], { plainHttp });
      const client = testClient({ proxy: chain });
      for (let number = 0; number < 5; number++) {
        expect(await ask(client, `${origin.url}/${number}`)).toMatchObject({ url: `/${number}` });
      }
      expect(client.counters()).toMatchObject([{ dials: 1, reuses: 4 }]);
    }
    expect(middle.connects()).toBe(2);
  });

  it('gives credentials to the proxy that asks for them, and to nobody else', async () => {
    const origin = await echoOrigin();
    const proxy = await serveForwardProxy({
      auth: basicProxyAuth([{ name: 'us er', password: 'p:w' }]),
    });
    for (const plainHttp of ['tunnel', 'absolute-form'] as const) {
      const url = proxy.url.replace('//', '//us%20er:p%3Aw@');
      const { headers } = await ask(testClient({ proxy: via(url, { plainHttp }) }), origin.url);
      expect(JSON.stringify(headers)).not.toMatch(/proxy-authorization/i);
    }
    const refused = testClient({ proxy: via(proxy.url.replace('//', '//other:p@'), { plainHttp: 'tunnel' }) });
    await expect(ask(refused, origin.url)).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_AUTH',
      phase: 'proxy',
      facts: { protocolCode: 407 },
    });
    const plain = testClient({ proxy: via(proxy.url) });
    const response = await plain.serve(HttpRequest.from({ target: origin.url }));
    expect(response.status).toBe(407);
    response.body.cancel();
  });

  it('asks nginx for whole URLs', async (context) => {
    requirePeer(context, 'nginx');
    const origin = await echoOrigin();
    const nginx = await startNginx('location / { proxy_pass http://$http_host$request_uri; }');
    expect(await ask(testClient({ proxy: via(nginx.url) }), `${origin.url}/x?y`)).toMatchObject({ url: '/x?y' });
  });

  it('hears of a proxy that does not reach the target, and of one that is no proxy', async () => {
    const proxy = await ourProxy();
    await expect(ask(through(via(proxy.url, TUNNEL)), 'http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_REFUSED',
      facts: { protocolCode: 502, retryable: true },
    });
    const site = await serveHttp(() => HttpResponse.text('a site', { status: 405 }));
    await expect(ask(through(via(site.url, TUNNEL)), 'http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_REFUSED',
      facts: { protocolCode: 405, retryable: false },
    });
  });
});

async function ask(client: HttpClient, target: string): Promise<{ url: string; headers: Record<string, string> }> {
  const response = await client.serve(HttpRequest.from({ target }));
  return JSON.parse(await response.body.text());
}

function through(proxy: ProxyChain): HttpClient {
  return testClient({ proxy });
}

function echoOrigin() {
  return nodeOrigin((request, response) => {
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
}

/** Ours: its clients leave their connections to it. */
function ourProxy() {
  return serveForwardProxy();
}

/** One of `node:http`, for tunnels only. */
async function nodeProxy() {
  let connects = 0;
  const sockets = new Set<Socket>();
  const server = createServer().on('connect', (request, socket: Socket, head) => {
    connects++;
    const [host = '', port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on('error', () => {});
    }
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, connects: () => connects };
}

const TUNNEL = { plainHttp: 'tunnel' } as const;
