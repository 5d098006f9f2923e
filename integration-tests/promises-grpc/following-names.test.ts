import type { GrpcChannel, GrpcChannelOptions } from '@lamella/grpc';
import { grpcChannel } from '@lamella/grpc';
import { http2 } from '@lamella/http2';
import { roundRobin } from '@lamella/layers';
import { parseIp } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import type { WordsClient } from './support/grpc-world.ts';
import { GrpcWorld } from './support/grpc-world.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const INTERVAL_MS = 10_000;
const EJECTION_MS = 30_000;

describe('a channel to servers behind a name that changes', () => {
  it('gives new ones their share within two intervals, and asks for the name once an interval', async () => {
    const run = open(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(await run.load(300)).toEqual({ '10.0.0.1': 100, '10.0.0.2': 100, '10.0.0.3': 100 });
    for (const address of ['10.0.0.4', '10.0.0.5', '10.0.0.6']) run.start(address);
    const before = run.lookups();
    await run.world.elapse(2 * INTERVAL_MS, 1_000);
    expect(run.lookups() - before).toBeLessThanOrEqual(2);
    const counts = await run.load(600);
    for (const address of ['10.0.0.4', '10.0.0.5', '10.0.0.6']) expect(counts[address]).toBeGreaterThanOrEqual(60);
    await run.close();
  });

  it('misses no call where a server is taken out and drained, or dies', async () => {
    const run = open(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    await run.load(30);
    const calls = run.load(200);
    run.stop('10.0.0.1');
    expect(await calls).not.toHaveProperty('failed');
    await run.world.elapse(2 * INTERVAL_MS, 1_000);
    expect(await run.load(200)).toEqual({ '10.0.0.2': 100, '10.0.0.3': 100 });
    run.stop('10.0.0.2', false); // the name still has it
    await run.world.elapse(1_000);
    expect(await run.load(100)).toEqual({ '10.0.0.3': 100 });
    await run.close();
  });

  it('spreads calls as evenly as before when all were down and are up again', async () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const run = open(addresses);
    await run.load(40);
    for (const address of addresses) run.stop(address, false);
    await run.world.elapse(1_000);
    expect(await run.load(40)).toEqual({ failed: 40 });
    for (const address of addresses) run.start(address, false);
    await run.world.elapse(EJECTION_MS, 1_000);
    const counts = await run.load(800);
    for (const address of addresses) {
      expect(counts[address]).toBeGreaterThanOrEqual(160);
      expect(counts[address]).toBeLessThanOrEqual(240);
    }
    await run.close();
  });

  it('asks for the name no more than once in the least interval, however many calls fail', async () => {
    const run = open(['10.0.0.1']);
    await run.load(10);
    run.stop('10.0.0.1', false);
    await run.world.elapse(1_000);
    const [lookups, startMs] = [run.lookups(), run.world.clock.nowMs()];
    for (let round = 0; round < 20; round++) {
      expect(await run.load(50)).toEqual({ failed: 50 });
      await run.world.elapse(INTERVAL_MS / 10);
    }
    const most = Math.ceil((run.world.clock.nowMs() - startMs) / (INTERVAL_MS / 2));
    expect(run.lookups() - lookups).toBeLessThanOrEqual(most);
    expect(run.lookups() - lookups).toBeGreaterThan(2);
    await run.close();
  });
});

/** A client of servers in memory, of which a test says which there are. */
function open(first: readonly string[], options: Partial<GrpcChannelOptions> = {}) {
  const world = new GrpcWorld();
  const names = new Set<string>();
  const lifecycles = new Map<string, Lifecycle>();
  let lookups = 0;
  const start = (address: string, isNamed = true): void => {
    const lifecycle = createLifecycle({ clock: world.clock });
    lifecycles.set(address, lifecycle);
    world.serve(address, { echo: () => address }, { lifecycle });
    if (isNamed) names.add(address);
  };
  const stop = (address: string, isNamed = true): void => {
    if (isNamed) names.delete(address);
    void world.silence(address);
    void lifecycles.get(address)?.drain({ graceMs: 1_000 });
  };
  for (const address of first) start(address);
  const channel: GrpcChannel = grpcChannel({
    host: 'app.test',
    port: 80,
    families: [4],
    connector: world.network.connector(),
    protocols: [http2()],
    policy: roundRobin(),
    intervalMs: INTERVAL_MS,
    minIntervalMs: INTERVAL_MS / 2,
    ejection: { baseEjectionMs: EJECTION_MS },
    clock: world.clock,
    random: () => 0.5,
    resolver: {
      async serve() {
        lookups++;
        return Array.from(names, parseIp);
      },
    },
    ...options,
  });
  const client: WordsClient = world.client('app.test', {}, channel);
  /** Makes calls one after another. @returns How many each server got, by address. */
  const load = async (count: number): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (let call = 0; call < count; call++) {
      const end = await client.echo('').catch(() => 'failed');
      counts[end] = (counts[end] ?? 0) + 1;
    }
    return counts;
  };
  const close = async (): Promise<void> => {
    channel.destroy();
    await world.close();
    expect(world.clock.pendingTimers).toBe(0);
  };
  return { world, start, stop, load, close, lookups: () => lookups };
}
