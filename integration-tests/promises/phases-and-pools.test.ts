import type { CallTimings, HttpClient } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, HttpTimings, via } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import type { Connection, Connector, Listener } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { happyEyeballsConnector } from '@lamella/net-tcp';
import { forwardProxyService } from '@lamella/proxy';
import type { Layer } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS, protocolOf } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('every call tells where its time went', () => {
  it.each(HTTP_VERSIONS)(
    'through a lookup, a proxy and a slow origin: the phases add up to the total, to the millisecond: %s',
    async (version) => {
      const world = setup({ version });
      const first = await world.ask();
      expect(first).toEqual({
        queuedMs: 0,
        resolveMs: 25, // the name of the proxy
        connectMs: 20, // one round trip to the proxy
        proxyMs: 40, // one to the proxy, and one from there to the origin
        tlsMs: undefined,
        sentMs: 0,
        ttfbMs: 40 + 300, // a round trip all the way, and the origin thinking
        bodyMs: 200,
        totalMs: 625,
      });
      const again = await world.ask();
      expect(again).toEqual({
        queuedMs: 0,
        resolveMs: undefined,
        connectMs: undefined,
        proxyMs: undefined,
        tlsMs: undefined,
        sentMs: 0,
        ttfbMs: 340,
        bodyMs: 200,
        totalMs: 540,
      });
      await world.end();
    },
  );

  it.each(HTTP_VERSIONS)('by TLS, what the handshake took is told as well: %s', async (version) => {
    const authority = await certificateAuthority({ subject: { commonName: 'Tests of phases' } });
    const certificates = await authority.issue({ names: ['origin.test'] });
    const alpn = [version === 'HTTP/2' ? 'h2' : 'http/1.1'];
    const world = setup({
      version,
      tls: (clock) => ({
        accepting: tlsAcceptLayer({ certificates, alpn, clock }),
        connecting: tlsConnectLayer({ roots: authority.cert, clock }),
      }),
    });
    const first = await world.ask();
    // The clock goes on while OpenSSL computes: a handshake takes its round trip of 40 ms at least.
    expect(first).toMatchObject({ resolveMs: 25, connectMs: 20, proxyMs: 40, bodyMs: 200 });
    expect(first.tlsMs).toBeGreaterThanOrEqual(40);
    expect(first.ttfbMs).toBeGreaterThanOrEqual(340);
    expect((await world.ask()).tlsMs).toBeUndefined();
    await world.end();
  });

  it('tells waiting for the pool from waiting for the peer', async () => {
    const world = setup();
    const [first, second] = await Promise.all([world.ask(), world.ask()]);
    expect([first.queuedMs, second.queuedMs]).toEqual([0, 625]); // one connection, and one behind the other
    expect([first.ttfbMs, second.ttfbMs]).toEqual([340, 340]);
    await world.end();
  });

  it('and the pool what it has: open, active, idle, streams, waiting, and what happened so far, by origin and way', async () => {
    const world = setup();
    const answers = [world.ask(), world.ask(), world.ask()];
    await world.clock.advanceAsync(0);
    expect(world.client.gauges()).toEqual([{ origin: WAY, open: 1, active: 0, idle: 0, streams: 0, waiting: 3 }]);
    await answers[0];
    expect(world.client.gauges()).toEqual([{ origin: WAY, open: 1, active: 1, idle: 0, streams: 1, waiting: 1 }]);
    await Promise.all(answers);
    expect(world.client.gauges()).toEqual([{ origin: WAY, open: 1, active: 0, idle: 1, streams: 0, waiting: 0 }]);
    expect(world.client.counters()).toEqual([{ origin: WAY, dials: 1, failures: 0, reuses: 2 }]);
    await world.end();
  });

  it('by HTTP/2 nobody waits behind anybody: one connection is active, whatever is under way on it', async () => {
    const world = setup({ version: 'HTTP/2' });
    await world.ask();
    const answers = [world.ask(), world.ask(), world.ask()];
    await world.clock.advanceAsync(0);
    expect(world.client.gauges()).toEqual([{ origin: WAY, open: 1, active: 1, idle: 0, streams: 3, waiting: 0 }]);
    const timings = await Promise.all(answers);
    expect(timings.map(({ queuedMs }) => queuedMs)).toEqual([0, 0, 0]);
    expect(world.client.gauges()).toEqual([{ origin: WAY, open: 1, active: 0, idle: 1, streams: 0, waiting: 0 }]);
    expect(world.client.counters()).toEqual([{ origin: WAY, dials: 1, failures: 0, reuses: 3 }]);
    await world.end();
  });
});

