import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Chain } from './support/chain.ts';
import { openChain } from './support/chain.ts';
import { drainOrigin } from './support/drain-origin.ts';
import { checkProcess } from './support/process-failures.ts';
import { WireClient } from './support/wire-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('the pre-drain', () => {
  it('is told at once, and goes on accepting to its last millisecond', async () => {
    const { chain, connect, end } = open();
    const drained = chain.lifecycle.drain({ preDrainMs: 1_000, graceMs: 5_000 });
    expect(chain.lifecycle.phase).toBe('pre-drain'); // what a readiness check asks for
    await chain.clock.advanceAsync(999);
    const late = await connect();
    await late.send(GET);
    expect(late.received).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\nConnection: close\r\n\r\nGET \/$/s);
    await chain.clock.advanceAsync(1);
    await expect(connect()).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
    late.stream.destroy();
    await drained;
    await end();
  });

  it('ends a connection that is in use with its next response, and an idle one when it is over: by an end, never a reset', async () => {
    const { chain, connect, end } = open();
    const [used, idle, fresh] = [await connect(), await connect(), await connect()];
    for (const client of [used, idle]) await client.send(GET);
    const drained = chain.lifecycle.drain({ preDrainMs: 1_000, graceMs: 5_000 });
    expect(used.received).not.toContain('Connection: close');
    await used.send(GET);
    expect(used.received).toContain('Connection: close');
    expect(used.ended).toBe('end');
    used.stream.destroy();

    await chain.clock.advanceAsync(999);
    expect([idle.ended, fresh.ended]).toEqual(['no', 'no']);
    await chain.clock.advanceAsync(1);
    expect([idle.ended, fresh.ended]).toEqual(['end', 'end']);
    for (const { stream } of [idle, fresh]) stream.destroy();
    const { protocols } = await drained;
    // The one in use had ended by itself before anything was closed.
    expect(protocols['http/1.1']).toEqual({ finished: 0, closed: 2, cut: 0 });
    await end();
  });

  it('lets a request that crosses the end of its connection see an end, not a reset', async () => {
    const { chain, connect, end } = open();
    const idle = await connect();
    await idle.send(GET);
    const before = idle.received;
    const drained = chain.lifecycle.drain({ graceMs: 5_000 });
    await settle(); // what has come before is heard
    await idle.send('POST / HTTP/1.1\r\nHost: edge.test\r\nContent-Length: 3\r\n\r\nabc');
    expect([idle.ended, idle.received]).toEqual(['end', before]); // not answered, so it may be sent again elsewhere
    await chain.clock.advanceAsync(1_999);
    expect(idle.ended).toBe('end');
    await idle.stream.closeWrite();
    expect(await idle.stream.closed).toEqual({ reason: 'eof' });
    await drained;
    await end();
  });
});

describe('a response under way when a drain starts', () => {
  it.each([
    ['of known length', '1.1', '/sized'],
    ['in chunks', '1.1', '/chunked'],
    ['that lasts until the connection ends', '1.0', '/chunked'],
  ])('%s is finished if that takes no longer than the grace', async (_, version, path) => {
    const { chain, bodies, connect, end } = open();
    const client = await connect();
    await client.send(`GET ${path} HTTP/${version}\r\nHost: edge.test\r\n\r\n`);
    const drained = chain.lifecycle.drain({ graceMs: 1_000 });
    await chain.clock.advanceAsync(999);
    expect(client.ended).toBe('no');
    bodies.finish();
    await settle(8);
    expect(client.received).toMatch(/first (?:\r\n)?(?:6\r\n)?second(?:\r\n0\r\n\r\n)?$/);
    expect(client.ended).toBe('end');
    client.stream.destroy();
    expect((await drained).protocols['http/1.1']).toEqual({ finished: 1, closed: 0, cut: 0 });
    await end();
  });

  it.each([
    ['of known length', '1.1', '/sized'],
    ['in chunks', '1.1', '/chunked'],
    ['that lasts until the connection ends', '1.0', '/chunked'],
  ])('%s is reset when the grace is over, and never looks finished', async (_, version, path) => {
    const { chain, bodies, connect, end } = open();
    const client = await connect();
    await client.send(`GET ${path} HTTP/${version}\r\nHost: edge.test\r\n\r\n`);
    const drained = chain.lifecycle.drain({ graceMs: 1_000 });
    await chain.clock.advanceAsync(999);
    expect(client.ended).toBe('no');
    await chain.clock.advanceAsync(1);
    expect(client.ended).toBe('reset');
    expect(client.received).not.toContain('\r\n0\r\n\r\n');
    expect((await drained).protocols['http/1.1']).toEqual({ finished: 0, closed: 0, cut: 1 });
    bodies.finish();
    await end();
  });

  it('as an event stream ends in good order, at once', async () => {
    const { chain, connect, end } = open();
    const client = await connect();
    await client.send('GET /events HTTP/1.1\r\nHost: edge.test\r\n\r\n');
    expect(client.received).toContain('data: 1');
    const drained = chain.lifecycle.drain({ preDrainMs: 100, graceMs: 1_000 });
    await chain.clock.advanceAsync(99);
    expect(client.ended).toBe('no');
    await chain.clock.advanceAsync(1);
    expect(client.received).toMatch(/data: 1\n\n\r\n0\r\n\r\n$/);
    expect(client.ended).toBe('end');
    client.stream.destroy();
    expect((await drained).protocols['http/1.1']).toEqual({ finished: 1, closed: 0, cut: 0 });
    await end();
  });
});

