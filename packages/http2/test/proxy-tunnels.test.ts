import { inspect } from 'node:util';
import type { HttpProxyConnectorOptions } from '@lamella/http';
import { http1, httpProxyConnector } from '@lamella/http';
import type { Connection, IpAddress } from '@lamella/net-core';
import {
  AlpnSelected,
  ConnectTimings,
  connectRequest,
  formatAddress,
  PeerAddress,
  parseAddress,
  parseIp,
  TlsSession,
  ViaProxies,
} from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2 } from '../src/index.ts';
import { data, goaway, headers, reset, type settings } from './support/frames.ts';
import { rawProxies } from './support/raw-proxies.ts';

checkLedger({ beforeEach, afterEach });

describe('tunnels by HTTP/2', () => {
  it('are streams of one connection, each asked for with the credentials of the proxy', async () => {
    const { connect, dials, proxy, end } = setup();
    const pending = [connect('a.test:443'), connect('b.test:80')];
    const server = await proxy();
    expect(await server.takeFrames()).toEqual([
      expect.stringMatching(/^SETTINGS/),
      'SETTINGS ACK',
      `HEADERS 1 :method=CONNECT :authority=a.test:443 proxy-authorization=${SECRET}`,
      `HEADERS 3 :method=CONNECT :authority=b.test:80 proxy-authorization=${SECRET}`,
    ]);
    await server.send(headers(3, OK), headers(1, OK), data(1, 'for a'), data(3, 'for b'));
    const [a, b] = await Promise.all(pending);
    expect(await Promise.all([text(a), text(b)])).toEqual(['for a', 'for b']);
    void a?.stream.write([Buffer.from('from a')]);
    expect(await server.takeFrames()).toEqual(['DATA 1 "from a"']);
    expect(dials.map(({ secure, alpnOffer }) => [secure, alpnOffer])).toEqual([[true, ['h2', 'http/1.1']]]);
    await end();
  });

  it('have facts of their own, and those of the proxy where they are theirs, too', async () => {
    const { clock, connect, proxy, end } = setup();
    const first = connect();
    const server = await proxy();
    await clock.advanceAsync(20);
    await server.send(headers(1, OK));
    const second = (await first) && connect();
    await clock.advanceAsync(30);
    await server.send(headers(3, OK));
    for (const [tunnel, timings] of [
      [await first, { resolveMs: 5, proxyMs: 20 }],
      [await second, { proxyMs: 30 }], // it has waited for nothing else
    ] as const) {
      const { extensions } = tunnel;
      expect(formatAddress(extensions.get(PeerAddress) ?? parseAddress('1'))).toBe('origin.test:443');
      expect(extensions.get(ViaProxies)?.map(formatAddress)).toEqual(['proxy.test:443']);
      expect(extensions.get(ConnectTimings)).toEqual(timings);
      expect([extensions.get(TlsSession), extensions.get(AlpnSelected)]).toEqual([undefined, undefined]);
      expect(extensions.inspect()).not.toContain('http2/stream-id'); // else requests in the tunnel would seem to be streams
    }
    await end();
  });

  it('end their directions one by one, and are reset alone', async () => {
    const { connect, proxy, end } = setup();
    const pending = [connect(), connect()];
    const server = await proxy();
    await server.send(headers(1, OK), headers(3, OK));
    const [ours, other] = await Promise.all(pending);
    await server.takeFrames();
    void ours?.stream.closeWrite();
    expect(await server.takeFrames()).toEqual(['DATA 1 "" END']);
    await server.send(data(1, 'still here', { end: true }), reset(3, CONNECT_ERROR));
    expect(await text(ours)).toBe('still here');
    expect(await ours?.stream.read()).toBeUndefined();
    expect(await ours?.stream.closed).toEqual({ reason: 'eof' });
    await expect(other?.stream.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    const third = connect();
    expect(await server.takeFrames()).toEqual([expect.stringMatching(/^HEADERS 5 :method=CONNECT/)]);
    await server.send(headers(5, OK));
    await third;
    await end();
  });

  it('get another connection where the proxy allows few streams, and share it again', async () => {
    const { connect, dials, ends, proxy, end } = setup({}, [MAX_CONCURRENT_STREAMS, 1]);
    const first = connect();
    const server = await proxy();
    await server.send(headers(1, OK));
    const tunnel = await first;
    const second = connect();
    await settle(8);
    expect(dials).toHaveLength(2);
    await ends[1]?.send(headers(1, OK));
    await second;
    tunnel.stream.destroy(new Error('done'));
    await settle(4);
    const third = connect();
    await server.send(headers(3, OK));
    await third;
    expect(dials).toHaveLength(2);
    await end();
  });

  it('are opened by prior knowledge in clear, where nothing else is wanted', async () => {
    const { connect, dials, proxy, end } = setup({ proxy: 'http://proxy.test', protocols: [http2()] });
    const tunnel = connect();
    const server = await proxy();
    expect((await server.takeFrames())[2]).toBe('HEADERS 1 :method=CONNECT :authority=origin.test:443');
    await server.send(headers(1, OK));
    await tunnel;
    expect(dials[0]).toMatchObject({ secure: false, alpnOffer: [] });
    await end();
  });
});

describe('a proxy of HTTP/2 that gives no tunnel', () => {
  it.each([
    ['refuses', '403', 'LML_ERR_CONNECT_PROXY_REFUSED', false],
    ['can not', '502', 'LML_ERR_CONNECT_PROXY_REFUSED', true],
    ['wants credentials', '407', 'LML_ERR_CONNECT_PROXY_AUTH', false],
  ])('since it %s, is asked again on the same connection', async (_, status, code, retryable) => {
    const { connect, dials, proxy, end } = setup();
    const pending = connect();
    const failed = expect(pending).rejects.toMatchObject({
      code,
      phase: 'proxy',
      facts: { layer: 'http-proxy', via: ['https://proxy.test:443'], protocolCode: Number(status), retryable },
    });
    const server = await proxy();
    await server.send(headers(1, [':status', status]), data(1, 'a page without end'));
    await failed;
    expect(inspect(await pending.catch(String), { depth: 9 })).not.toMatch(/secret|c2VjcmV0|dXNlcjpzZWNyZXQ/);
    expect((await server.takeFrames()).at(-1)).toMatch(/^RST_STREAM 1 /);
    const next = connect();
    await server.send(headers(3, OK));
    await next;
    expect(dials).toHaveLength(1);
    await end();
  });

  it('since it does not reach the target, resets the stream', async () => {
    const { connect, proxy, end } = setup();
    const failed = expect(connect()).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_FAILED',
      phase: 'proxy',
      cause: { code: 'LML_ERR_HTTP_STREAM_RESET', resetCode: 'CONNECT_ERROR' },
      facts: { retryable: true },
    });
    await (await proxy()).send(reset(1, CONNECT_ERROR));
    await failed;
    await end();
  });

  it('has a deadline from when it is asked, and hears that nobody waits any more', async () => {
    const { clock, connect, proxy, end } = setup();
    const failed = expect(connect()).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_TIMEOUT', phase: 'proxy' });
    const server = await proxy();
    await server.takeFrames();
    await clock.advanceAsync(9_999);
    expect(await server.takeFrames()).toEqual([]);
    await clock.advanceAsync(1);
    await failed;
    expect((await server.takeFrames())[0]).toBe('RST_STREAM 1 CANCEL');
    await end();
  });

  it('hears when the caller gives up, who hears its own reason', async () => {
    const { connect, proxy, end } = setup();
    const controller = new AbortController();
    const failed = expect(connect('origin.test:443', controller.signal)).rejects.toBe('changed my mind');
    const server = await proxy();
    await server.takeFrames();
    controller.abort('changed my mind');
    await failed;
    expect(await server.takeFrames()).toEqual(['RST_STREAM 1 CANCEL']);
    await end();
  });

  it('since it takes none for now, is waited for no longer than for any connection', async () => {
    const { clock, connect, end } = setup({ acquireTimeoutMs: 15_000 }, [MAX_CONCURRENT_STREAMS, 0]);
    const pending = connect();
    const failed = expect(pending).rejects.toMatchObject({ limit: 'acquireTimeoutMs', facts: { phase: 'queue' } });
    await settle(8);
    await clock.advanceAsync(15_000);
    await failed;
    await end();
  });

  it('since it can not be reached, fails as connecting does', async () => {
    const failure = new Error('no way');
    const { connect, end } = setup({ connector: { serve: () => Promise.reject(failure) } });
    await expect(connect()).rejects.toBe(failure);
    await end();
  });

  it('since it does not speak TLS, gets nothing', async () => {
    const clear = rawProxies(new FakeClock());
    const connector = {
      serve: () => clear.connector.serve(connectRequest({ target: parseAddress('proxy.test:443') })),
    };
    const { connect, end } = setup({ connector });
    await expect(connect()).rejects.toThrow('the proxy https://proxy.test:443 needs TLS');
    expect(await clear.ends[0]?.takeFrames()).toEqual([]);
    await end();
  });
});

