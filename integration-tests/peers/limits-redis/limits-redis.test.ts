import type { RateLimitLayerOptions } from '@lamella/layers';
import { rateLimitLayer } from '@lamella/layers';
import { redisRateLimitStore } from '@lamella/limits-redis';
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { usePeers } from '../../support/peers.ts';
import { connectRedis, startRedis } from '../../support/redis-server.ts';

usePeers('redis-server');

describe('a rate limit on redis', () => {
  it('is shared: clients of their own together get the limit, also when they all come at once', async () => {
    const { port } = await startRedis();
    const members = await Promise.all([1, 2, 3].map(() => memberOf(port, {})));
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, call) => members[call % 3]?.outcome('ann')));
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(LIMIT);
    expect(outcomes.filter((outcome) => outcome === 'rate')).toHaveLength(30 - LIMIT);
    await expect(members[0]?.outcome('berta')).resolves.toBe('ok');
  });

  it('opens a new window when the old one is over, however many calls were refused in it', async () => {
    const { port } = await startRedis();
    // Long enough that all of these calls come in one window, however busy the machine is.
    const windowMs = 4_000;
    const { store } = await memberOf(port, {}, { windowMs });
    for (let call = 0; call < LIMIT; call++) {
      await expect(store.take('ann', 1)).resolves.toMatchObject({ allowed: true, remaining: LIMIT - call - 1 });
    }
    const refused = await store.take('ann', 1);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused.retryAfterMs).toBeLessThanOrEqual(windowMs);
    for (let call = 0; call < 20; call++) await store.take('ann', 1);
    await delay(refused.retryAfterMs + 50);
    await expect(store.take('ann', 1)).resolves.toMatchObject({ allowed: true, remaining: LIMIT - 1 });
  });

  it('takes nothing for a call that is refused: a smaller one still fits', async () => {
    const { port } = await startRedis();
    const { store } = await memberOf(port, {});
    await expect(store.take('ann', 6)).resolves.toMatchObject({ allowed: true, remaining: 4 });
    await expect(store.take('ann', 5)).resolves.toMatchObject({ allowed: false, remaining: 4 });
    await expect(store.take('ann', 4)).resolves.toMatchObject({ allowed: true, remaining: 0 });
  });

  it('lets calls wait for the next window', async () => {
    const { port } = await startRedis();
    const { outcome } = await memberOf(port, { onLimit: 'wait' }, { windowMs: 1_000 });
    const outcomes = await Promise.all(Array.from({ length: LIMIT + 3 }, () => outcome('ann')));
    expect(outcomes).toEqual(Array.from({ length: LIMIT + 3 }, () => 'ok'));
  });

  describe.each([
    { onStoreError: 'allow', whenUnknown: 'ok' },
    { onStoreError: 'deny', whenUnknown: 'store' },
  ] as const)('with onStoreError: $onStoreError', ({ onStoreError, whenUnknown }) => {
    it(`says "${whenUnknown}" while the server is down, and limits again by itself when it is back`, async () => {
      const server = await startRedis();
      const { outcome, client, limit } = await memberOf(server.port, { onStoreError });
      await expect(outcome('ann')).resolves.toBe('ok');

      server.signal('SIGKILL');
      await server.ended;
      await until(() => !client.isReady);
      for (let call = 0; call < LIMIT + 5; call++) await expect(outcome('ann')).resolves.toBe(whenUnknown);
      expect(limit.storeFailures).toBe(LIMIT + 5);

      await startRedis(server.port);
      await until(() => client.isReady);
      // Nothing of what could not be sent has been kept back and counted now.
      const outcomes: unknown[] = [];
      for (let call = 0; call < LIMIT + 1; call++) outcomes.push(await outcome('ann'));
      expect(outcomes).toEqual([...Array.from({ length: LIMIT }, () => 'ok'), 'rate']);
    });

    it(`says "${whenUnknown}" after storeTimeoutMs while the server does not answer, and limits again when it does`, async () => {
      const server = await startRedis();
      const { outcome, limit, store } = await memberOf(server.port, { onStoreError, storeTimeoutMs: 2_000 });
      await expect(outcome('ann')).resolves.toBe('ok');

      server.signal('SIGSTOP');
      const outcomes = await Promise.all(Array.from({ length: 3 }, () => outcome('ann')));
      expect(outcomes).toEqual([whenUnknown, whenUnknown, whenUnknown]);
      expect(limit.storeFailures).toBe(3);
      expect(store.pending).toBe(3);

      server.signal('SIGCONT');
      await until(() => store.pending === 0);
      // The server has read the three in the meantime, and counted them: it can't know that nobody waited.
      for (let call = 0; call < LIMIT - 4; call++) await expect(outcome('ann')).resolves.toBe('ok');
      await expect(outcome('ann')).resolves.toBe('rate');
    });

    it(`says "${whenUnknown}" at once beyond maxPending, so that a hanging server costs a bounded number of commands`, async () => {
      const server = await startRedis();
      const { outcome, store } = await memberOf(
        server.port,
        { onStoreError, storeTimeoutMs: 60_000 },
        { maxPending: 2 },
      );
      server.signal('SIGSTOP');
      const held = [outcome('ann'), outcome('ann')];
      await until(() => store.pending === 2);
      await expect(outcome('ann')).resolves.toBe(whenUnknown);
      server.signal('SIGCONT');
      await expect(Promise.all(held)).resolves.toEqual(['ok', 'ok']);
    });
  });
});

const LIMIT = 10;

/** One process of those that share a limit: its client, its store, its layer. */
async function memberOf(
  port: number,
  options: Omit<RateLimitLayerOptions<ServiceInput<string>>, 'key' | 'store'>,
  { windowMs = 600_000, maxPending = 1_000 } = {},
) {
  const client = await connectRedis(port);
  const store = redisRateLimitStore({ client, limit: LIMIT, windowMs, maxPending });
  const limit = rateLimitLayer({ storeTimeoutMs: 10_000, ...options, store, key: ({ value }) => value });
  const service = limit(serviceFn((_input: ServiceInput<string>) => 'ok'));
  const outcome = (key: string): Promise<unknown> =>
    service.serve(serviceInput(key)).catch((error: { readonly reason?: unknown }) => error.reason ?? error);
  return { client, store, limit, outcome };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}

function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
