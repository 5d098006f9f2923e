import { memoryNetwork, resources } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { isLamellaError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Chain } from './support/chain.ts';
import { openChain } from './support/chain.ts';
import { heapInUse } from './support/heap.ts';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';
import { seeded } from './support/seeded.ts';
import type { TrafficWorld } from './support/traffic.ts';
import { slowOrigin, traffic } from './support/traffic.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe.each(HTTP_VERSIONS)('10,000 requests by %s aborted at random points, through a proxy', (version) => {
  it('leave nothing open a second later, and no memory in use', { timeout: 300_000 }, async () => {
    const world = openWorld(version);
    const before = resources();
    await world.load(1_000, 'aborted');
    await world.load(1_000, 'complete');
    const atStart = await world.heapAtRest();
    await world.load(1_500, 'complete');
    const afterComplete = await world.heapAtRest();
    const aborted = await world.load(10_000, 'aborted');

    // A second after the last abort, only idle connections are left.
    await world.clock.advanceAsync(1_000);
    const gauges = [world.forward, world.direct].flatMap((client) => client.gauges());
    expect(gauges.filter(({ open, idle, waiting }) => open !== idle || waiting > 0)).toEqual([]);
    const ofClients = gauges.reduce((sum, { open }) => sum + open, 0);
    const { stream = 0, 'pooled-connection': pooled = 0 } = resources();
    expect(stream).toBe(2 * pooled);
    expect(world.chain.serving).toBe(pooled);
    expect(ofClients).toBeLessThanOrEqual(pooled); // the rest are those of the proxies

    const afterAborted = await world.heapAtRest();

    expect(aborted.aborted).toBeGreaterThanOrEqual(10_000);
    expect(aborted.complete).toBeGreaterThan(500); // some were through already: the points go as far as the end
    // The control says how much such a load leaves by itself, caches and compiled code included.
    const ofItself = Math.max(0, afterComplete - atStart);
    expect(afterAborted - afterComplete).toBeLessThan(ofItself + 5 * MIB);

    const closed = Promise.all([world.forward.close(), world.direct.close()]);
    world.chain.renewEgress();
    await world.clock.advanceAsync(100); // HTTP/2 says goodbye, and that goes over the network
    await closed;
    expect(resources()).toEqual(before);
    expect(world.chain.serving).toBe(0);
    await world.chain.close();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

interface AbortWorld extends TrafficWorld {
  readonly clock: FakeClock;
  readonly chain: Chain;
  /** Lets all idle connections end, and every timer that was cancelled be forgotten. @returns Bytes in use. */
  readonly heapAtRest: () => Promise<number>;
  /** Sends requests in batches; `aborted` ones by their signal, somewhere between their first byte and their last. */
  readonly load: (count: number, how: 'complete' | 'aborted') => Promise<{ complete: number; aborted: number }>;
}

function openWorld(version: HttpVersion): AbortWorld {
  const random = seeded(2);
  const clock = new FakeClock();
  const network = memoryNetwork({ clock, seed: 2, maxEvents: 0 });
  // Wide enough that a batch of requests is spread over all the phases that a request goes through.
  network.setConditions({ latencyMs: [0, 3], chunkBytes: [100, 5_000] });
  // They come within two seconds here, which is an attack by HTTP/2, and has tests of its own.
  const server = { http2: { limits: { maxResetsPerSecond: Number.POSITIVE_INFINITY } } };
  const chain = openChain({ origin: slowOrigin(clock), version, clock, network, server, keepsRecords: false });
  const world: TrafficWorld = { clock, forward: chain.viaProxy(), direct: chain.direct() };

  async function one(how: 'complete' | 'aborted', outcomes: { complete: number; aborted: number }): Promise<void> {
    const kind = traffic[random(traffic.length)];
    if (kind === undefined) throw new Error('there is no such traffic');
    if (how === 'complete') {
      await kind.run(world);
      outcomes.complete++;
      return;
    }
    const controller = new AbortController();
    const reason = new Error('the user has gone');
    const timer = clock.startTimer(random(LONGEST_MS), () => controller.abort(reason));
    try {
      await kind.run(world, controller.signal);
      outcomes.complete++;
    } catch (error) {
      // Whoever aborts gets the very reason back; what was going on below may only be told by typed errors.
      if (error !== reason && !isLamellaError(error)) throw error;
      if (error !== reason) throw new Error(`${kind.name} hid the reason`, { cause: error });
      outcomes.aborted++;
    } finally {
      timer.cancel();
    }
  }

  return {
    ...world,
    clock,
    chain,
    async heapAtRest() {
      await clock.advanceAsync(600_000);
      return heapInUse();
    },
    async load(count, how) {
      const outcomes = { complete: 0, aborted: 0 };
      while (outcomes[how] < count) {
        let isDone = false;
        const batch = Promise.all(Array.from({ length: BATCH }, () => one(how, outcomes))).finally(() => {
          isDone = true;
        });
        batch.catch(() => {}); // heard below
        for (let step = 0; step < MOST_STEPS && !isDone; step++) {
          clock.advance(1); // everything that is due in this millisecond, together
          await settle(2);
        }
        if (!isDone) throw new Error('some requests are pending');
        await batch;
      }
      return outcomes;
    },
  };
}

const BATCH = 250;
/** Of a request that is aborted, at the latest; most are complete a little later. */
const LONGEST_MS = 40;
/** Longer than any of the requests takes, in milliseconds. */
const MOST_STEPS = 1_000;
const MIB = 1_024 * 1_024;
