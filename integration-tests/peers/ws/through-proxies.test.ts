import { once } from 'node:events';
import { createServer } from 'node:http';
import { HttpRequest } from '@lamella/http';
import { parseAddress } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import type { InspectWebSocket } from '@lamella/ws';
import { connectWebSocket, webSocketRelay } from '@lamella/ws';
import httpProxy from 'http-proxy';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listening } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { serveForwardProxy, serveReverseProxy } from '../../support/serve-proxies.ts';
import { testClient } from '../../support/test-client.ts';
import { closed, exchange, openWs, serveEcho, startWsEcho } from './support.ts';

useLedger();

const seeing =
  (seen: string[]): InspectWebSocket =>
  ({ direction, data }) => {
    seen.push(`${direction} ${data}`);
    return data === 'secret' ? { data: '******' } : 'pass';
  };

describe('a relay in our reverse proxy', () => {
  it('shows and changes messages between ws and ws; pings, codes and the subprotocol go through', async () => {
    const seen: string[] = [];
    const origin = await startWsEcho({ perMessageDeflate: true });
    const proxy = await serveReverseProxy(origin.url, { upgrade: webSocketRelay({ inspect: seeing(seen) }) });
    const socket = await openWs(proxy.url, { perMessageDeflate: true });
    expect([socket.protocol, socket.extensions]).toEqual(['echo', '']); // compression ends at the relay
    expect((await exchange(socket, 'secret'))[0].toString()).toBe('******');
    socket.ping('are you there');
    expect(await once(socket, 'pong')).toEqual([Buffer.from('are you there')]);
    socket.send('close 4001 enough');
    expect(await closed(socket)).toEqual([4_001, 'enough']);
    expect(seen).toEqual(['up secret', 'down ******', 'up close 4001 enough']);
  });

  it('tells the origin how the client closed', async () => {
    const origin = await startWsEcho();
    const connected = once(origin.server, 'connection');
    const proxy = await serveReverseProxy(origin.url, { upgrade: webSocketRelay({ inspect: () => 'pass' }) });
    const socket = await openWs(proxy.url);
    const [far] = (await connected) as [typeof socket]; // as ws has it
    const ended = closed(far);
    socket.close(4_002, 'tab closed');
    expect(await ended).toEqual([4_002, 'tab closed']);
  });

  it('carries large messages both ways', async () => {
    const origin = await serveEcho({ limits: { maxMessageBytes: 4_000_000 } });
    const relay = webSocketRelay({ inspect: () => 'pass', limits: { maxMessageBytes: 4_000_000 } });
    const proxy = await serveReverseProxy(origin.url, { upgrade: relay });
    const large = Buffer.alloc(3_000_000, 'abc');
    const [echoed] = await exchange(await openWs(proxy.url), large);
    expect(echoed.equals(large)).toBe(true);
  });
});

describe('WebSockets of our client and our server', () => {
  it('go through both kinds of our proxies, one behind the other', async () => {
    const seen: string[] = [];
    const origin = await serveEcho();
    const reverse = await serveReverseProxy(origin.url);
    const forward = await serveForwardProxy({ upgrade: webSocketRelay({ inspect: seeing(seen) }) });
    const client = testClient({ proxy: parseAddress(`127.0.0.1:${forward.port}`) });
    const socket = await connectWebSocket(client, { url: reverse.url, protocols: ['echo'] });
    await socket.send('hello');
    expect([socket.protocol, await socket.receive()]).toEqual(['echo', 'hello']);
    await socket.send('close 4003 done');
    expect(await socket.closed).toMatchObject({ code: 4_003, reason: 'done', wasClean: true, initiator: 'remote' });
    expect(seen).toEqual(['up hello', 'down hello', 'up close 4003 done']);
  });

  it('go through a CONNECT tunnel of our forward proxy', async () => {
    const origin = await serveEcho();
    const forward = await serveForwardProxy();
    const proxied = testClient({ proxy: parseAddress(`127.0.0.1:${forward.port}`) });
    const tunnelled = testClient({
      connector: serviceFn(async () => {
        const target = `127.0.0.1:${origin.port}`;
        const { status, upgraded } = await proxied.serve(HttpRequest.from({ method: 'CONNECT', target }));
        if (upgraded === undefined) throw new Error(`no tunnel: ${status}`);
        return upgraded;
      }),
    });
    const socket = await connectWebSocket(tunnelled, { url: origin.url });
    await socket.send('deep');
    expect(await socket.receive()).toBe('deep');
    expect(await socket.close()).toMatchObject({ code: 1_000, wasClean: true });
  });

  it('go through the proxy that people use today', async () => {
    const origin = await serveEcho();
    const proxy = httpProxy.createProxyServer({ target: origin.url, ws: true });
    const server = createServer().on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
    proxy.on('error', () => {});
    const port = await listening(server);
    onTestFinished(() => {
      proxy.close();
      server.close();
    });
    const socket = await connectWebSocket(testClient(), { url: `ws://127.0.0.1:${port}/` });
    await socket.send('old but good');
    expect(await socket.receive()).toBe('old but good');
    await socket.send('close 4004 done');
    expect(await socket.closed).toMatchObject({ code: 4_004, reason: 'done', wasClean: true });
  });
});
