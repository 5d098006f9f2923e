import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import type { IpAddress, Listener } from '@lamella/net-core';
import { memoryNetwork, parseIp, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { resolvedServers, reverseProxyService, upstreamGroup } from '@lamella/proxy';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';
import { seeded } from './support/seeded.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('upstreams behind a name that changes', () => {
  it('new ones get their share within two intervals, and the name is asked once an interval', async () => {
    const world = openWorld(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    await world.start();
    expect(Object.keys(await world.load(300)).sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    for (const address of ['10.0.0.4', '10.0.0.5', '10.0.0.6']) world.serve(address);
    world.addresses.push('10.0.0.4', '10.0.0.5', '10.0.0.6');
    const lookups = world.lookups();
    await world.clock.advanceAsync(2 * INTERVAL_MS);
    const counts = await world.load(600);
    for (const address of ['10.0.0.4', '10.0.0.5', '10.0.0.6']) expect(counts[address]).toBeGreaterThanOrEqual(60);
    expect(world.lookups() - lookups).toBeLessThanOrEqual(2 * FAMILIES);
    await world.close();
  });

  it('one that goes is missed by nobody', async () => {
    const world = openWorld(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    await world.start();
    const before = world.load(200);
    world.addresses.splice(0, 1);
    await world.clock.advanceAsync(2 * INTERVAL_MS);
    await world.stop('10.0.0.1');
    const after = await world.load(200);
    expect(Object.values(await before).reduce((sum, count) => sum + count, 0)).toBe(200);
    expect(after).not.toHaveProperty('failed');
    expect(Object.keys(after).sort()).toEqual(['10.0.0.2', '10.0.0.3']);
    await world.close();
  });

  it('one that dies before the name knows it costs no idempotent request', async () => {
    const world = openWorld(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    await world.start();
    await world.stop('10.0.0.2');
    expect(await world.load(200)).not.toHaveProperty('failed');
    await world.close();
  });

  it('all down and up again: the spread is as even as before', async () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const world = openWorld(addresses);
    await world.start();
    for (const address of addresses) await world.stop(address);
    expect(await world.load(40)).toEqual({ failed: 40 });
    for (const address of addresses) world.serve(address);
    await world.clock.advanceAsync(EJECTION_MS);
    const counts = await world.load(800);
    for (const address of addresses) {
      expect(counts[address]).toBeGreaterThanOrEqual(160);
      expect(counts[address]).toBeLessThanOrEqual(240);
    }
    await world.close();
  });

  it('asks once an interval, however many requests there are and however often it fails', async () => {
    const world = openWorld(['10.0.0.1']);
    await world.start();
    const [lookups, startMs] = [world.lookups(), world.clock.nowMs()];
    for (let round = 0; round < 10; round++) {
      await world.load(200);
      world.servers.refresh();
      await world.clock.advanceAsync(INTERVAL_MS / 10);
    }
    // The least time between two lookups is half an interval here.
    const most = Math.ceil((world.clock.nowMs() - startMs) / (INTERVAL_MS / 2));
    expect(world.lookups() - lookups).toBeLessThanOrEqual(most * FAMILIES);
    await world.close();
  });
});

/** A reverse proxy before servers in memory, whose name a test can change. */
function openWorld(addresses: string[]) {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  const lifecycle = createLifecycle({ clock });
  const random = seeded(7);
  const client = createHttpClient({ connector: network.connector(), protocols: [http1()], clock });
  const listeners = new Map<string, Listener>();
  const lifecycles = new Map<string, ReturnType<typeof createLifecycle>>();
  let lookups = 0;
  const servers = resolvedServers({
    host: 'api.internal',
    clock,
    intervalMs: INTERVAL_MS,
    minIntervalMs: INTERVAL_MS / 2,
    random: () => 0.5,
    resolver: {
      serve: async ({ family }): Promise<readonly IpAddress[]> => {
        lookups++;
        return addresses.map(parseIp).filter((ip) => ip.family === family);
      },
    },
  });
  const group = upstreamGroup({
    name: 'api',
    client,
    clock,
    servers,
    random: () => random(1_000_000) / 1_000_000,
    ejection: { baseEjectionMs: EJECTION_MS },
    onHealthChange: () => servers.refresh(),
  });
  const proxy = directClientOn(reverseProxyService({ client, routes: [{ upstream: group }] }));

  const serve = (address: string): void => {
    const own = createLifecycle({ clock });
    const listener = network.listen(`${address}:80`);
    listeners.set(address, listener);
    lifecycles.set(address, own);
    const layer = httpServerLayer({ lifecycle: own, clock });
    void serveListener(listener, layer({ serve: async () => HttpResponse.text(address) }), { lifecycle: own });
  };
  const stop = async (address: string): Promise<void> => {
    const drained = lifecycles.get(address)?.drain({ graceMs: 0 });
    await settle();
    clock.advance(0);
    await drained;
  };
  const one = async (): Promise<string> => {
    const response = await proxy.serve(HttpRequest.from({ target: 'http://shop.test/' }));
    const body = await response.body.text();
    return response.status === 200 ? body : 'failed';
  };
  return {
    clock,
    addresses,
    servers,
    serve,
    stop,
    lookups: () => lookups,
    async start() {
      for (const address of addresses) serve(address);
      await settle();
    },
    /** Sends requests, some at a time. @returns How many each server has answered. */
    async load(count: number): Promise<Record<string, number>> {
      const counts: Record<string, number> = {};
      for (let sent = 0; sent < count; sent += 10) {
        const answers = Promise.all(Array.from({ length: 10 }, one));
        for (let step = 0; step < 20; step++) await clock.advanceAsync(10); // a retry waits for a moment
        for (const answer of await answers) counts[answer] = (counts[answer] ?? 0) + 1;
      }
      return counts;
    },
    async close() {
      servers.close();
      await group.close();
      client.destroy();
      for (const address of listeners.keys()) await stop(address);
      await lifecycle.drain({ graceMs: 0 });
      expect(clock.pendingTimers).toBe(0);
    },
  };
}

const INTERVAL_MS = 30_000;
const EJECTION_MS = 30_000;
const FAMILIES = 2;
