import type { HttpClient } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { seeded } from '../promises/support/seeded.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const WORKERS = 8;
const CLIENTS = 80;
const AGE_MS = 60_000;
const TICK_MS = 1_000;

it('connections that were all made to two of eight workers are spread over all of them after one age, and no request fails', async () => {
  const world = setup();
  const clients = Array.from({ length: CLIENTS }, () => world.client());
  world.workersUp = 2; // the others start late, as after a rolling restart
  await world.ask(clients);
  world.workersUp = WORKERS;
  expect(world.takeLoads()).toEqual([40, 40, 0, 0, 0, 0, 0, 0]);

  await world.ask(clients);
  expect(world.takeLoads()).toEqual([40, 40, 0, 0, 0, 0, 0, 0]); // by themselves they stay where they are
  const opened: number[] = [];
  for (let passedMs = 0; passedMs < AGE_MS; passedMs += TICK_MS) {
    const before = world.accepted;
    await world.clock.advanceAsync(TICK_MS);
    await world.ask(clients);
    opened.push(world.accepted - before);
  }
  world.takeLoads();
  await world.ask(clients);
  const loads = world.takeLoads();
  expect(Math.max(...loads) / Math.min(...loads)).toBeLessThanOrEqual(2);
  expect(world.accepted).toBe(2 * CLIENTS);
  // The jitter of a tenth spreads the ends over six seconds; without it all of them would come back in one.
  expect(Math.max(...opened)).toBeLessThan(CLIENTS / 2);
  await world.end();
});

/** Workers behind one address, which get the connections in turn, as those of a cluster do. */
function setup() {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const network = memoryNetwork({ clock });
  const listener = network.listen('service.test:80');
  const draw = seeded(45);
  const loads = Array.from({ length: WORKERS }, () => 0);
  const workers = loads.map((_, index): Service<Connection, void> => {
    const layer = http2ServerLayer({ clock, lifecycle, random: () => draw(1_000) / 1_000, maxConnectionAgeMs: AGE_MS });
    return layer(
      serviceFn(async () => {
        loads[index] = (loads[index] ?? 0) + 1;
        return HttpResponse.text('ok');
      }),
    );
  });
  const clients: HttpClient[] = [];
  const world = {
    clock,
    workersUp: WORKERS,
    accepted: 0,
    client(): HttpClient {
      const client = createHttpClient({ connector: network.connector(), protocols: [http2()], clock });
      clients.push(client);
      return client;
    },
    async ask(all: readonly HttpClient[]): Promise<void> {
      const answers = all.map(async (client) => {
        const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'http://service.test/' }));
        return response.body.text();
      });
      expect(new Set(await Promise.all(answers))).toEqual(new Set(['ok']));
    },
    /** Requests of each worker since the last time. */
    takeLoads: (): number[] =>
      loads.map((load, index) => {
        loads[index] = 0;
        return load;
      }),
    async end(): Promise<void> {
      for (const client of clients) client.destroy();
      await Promise.all([listener.close(), lifecycle.drain()]);
      expect(clock.pendingTimers).toBe(0);
    },
  };
  void (async () => {
    for await (const connection of listener) {
      const worker = workers[world.accepted++ % world.workersUp];
      void worker?.serve(connection);
    }
  })();
  return world;
}