/** Options of a world in which phases are looked at. */
interface WorldOptions {
  readonly version?: HttpVersion;
  /** Between client and origin, inside of the tunnel. Default: nothing is encrypted. */
  readonly tls?: (clock: FakeClock) => {
    readonly accepting: Layer<Connection, void>;
    readonly connecting: (inner: Connector) => Connector;
  };
}

/** A client of one connection that goes by name, through a proxy, to an origin; 10 ms each way, and no other time passes. */
function setup({ version = 'HTTP/1.1', tls: makeTls }: WorldOptions = {}) {
  const clock = new FakeClock();
  const tls = makeTls?.(clock);
  const network = memoryNetwork({ clock });
  const lifecycle = createLifecycle({ clock });
  network.setConditions({ latencyMs: 10 });
  network.setName('proxy.test', ['192.0.2.3']);
  const listeners: Listener[] = [
    network.listen('192.0.2.3:3128'),
    network.listen(`origin.test:${tls === undefined ? 80 : 443}`),
  ];
  const connector = network.connector({ from: '192.0.2.3' });
  const proxyClient = createHttpClient({ connector, clock, lifecycle });
  const proxy = forwardProxyService({ client: proxyClient, connector, relay: { clock, lifecycle } });
  const origin = serviceFn(async () => {
    await wait(clock, 300);
    return HttpResponse.from({ body: slowly(clock) });
  });
  const layer = autoServerLayer({ clock, lifecycle });
  const atOrigin = tls === undefined ? stack(layer, origin) : stack(tls.accepting, layer, origin);
  const served = [stack(layer, proxy), atOrigin].map((server, index) => {
    const listener = listeners[index];
    return listener === undefined ? undefined : serveListener(listener, server, { lifecycle });
  });
  const resolver = {
    serve: async (request: Parameters<typeof network.resolver.serve>[0]) => {
      await wait(clock, 25);
      return network.resolver.serve(request);
    },
  };
  const client: HttpClient = createHttpClient({
    connector: happyEyeballsConnector({ resolver, connector: network.connector(), clock }),
    proxy: via('http://proxy.test:3128', { plainHttp: 'tunnel', clock }),
    protocols: [protocolOf(version)],
    ...(tls === undefined ? {} : { tls: tls.connecting }),
    maxConnectionsPerOrigin: 1,
    clock,
    lifecycle,
  });
  const target = `${tls === undefined ? 'http' : 'https'}://origin.test/`;
  return {
    clock,
    client,
    async ask(): Promise<CallTimings> {
      const answer = read(client, target);
      let isDone = false;
      const done = (): void => {
        isDone = true;
      };
      answer.then(done, done);
      for (let step = 0; step < 5_000 && !isDone; step++) await clock.advanceAsync(1);
      return answer;
    },
    async end(): Promise<void> {
      const drained = lifecycle.drain({ graceMs: 0 });
      await clock.advanceAsync(10_000);
      await drained;
      await Promise.all(served);
    },
  };
}

async function read(client: HttpClient, target: string): Promise<CallTimings> {
  const response = await client.serve(HttpRequest.from({ target }));
  await response.body.bytes();
  const timings = response.extensions.get(HttpTimings);
  if (timings === undefined) throw new Error('the response has no timings');
  const { queuedMs, resolveMs, connectMs, proxyMs, tlsMs, sentMs, ttfbMs, bodyMs, totalMs } = timings;
  const phases = [queuedMs, resolveMs, connectMs, proxyMs, tlsMs, sentMs, ttfbMs, bodyMs];
  expect(phases.reduce<number>((sum, ms = 0) => sum + ms, 0)).toBe(totalMs);
  return { queuedMs, resolveMs, connectMs, proxyMs, tlsMs, sentMs, ttfbMs, bodyMs, totalMs };
}

async function* slowly(clock: FakeClock): AsyncGenerator<string> {
  yield 'a';
  await wait(clock, 200);
  yield 'b';
}

function wait(clock: FakeClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.startTimer(ms, resolve));
}

const WAY = 'http://origin.test:80 via proxy.test:3128';