describe('the report of a drain', () => {
  it('counts what finished, was closed and was cut, by protocol, within a second of the grace', async () => {
    const { chain, bodies, connect, end } = open();
    const [idle, silent, done] = [await connect(), await connect(), await connect()];
    const [stuck, upgraded, leftUpgraded] = [await connect(), await connect(), await connect()];
    const [tunnel, leftTunnel, waiting] = [await connect('proxy'), await connect('proxy'), await connect('proxy')];
    await idle.send(GET);
    await done.send('GET /sized HTTP/1.1\r\nHost: edge.test\r\n\r\n');
    await stuck.send('GET /never HTTP/1.1\r\nHost: edge.test\r\n\r\n');
    for (const client of [upgraded, leftUpgraded]) {
      await client.send('GET /upgrade HTTP/1.1\r\nHost: edge.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    }
    for (const client of [tunnel, leftTunnel]) {
      await client.send('CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n\r\n');
    }
    expect(tunnel.received).toMatch(/^HTTP\/1.1 200 /);
    expect(upgraded.received).toMatch(/^HTTP\/1.1 101 /);

    const drained = chain.lifecycle.drain({ preDrainMs: 500, graceMs: 1_000 });
    await chain.clock.advanceAsync(1_499);
    for (const client of [idle, silent, waiting]) client.stream.destroy();
    // Tunnels have had the grace, and work to its last millisecond.
    await upgraded.send('echo');
    await tunnel.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(upgraded.received.endsWith('echo')).toBe(true);
    expect(tunnel.received.endsWith('GET /')).toBe(true);
    bodies.finish();
    await settle(8);
    for (const client of [upgraded, tunnel, done]) await client.stream.closeWrite();
    await settle(8);
    await chain.clock.advanceAsync(1);
    expect([stuck.ended, leftTunnel.ended, leftUpgraded.ended]).toEqual(['reset', 'reset', 'reset']);
    expect(await drained).toEqual({
      durationMs: 1_500,
      protocols: {
        listener: { finished: 0, closed: 2, cut: 0 },
        'http/1.1': { finished: 1, closed: 3, cut: 1 },
        upgrade: { finished: 2, closed: 0, cut: 2 },
        tunnel: { finished: 2, closed: 0, cut: 2 },
        'http-client': { finished: 0, closed: 0, cut: 1 },
      },
      unfinishedTasks: [],
    });
    await end();
  });
});

const GET = 'GET / HTTP/1.1\r\nHost: edge.test\r\n\r\n';

/** A chain whose origin sends the second half of its bodies when it is told to. */
function open() {
  const { origin, finish } = drainOrigin();
  const chain: Chain = openChain({ origin });
  return {
    chain,
    bodies: { finish },
    connect: async (to: 'edge' | 'proxy' = 'edge'): Promise<WireClient> =>
      new WireClient((await chain.connect(to === 'edge' ? 'edge.test:80' : 'proxy.test:3128')).stream),
    async end(): Promise<void> {
      finish();
      await chain.close();
      expect(chain.clock.pendingTimers).toBe(0);
    },
  };
}
