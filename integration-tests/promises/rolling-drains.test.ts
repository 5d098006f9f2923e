import { createHttpClient } from '@lamella/http';
import type { Connector } from '@lamella/net-core';
import { memoryNetwork, parseAddress } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { DrainReport } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Chain } from './support/chain.ts';
import { openChain } from './support/chain.ts';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS, protocolOf } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';
import { seeded } from './support/seeded.ts';
import type { TrafficWorld } from './support/traffic.ts';
import { slowOrigin, traffic } from './support/traffic.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

it.each(HTTP_VERSIONS)(
  '20 rolling drains under 500 requests of all kinds a second by %s: none of them fails',
  {
    timeout: 300_000,
  },
  async (version) => {
    const clock = new FakeClock();
    const fleet = openFleet(clock, version);
    const load = openLoad(clock, fleet.world);
    await load.run(200);
    for (let count = 0; count < DRAINS; count++) {
      const drained = fleet.replace();
      await load.run(SWITCH_MS);
      fleet.switchOver();
      await load.run(PRE_DRAIN_MS + GRACE_MS - SWITCH_MS + 50);
      fleet.reports.push(await drained);
    }
    const sent = await load.end();
    await fleet.close();

    expect(load.failures).toEqual([]);
    expect(sent).toBeGreaterThan(4_000);
    for (const report of fleet.reports) {
      expect(report.durationMs).toBeLessThanOrEqual(PRE_DRAIN_MS + GRACE_MS);
      expect(Object.values(report.protocols).every(({ cut }) => cut === 0)).toBe(true);
      expect(report.unfinishedTasks).toEqual([]);
    }
    // The drains had something to do: there were tunnels and upgraded connections that had to end by themselves.
    const finished = (protocol: string): number =>
      fleet.reports.reduce((sum, { protocols }) => sum + (protocols[protocol]?.finished ?? 0), 0);
    expect(finished('tunnel')).toBeGreaterThan(0);
    expect(finished(version === 'HTTP/2' ? 'h2' : 'http/1.1')).toBeGreaterThan(0);
    expect(clock.pendingTimers).toBe(0);
  },
);

interface Fleet {
  readonly world: TrafficWorld;
  readonly reports: DrainReport[];
  /** Starts a new instance, and the drain of the one before, which still gets all new connections. */
  readonly replace: () => Promise<DrainReport>;
  /** Sends new connections to the new instance, as a load balancer does that has noticed. */
  readonly switchOver: () => void;
  readonly close: () => Promise<void>;
}

function openFleet(clock: FakeClock, version: HttpVersion): Fleet {
  const chains: Chain[] = [];
  const start = (): Chain => {
    const network = memoryNetwork({ clock, seed: chains.length + 1, maxEvents: 0 });
    network.setConditions({ latencyMs: [0, 2] });
    const chain = openChain({ origin: slowOrigin(clock), version, clock, network });
    chains.push(chain);
    return chain;
  };
  let [current, next] = [start(), undefined as Chain | undefined];
  const connector: Connector = { serve: (request) => current.network.connector().serve(request) };
  const options = { connector, protocols: [protocolOf(version)], clock };
  const forward = createHttpClient({ ...options, proxy: parseAddress('proxy.test:3128') });
  const direct = createHttpClient(options);
  return {
    world: { clock, forward, direct },
    reports: [],
    replace() {
      next = start();
      return current.lifecycle.drain({ preDrainMs: PRE_DRAIN_MS, graceMs: GRACE_MS });
    },
    switchOver() {
      current = next ?? current;
    },
    async close() {
      const closed = Promise.all([forward.close(), direct.close()]);
      await clock.advanceAsync(100); // HTTP/2 says goodbye, and that goes over the network
      await closed;
      for (const chain of chains) await chain.close();
      expect(chains.flatMap(({ errors }) => errors)).toEqual([]);
    },
  };
}

function openLoad(clock: FakeClock, world: TrafficWorld) {
  const random = seeded(3);
  const failures: string[] = [];
  let sent = 0;
  let pending = 0;
  const send = async (): Promise<void> => {
    const kind = traffic[random(traffic.length)];
    sent++;
    pending++;
    try {
      await kind?.run(world);
    } catch (error) {
      failures.push(`${kind?.name} at ${clock.nowMs()} ms: ${String(error)}`);
    } finally {
      pending--;
    }
  };
  const step = async (): Promise<void> => {
    clock.advance(1);
    await settle(2);
  };
  return {
    failures,
    /** Goes on for some milliseconds, with a request in every second one. */
    async run(durationMs: number): Promise<void> {
      for (let ms = 0; ms < durationMs; ms++) {
        if (ms % 2 === 0) void send();
        await step();
      }
    },
    /** Waits for what is under way. @returns How many requests there were. */
    async end(): Promise<number> {
      for (let ms = 0; ms < 1_000 && pending > 0; ms++) await step();
      return sent;
    },
  };
}

const DRAINS = 20;
const PRE_DRAIN_MS = 200;
const SWITCH_MS = 190;
const GRACE_MS = 250;
