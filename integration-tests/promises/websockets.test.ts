import type { HttpClient } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import type { LinkConditions, RelayOutcome } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { reverseProxyService } from '@lamella/proxy';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { WebSocketClose, WebSocketConnection } from '@lamella/ws';
import { connectWebSocket, webSocketRelay, webSocketService } from '@lamella/ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const WAYS = ['as bytes', 'message by message'] as const;
const VERSIONS = ['HTTP/1.1 to HTTP/1.1', 'HTTP/2 to HTTP/2', 'HTTP/1.1 to HTTP/2', 'HTTP/2 to HTTP/1.1'] as const;
type Versions = (typeof VERSIONS)[number];
const CASES = WAYS.flatMap((way) => VERSIONS.map((versions) => [way, versions] as const));

/** A client, a reverse proxy and a server that sends everything back, in memory. */
function open(
  way: (typeof WAYS)[number],
  conditions: LinkConditions = {},
  versions: Versions = 'HTTP/1.1 to HTTP/1.1',
) {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  network.setConditions(conditions);
  const [proxyLife, originLife] = [createLifecycle({ clock }), createLifecycle({ clock })];
  const errors: unknown[] = [];
  const relays: RelayOutcome[] = [];
  const ended: WebSocketClose[] = [];
  const onError = (error: unknown) => void errors.push(error);

  const echo = webSocketService({
    clock,
    lifecycle: originLife,
    protocols: ['echo'],
    async onConnection(socket) {
      void socket.closed.then((close) => ended.push(close));
      for await (const message of socket) {
        const close = typeof message === 'string' ? /^close (\d+) (.*)$/.exec(message) : null;
        if (close !== null) void socket.close(Number(close[1]), close[2]);
        else await socket.send(message);
      }
    },
  });
  const server = autoServerLayer({ clock, lifecycle: originLife, onError })(echo);
  void serveListener(network.listen('origin.test:80'), server, { lifecycle: originLife });

  const [near, far] = versions.split(' to ').map((name) => (name === 'HTTP/2' ? http2() : http1()));
  if (near === undefined || far === undefined) throw new Error('two versions');
  const egress = createHttpClient({ connector: network.connector(), protocols: [far], clock });
  const proxy = reverseProxyService({
    client: egress,
    routes: [{ to: 'http://origin.test' }],
    relay: { clock, lifecycle: proxyLife },
    onRelayEnd: (outcome) => void relays.push(outcome),
    ...(way === 'as bytes' ? {} : { upgrade: webSocketRelay({ inspect: async () => 'pass' as const }) }),
  });
  const edge = autoServerLayer({ clock, lifecycle: proxyLife, onError })(proxy);
  void serveListener(network.listen('edge.test:80'), edge, { lifecycle: proxyLife });

  const client: HttpClient = createHttpClient({ connector: network.connector(), protocols: [near], clock });
  const connect = (): Promise<WebSocketConnection> =>
    connectWebSocket(client, { url: 'ws://edge.test/', protocols: ['other', 'echo'], clock });
  const close = async (): Promise<void> => {
    client.destroy();
    egress.destroy();
    const drains = [proxyLife.drain({ graceMs: 0 }), originLife.drain({ graceMs: 0 })];
    await clock.advanceAsync(10_000);
    await Promise.all(drains);
    expect(clock.pendingTimers).toBe(0);
  };
  return { clock, network, proxyLife, originLife, errors, relays, ended, connect, close };
}

