import { getEventListeners } from 'node:events';
import { HttpRequest } from '@lamella/http';
import { timeoutLayer } from '@lamella/layers';
import { checkLedger } from '@lamella/net-core/testing';
import { TimeoutError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';
import { openSignalChain } from './support/signal-chain.ts';
import type { WireCall } from './support/wire-call.ts';
import { wireCall } from './support/wire-call.ts';
import { WireClient } from './support/wire-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('the signal of a call', () => {
  it.each(HTTP_VERSIONS)(
    'by %s is one and the same for its whole life, and does not fire on success',
    async (version) => {
      const { chain, signals, close } = openSignalChain({ version });
      const client = chain.viaProxy();
      for (const path of ['/', '/stream', '/']) {
        const response = await client.serve(HttpRequest.from({ target: `http://origin.test${path}` }));
        await response.body.text();
      }
      await chain.clock.advanceAsync(1_000);
      expect(signals).toHaveLength(3);
      expect(signals.every(({ aborted }) => !aborted)).toBe(true);
      client.destroy(); // the connections end; the calls were over
      await settle(8);
      expect(signals.every(({ aborted }) => !aborted)).toBe(true);
      await close();
      expect(signals.every(({ aborted }) => !aborted)).toBe(true);
    },
  );

  it.each([
    ['before the response', '/wait', 'reset', 'LML_ERR_STREAM_RESET'],
    ['in the response', '/endless', 'reset', 'LML_ERR_STREAM_RESET'],
    ['in its request', '/read', 'reset', 'LML_ERR_STREAM_RESET'],
    ['in its request', '/read', 'end', 'LML_ERR_HTTP1_UNEXPECTED_END'],
  ])('fires with a typed reason when the client is gone %s (%s, by a %s)', async (_, path, how, code) => {
    const { chain, signals, close } = openSignalChain();
    const client = new WireClient((await chain.connect('origin.test:80')).stream);
    const length = path === '/read' ? 'Content-Length: 5\r\n\r\nab' : '\r\n';
    await client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\n${length}`);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    if (how === 'reset') client.stream.destroy(new Error('gone'));
    else await client.stream.closeWrite();
    await chain.clock.advanceAsync(10);
    expect(signals[0]?.reason).toMatchObject({ code });
    client.stream.destroy();
    await close();
  });

  it.each([
    ['HTTP/1.1', 'LML_ERR_STREAM_RESET'], // of the other process, as it seems there
    ['HTTP/2', 'LML_ERR_HTTP_STREAM_RESET'],
  ] as const)('by %s fires with the reason of a deadline', async (version, code) => {
    const { chain, signals, close } = openSignalChain({ version });
    const client = timeoutLayer({ timeoutMs: 250, clock: chain.clock })(chain.direct());
    const call = client.serve(HttpRequest.from({ target: 'http://origin.test/wait' }));
    const failed = expect(call).rejects.toMatchObject({
      code: 'LML_ERR_TIMEOUT',
      timeoutMs: 250,
      facts: { phase: 'response-head', peer: 'origin.test:80' },
    });
    await chain.clock.advanceAsync(249);
    expect(signals[0]?.aborted).toBe(false);
    await chain.clock.advanceAsync(1);
    await failed;
    await chain.clock.advanceAsync(10);
    expect(signals[0]?.reason).toMatchObject({ code });
    await close();
  });
});

describe('a client that goes', () => {
  const proxies = [
    { proxy: 'the forward proxy', address: 'proxy.test:3128', host: 'origin.test' },
    { proxy: 'the reverse proxy', address: 'edge.test:80', host: 'edge.test' },
  ];
  const leaving: readonly {
    version: HttpVersion;
    how: string;
    leave: (client: WireCall) => Promise<void>;
    code: string;
  }[] = [
    { version: 'HTTP/1.1', how: 'a reset', leave: (client) => client.takeBack(), code: 'LML_ERR_STREAM_RESET' },
    // The proxy goes on with others: it resets the one stream, whatever its client has done.
    {
      version: 'HTTP/2',
      how: 'a reset of its stream',
      leave: (client) => client.takeBack(),
      code: 'LML_ERR_HTTP_STREAM_RESET',
    },
    { version: 'HTTP/2', how: 'a reset of its connection', leave: goneAtAll, code: 'LML_ERR_HTTP_STREAM_RESET' },
  ];

  it.each(leaving.flatMap((way) => proxies.map((through) => ({ ...way, ...through }))))(
    'by $version, with $how, is told through $proxy within 10 ms: before the response and in it',
    async ({ version, leave, code, address, host }) => {
      for (const path of ['/wait', '/endless']) {
        const { chain, signals, close } = openSignalChain({ version });
        // Each hop takes a while, so that the order shows.
        chain.network.setConditions({ latencyMs: 2 });
        const connecting = chain.connect(address);
        await chain.clock.advanceAsync(10);
        const client = wireCall(version, (await connecting).stream);
        await chain.clock.advanceAsync(10);
        await client.ask('GET', `http://${host}${path}`);
        await chain.clock.advanceAsync(50);
        expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
        const goneMs = chain.clock.nowMs();
        await leave(client);
        while (signals[0]?.aborted === false && chain.clock.nowMs() < goneMs + 100) await chain.clock.advanceAsync(1);
        expect(chain.clock.nowMs() - goneMs).toBe(4); // two hops of 2 ms each, and nothing in between
        expect(signals[0]?.reason).toMatchObject({ code });
        client.stream.destroy();
        await close();
      }
    },
  );

  it('resets the far end of its tunnel and of its upgraded connection', async () => {
    for (const [address, request] of [
      ['proxy.test:3128', 'CONNECT origin.test:80 HTTP/1.1\r\nHost: a:80\r\n\r\n'],
      ['edge.test:80', 'GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ] as const) {
      const { chain, signals, farEnds, close } = openSignalChain();
      const client = new WireClient((await chain.connect(address)).stream);
      await client.send(request);
      expect(client.received).toMatch(/^HTTP\/1.1 (?:200|101) /);
      const isTunnel = address === 'proxy.test:3128';
      if (isTunnel) await client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n'); // a call inside of it
      client.stream.destroy(new Error('gone'));
      await chain.clock.advanceAsync(10);
      const reset = { code: 'LML_ERR_STREAM_RESET' };
      if (isTunnel) expect(signals.map(({ reason }) => reason)).toMatchObject([reset]);
      else expect(farEnds).toMatchObject([reset]);
      expect(chain.relays).toMatchObject([{ reason: 'downstream-failed' }]);
      expect(chain.serving).toBe(0);
      await close();
    }
  });
});