describe('a proxy of HTTP/2 that leaves', () => {
  it('keeps the tunnels that it has; others go elsewhere, those that it has not looked at among them', async () => {
    const { connect, dials, ends, proxy, end } = setup();
    const first = connect();
    const server = await proxy();
    await server.send(headers(1, OK));
    const tunnel = await first;
    const second = connect();
    await settle(4);
    await server.send(goaway(1, NO_ERROR));
    await settle(8);
    expect(dials).toHaveLength(2);
    expect((await ends[1]?.takeFrames())?.at(-1)).toMatch(/^HEADERS 1 :method=CONNECT/);
    await ends[1]?.send(headers(1, OK));
    await second;
    await server.send(data(1, 'still here'));
    expect(await text(tunnel)).toBe('still here');
    await end();
  });

  it('is asked again if it has refused the stream', async () => {
    const { connect, dials, proxy, end } = setup();
    const tunnel = connect();
    const server = await proxy();
    await server.takeFrames();
    await server.send(reset(1, REFUSED_STREAM));
    expect(await server.takeFrames()).toEqual([expect.stringMatching(/^HEADERS 3 :method=CONNECT/)]);
    await server.send(headers(3, OK));
    await tunnel;
    expect(dials).toHaveLength(1);
    await end();
  });

  it('without a word, while nobody looked, is connected to again: asking for a tunnel twice does no harm', async () => {
    const { connect, dials, ends, proxy, end } = setup();
    const first = connect();
    const server = await proxy();
    await server.send(headers(1, OK));
    (await first).stream.destroy(new Error('done'));
    await settle(4);
    const second = connect();
    await settle(2);
    server.stream.destroy(new Error('gone'));
    await settle(8);
    expect(dials).toHaveLength(2);
    await ends[1]?.send(headers(1, OK));
    await second;
    await end();
  });

  it('takes its tunnels with it', async () => {
    const { connect, proxy, end } = setup();
    const first = connect();
    const server = await proxy();
    await server.send(headers(1, OK));
    const { stream } = await first;
    const reading = expect(stream.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    server.stream.destroy(new Error('gone'));
    await reading;
    await end();
  });
});

describe('a connector that keeps connections to its proxy', () => {
  it.each([
    ['closes one that is idle', { idleTimeoutMs: 1_000 }, 1_100],
    ['closes one that is old at the end of its last tunnel', { maxConnectionAgeMs: 5_000 }, 0],
  ])('%s', async (_, options, idleMs) => {
    const { clock, connect, proxy, end } = setup(options);
    const first = connect();
    const server = await proxy();
    await server.send(headers(1, OK));
    const tunnel = await first;
    await clock.advanceAsync(5_000);
    expect(server.ended).toBe('no');
    tunnel.stream.destroy(new Error('done'));
    await settle(4);
    expect(server.ended === 'no').toBe(idleMs > 0);
    await clock.advanceAsync(idleMs);
    expect(server.ended).not.toBe('no');
    await end();
  });

  it('closes when its tunnels have ended, and opens no others', async () => {
    const { connector, connect, proxy } = setup();
    const first = connect();
    const server = await proxy();
    await server.send(headers(1, OK));
    const tunnel = await first;
    let isClosed = false;
    const closing = connector.close().then(() => {
      isClosed = true;
    });
    await expect(connect()).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    await server.send(data(1, 'still here'));
    expect([await text(tunnel), isClosed]).toEqual(['still here', false]);
    tunnel.stream.destroy(new Error('done'));
    await settle(4);
    void server.stream.closeWrite();
    await closing;
  });

  it('opens none for a target whose address is found after it was closed', async () => {
    const found = Promise.withResolvers<readonly IpAddress[]>();
    const { connector, connect, dials } = setup({ resolver: { serve: () => found.promise } });
    const failed = expect(connect()).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    await connector.close();
    found.resolve([parseIp('192.0.2.1')]);
    await failed;
    expect(dials).toEqual([]);
  });

  it('takes part in draining, and breaks tunnels off when the grace is over', async () => {
    const lifecycle = createLifecycle();
    const { connect, proxy } = setup({ lifecycle });
    const first = connect();
    await (await proxy()).send(headers(1, OK));
    const { stream } = await first;
    const { protocols } = await lifecycle.drain({ graceMs: 0 });
    expect(protocols).toMatchObject({ 'http-proxy-connector': { closed: 0, finished: 0, cut: 1 } });
    expect((await stream.closed).reason).not.toBe('eof');
  });

  it.each([
    [{ protocols: [] }, 'protocols'],
    [{ idleTimeoutMs: 0 }, 'idleTimeoutMs'],
    [{ acquireTimeoutMs: 0 }, 'acquireTimeoutMs'],
    [{ maxConnectionAgeMs: 0 }, 'maxConnectionAgeMs'],
  ])('refuses %o', (options, name) => {
    expect(() => setup(options)).toThrow(name);
  });
});

function setup(options: Partial<HttpProxyConnectorOptions> = {}, ...pairs: Parameters<typeof settings>) {
  const clock = new FakeClock();
  const proxies = rawProxies(clock, ...pairs);
  const connector = httpProxyConnector({
    proxy: 'https://user:secret@proxy.test',
    connector: proxies.connector,
    protocols: [http2(), http1()],
    clock,
    ...options,
  });
  const connect = (target = 'origin.test:443', signal?: AbortSignal): Promise<Connection> =>
    connector.serve(connectRequest({ target: parseAddress(target), ...(signal === undefined ? {} : { signal }) }));
  return {
    ...proxies,
    clock,
    connector,
    connect,
    /** The first connection to a proxy, once it stands. */
    async proxy() {
      await settle(8);
      const [end] = proxies.ends;
      if (end === undefined) throw new Error('nobody has connected to the proxy');
      return end;
    },
    async end(): Promise<void> {
      connector.destroy();
      await settle(4);
      for (const { stream } of proxies.ends) stream.destroy(new Error('the proxy has gone'));
      await settle(4);
    },
  };
}

async function text(connection: Connection | undefined): Promise<string> {
  return Buffer.from((await connection?.stream.read()) ?? []).toString();
}

const SECRET = `Basic ${Buffer.from('user:secret').toString('base64')}`;
const OK = [':status', '200'];
const NO_ERROR = 0;
const REFUSED_STREAM = 7;
const CONNECT_ERROR = 10;
const MAX_CONCURRENT_STREAMS = 3;