describe.each(CASES)('a WebSocket that a proxy passes on %s, from %s', (way, versions) => {
  it.each([{}, { chunkBytes: 1 }])('keeps subprotocol, messages, code and reason: %o', async (conditions) => {
    const chain = open(way, conditions, versions);
    const socket = await chain.connect();
    expect(socket.protocol).toBe('echo');
    for (const message of ['κόσμε', Buffer.from([0, 255, 128]), '']) {
      void socket.send(message);
      expect(await socket.receive()).toEqual(message);
    }
    void socket.send('close 4001 enough of it');
    expect(await socket.receive()).toBeUndefined();
    await settle(100);
    expect(await socket.closed).toEqual({ code: 4001, reason: 'enough of it', wasClean: true, initiator: 'remote' });
    await chain.clock.advanceAsync(5_000);
    expect(chain.relays).toEqual([expect.objectContaining({ reason: 'eof' })]);
    await chain.close();
  });

  it.each([1000, 1001, 1008, 1012, 3000, 4999])('tells the server that the client closed with %d', async (code) => {
    const chain = open(way, {}, versions);
    const socket = await chain.connect();
    await socket.send('last words');
    await socket.close(code, 'why');
    await settle(8);
    expect(chain.ended).toEqual([{ code, reason: 'why', wasClean: true, initiator: 'remote' }]);
    await chain.close();
  });

  it('tells 1006 to one side when the other one has gone', async () => {
    const chain = open(way, {}, versions);
    const socket = await chain.connect();
    socket.destroy(new Error('gone'));
    await settle(20);
    expect(chain.ended).toEqual([expect.objectContaining({ code: 1006, wasClean: false, initiator: 'remote' })]);
    expect(chain.relays).toEqual([expect.objectContaining({ reason: 'downstream-failed' })]);
    await chain.close();
  });

  it('is kept alive by pings from end to end, and lost when they stop', async () => {
    const chain = open(way, {}, versions);
    const socket = await chain.connect();
    await chain.clock.advanceAsync(290_000); // the proxy allows 300,000 ms of silence
    await chain.clock.advanceAsync(290_000);
    expect(socket.state).toBe('open');
    chain.network.blackHole('origin.test');
    const closed = socket.closed;
    await chain.clock.advanceAsync(60_000);
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
    await chain.close();
  });

  it('gets 1001 when the server drains, and the server waits for its answer', async () => {
    const chain = open(way, {}, versions);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => chain.connect()));
    const report = chain.originLife.drain({ graceMs: 5_000 });
    const closes = Promise.all(sockets.map(({ closed }) => closed));
    await chain.clock.advanceAsync(4_000);
    expect(new Set((await closes).map(({ code, wasClean }) => `${code} ${wasClean}`))).toEqual(new Set(['1001 true']));
    expect((await report).protocols['websocket']).toEqual({ finished: 20, closed: 0, cut: 0 });
    await chain.close();
  });

  it('leaves nothing behind and harms no other one, broken off at any byte', async () => {
    for (let bytes = 1; bytes < 700; bytes += 7) {
      const chain = open(way, {}, versions);
      chain.network.setConditions({ resetAfterBytes: bytes }, { from: 'edge.test', to: 'origin.test' });
      const outcome = chain.connect().then(
        async (socket) => {
          for (let round = 0; round < 12; round++) void socket.send(`message ${round}`);
          for await (const _message of socket);
        },
        (error: unknown) => error,
      );
      const settled = outcome.catch((error: unknown) => error);
      await settle(30);
      chain.network.setConditions({}, { from: 'edge.test', to: 'origin.test' });
      await chain.clock.advanceAsync(200);
      expect(chain.errors, `after ${bytes} bytes`).toEqual([]);
      await chain.close();
      await settled;
    }
  });

  it('leaves nothing behind, 200 aborted at random', async () => {
    const chain = open(way, {}, versions);
    for (let round = 0; round < 200; round++) {
      const socket = await chain.connect();
      if (round % 3 > 0) void socket.send('x'.repeat(round * 50));
      await settle(round % 4);
      if (round % 5 === 0) void socket.close();
      else socket.destroy(round % 2 === 0 ? undefined : new Error('left'));
    }
    await chain.clock.advanceAsync(20_000);
    expect([chain.errors, chain.relays.length, chain.ended.length]).toEqual([[], 200, 200]);
    await chain.close();
  });
});

it('is closed with 1001 on both sides by the drain of a proxy that reads messages', async () => {
  const chain = open('message by message');
  const sockets = await Promise.all(Array.from({ length: 5 }, () => chain.connect()));
  const report = chain.proxyLife.drain({ graceMs: 2_000 });
  const closes = Promise.all(sockets.map(({ closed }) => closed));
  await chain.clock.advanceAsync(2_000);
  for (const close of await closes) expect(close).toMatchObject({ code: 1001, wasClean: true, initiator: 'remote' });
  expect((await report).protocols['websocket']).toEqual({ finished: 5, closed: 0, cut: 0 });
  expect(chain.ended.map(({ code }) => code)).toEqual(Array(5).fill(1001));
  await chain.close();
});

it('is not compressed unless both sides were told to', async () => {
  const chain = open('as bytes');
  const socket = await chain.connect();
  expect(socket.isCompressed).toBe(false);
  await socket.close();
  await chain.close();
});