it.each(HTTP_VERSIONS)(
  'by %s the shortest of several deadlines on the way ends the call on all hops',
  async (version) => {
    const { chain, signals, close } = openSignalChain({ version });
    const { clock } = chain;
    const outer = timeoutLayer({ timeoutMs: 500, clock })(chain.viaProxy());
    const inner = timeoutLayer({ timeoutMs: 200, clock })(outer);
    const call = inner.serve(HttpRequest.from({ target: 'http://origin.test/wait' }));
    const failed = expect(call).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', timeoutMs: 200 });
    await clock.advanceAsync(199);
    expect(signals[0]?.aborted).toBe(false);
    await clock.advanceAsync(1);
    await failed;
    await clock.advanceAsync(10);
    expect(signals[0]?.aborted).toBe(true);
    await close();
  },
);

it.each(HTTP_VERSIONS)(
  '10,000 calls by %s with one signal of a user leave no listener on it, and an abort still reaches a call',
  {
    timeout: 180_000,
  },
  async (version) => {
    const { chain, signals, close } = openSignalChain({ version, keepsRecords: false });
    const user = new AbortController();
    const client = chain.viaProxy();
    let most = 0;
    for (let batch = 0; batch < 100; batch++) {
      const calls = Array.from({ length: 100 }, async (_, index) => {
        const target = `http://origin.test${index % 10 === 0 ? '/stream' : '/'}`;
        const response = await client.serve(HttpRequest.from({ target, signal: user.signal }));
        return response.body.text();
      });
      most = Math.max(most, getEventListeners(user.signal, 'abort').length);
      await Promise.all(calls);
    }
    expect(signals).toHaveLength(10_000);
    expect(getEventListeners(user.signal, 'abort')).toEqual([]);
    expect(most).toBeLessThanOrEqual(100); // no more than were under way

    const last = client.serve(HttpRequest.from({ target: 'http://origin.test/wait', signal: user.signal }));
    const reason = new TimeoutError({ limit: 'patience', timeoutMs: 1 });
    await settle(8);
    user.abort(reason);
    await expect(last).rejects.toBe(reason); // the same object
    await settle(8);
    expect(signals.at(-1)?.aborted).toBe(true);
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(1);
    await close();
  },
);

async function goneAtAll({ stream }: WireCall): Promise<void> {
  stream.destroy(new Error('gone'));
}
