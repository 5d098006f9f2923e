import type { HttpClient } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import type { Connector, MemoryNetwork } from '@lamella/net-core';
import { dialLimitLayer, memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, isLamellaError, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';
import { seeded } from './support/seeded.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const ORIGIN = 'origin.test:80';

describe('an origin that is down, at 5,000 requests a second', () => {
  it.each([
    ['refuses', () => {}],
    ['says nothing', (network: MemoryNetwork) => network.blackHole('origin.test')],
  ])('and that %s is dialled 20 times a second at most', async (_how, breakIt) => {
    const world = openWorld();
    breakIt(world.network);
    await world.load(3_000);
    expect(world.requests).toBe(15_000);
    expect(mostWithinASecond(world.dialsMs)).toBeLessThanOrEqual(20);
    expect(world.dialsMs.length).toBeGreaterThan(0);
    await world.clock.advanceAsync(30_000);
    expect([...world.outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(15_000);
    expect(world.outcomes.get('200')).toBeUndefined();
    await world.close();
  });

  it('is served again soon after it has come back, without a storm', async () => {
    const world = openWorld({ maxBackoffMs: 1_000 });
    await world.load(2_000);
    const lifecycle = world.startOrigin();
    const dialsBefore = world.dialsMs.length;
    await world.load(1_200);
    const before = world.outcomes.get('200') ?? 0;
    expect(before).toBeGreaterThan(0);
    await world.load(200);
    expect((world.outcomes.get('200') ?? 0) - before).toBe(1_000); // every one of them
    expect(world.dialsMs.length - dialsBefore).toBeLessThanOrEqual(20);
    await world.close();
    await lifecycle.drain();
  });
});

function openWorld(options: { readonly maxBackoffMs?: number } = {}) {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  const dialsMs: number[] = [];
  const dialled = network.connector();
  const counting: Connector = {
    serve(request) {
      dialsMs.push(clock.nowMs());
      return dialled.serve(request);
    },
  };
  const draw = seeded(24);
  const connector = dialLimitLayer({ clock, random: () => draw(1_000) / 1_000, ...options })(counting);
  const client = createHttpClient({ connector, clock });
  const world = {
    clock,
    network,
    dialsMs,
    outcomes: new Map<string, number>(),
    requests: 0,
    /** 5 requests in each millisecond. */
    async load(durationMs: number): Promise<void> {
      for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs++) {
        for (let count = 0; count < 5; count++) {
          world.requests++;
          void outcomeOf(client).then((name) => world.outcomes.set(name, (world.outcomes.get(name) ?? 0) + 1));
        }
        await clock.advanceAsync(1);
      }
    },
    startOrigin() {
      const lifecycle = createLifecycle({ clock });
      const server = httpServerLayer({ clock, lifecycle })(serviceFn(async () => HttpResponse.text('up')));
      void serveListener(network.listen(ORIGIN), server, { lifecycle });
      return lifecycle;
    },
    async close(): Promise<void> {
      client.destroy();
      await clock.advanceAsync(0);
    },
  };
  return world;
}

async function outcomeOf(client: HttpClient): Promise<string> {
  try {
    const response = await client.serve(HttpRequest.from({ target: `http://${ORIGIN}/` }));
    await response.body.bytes();
    return String(response.status);
  } catch (error) {
    return isLamellaError(error) ? error.code : String(error);
  }
}

/** The most of these moments that lie within any one second. */
function mostWithinASecond(momentsMs: readonly number[]): number {
  const counts = momentsMs.map((fromMs) => momentsMs.filter((ms) => ms >= fromMs && ms < fromMs + 1_000).length);
  return Math.max(0, ...counts);
}
