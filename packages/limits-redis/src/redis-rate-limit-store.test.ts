import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { FakeNodeRedis } from '../test/support/fake-node-redis.ts';
import type { RedisRateLimitStoreOptions } from './redis-rate-limit-store.ts';
import { redisRateLimitStore } from './redis-rate-limit-store.ts';

describe('redisRateLimitStore', () => {
  it('asks with one command for each take: key with prefix, cost, limit and window', async () => {
    const { client, store } = setup({ limit: 5, windowMs: 1_500, keyPrefix: 'api' });
    client.answers.push([2, 1_500]);
    await expect(store.take('ann', 2)).resolves.toEqual({
      allowed: true,
      remaining: 3,
      retryAfterMs: 0,
      resetMs: 1_500,
    });
    expect(client.evals).toEqual([{ keys: ['api:ann'], arguments: ['2', '1', '5', '1.5'] }]);
  });

  it.each([
    { taken: 5, cost: 1, expected: { allowed: true, remaining: 0, retryAfterMs: 0, resetMs: 700 } },
    { taken: 6, cost: 1, expected: { allowed: false, remaining: 0, retryAfterMs: 700, resetMs: 700 } },
    { taken: 7, cost: 3, expected: { allowed: false, remaining: 1, retryAfterMs: 700, resetMs: 700 } },
    {
      taken: 6,
      cost: 6,
      expected: { allowed: false, remaining: 5, retryAfterMs: Number.POSITIVE_INFINITY, resetMs: 700 },
    },
  ])('reads $taken taken with a cost of $cost', async ({ taken, cost, expected }) => {
    const { client, store } = setup({ limit: 5 });
    client.answers.push([taken, 700]);
    await expect(store.take('ann', cost)).resolves.toEqual(expected);
  });

  it('never says that a refused call may come at once', async () => {
    const { client, store } = setup({ limit: 1 });
    client.answers.push([2, 0]);
    await expect(store.take('ann', 1)).resolves.toMatchObject({ retryAfterMs: 1 });
  });

  it('rounds a cost up', async () => {
    const { client, store } = setup({});
    client.answers.push([1, 1]);
    await store.take('ann', 0.2);
    expect(client.evals[0]?.arguments[0]).toBe('1');
  });

  it('tells its rule', () => {
    expect(setup({ limit: 30, windowMs: 60_000 }).store.rule).toEqual({ ratePerSecond: 0.5, burst: 30 });
  });

  it('rejects with a cause when redis does', async () => {
    const { client, store } = setup({});
    const cause = new Error('READONLY You can not write against a read only replica');
    client.answers.push(cause);
    await expect(store.take('ann', 1)).rejects.toMatchObject({
      code: 'LML_ERR_LIMITS_REDIS_UNAVAILABLE',
      cause,
      message: `redis could not tell: ${cause.message}`,
      facts: { layer: 'limits-redis', retryable: true },
    });
  });

  it('sends nothing while the client is not connected, and again when it is', async () => {
    const { client, store } = setup({});
    client.isReady = false;
    await expect(store.take('ann', 1)).rejects.toMatchObject({ code: 'LML_ERR_LIMITS_REDIS_UNAVAILABLE' });
    expect(client.evals).toEqual([]);
    client.isReady = true;
    client.answers.push([1, 1]);
    await expect(store.take('ann', 1)).resolves.toMatchObject({ allowed: true });
  });

  it('sends nothing for a caller that is gone', async () => {
    const { client, store } = setup({});
    await expect(store.take('ann', 1, AbortSignal.abort('gone'))).rejects.toBe('gone');
    expect(client.evals).toEqual([]);
  });

  it('lets no more than maxPending commands wait', async () => {
    const { client, store } = setup({ maxPending: 2 });
    const held = [client.hold(), client.hold()];
    const takes = [store.take('a', 1), store.take('b', 1)];
    expect(store.pending).toBe(2);
    await expect(store.take('c', 1)).rejects.toMatchObject({ code: 'LML_ERR_LIMITS_REDIS_BUSY' });
    expect(client.evals).toHaveLength(2);
    for (const release of held) release([1, 1]);
    await Promise.all(takes);
    expect(store.pending).toBe(0);
  });

  it('takes a client of iovalkey by its own way', async () => {
    const commands: string[] = [];
    const calls: unknown[] = [];
    const client = {
      status: 'ready',
      defineCommand: (name: string) => commands.push(name),
      rlflxIncr: async (call: unknown) => {
        calls.push(call);
        return [1, 900];
      },
    };
    const store = redisRateLimitStore({ client, limit: 2, windowMs: 1_000 });
    await expect(store.take('ann', 1)).resolves.toEqual({ allowed: true, remaining: 1, retryAfterMs: 0, resetMs: 900 });
    expect(commands).toEqual(['rlflxIncr']);
    expect(calls).toEqual([['lamella:rate:ann', '1', '1', '2', '1']]);
    client.status = 'reconnecting';
    await expect(store.take('ann', 1)).rejects.toMatchObject({ code: 'LML_ERR_LIMITS_REDIS_UNAVAILABLE' });
  });

  it('takes a client of the package redis, by type and by value', async () => {
    const client = createClient({ url: 'redis://127.0.0.1:1' });
    const store = redisRateLimitStore({ client, limit: 1, windowMs: 1_000 });
    await expect(store.take('ann', 1)).rejects.toMatchObject({ code: 'LML_ERR_LIMITS_REDIS_UNAVAILABLE' });
  });

  it.each([
    [{ client: {} }, 'client must be a client of redis, iovalkey or ioredis'],
    [{ limit: 0 }, 'limit must be an integer >= 1, got 0'],
    [{ limit: 1.5 }, 'limit must be an integer >= 1, got 1.5'],
    [{ windowMs: 999 }, 'windowMs must be an integer from 1000 to 2592000000, got 999'],
    [{ windowMs: 2_592_000_001 }, 'windowMs must be an integer from 1000 to 2592000000, got 2592000001'],
    [{ maxPending: 0 }, 'maxPending must be an integer >= 1, got 0'],
    [{ keyPrefix: '' }, 'keyPrefix must not be empty'],
  ])('refuses %o', (options, message) => {
    const make = () =>
      redisRateLimitStore({ client: new FakeNodeRedis(), limit: 1, windowMs: 1_000, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Partial<Omit<RedisRateLimitStoreOptions, 'client'>>) {
  const client = new FakeNodeRedis();
  return { client, store: redisRateLimitStore({ client, limit: 10, windowMs: 1_000, ...options }) };
}
