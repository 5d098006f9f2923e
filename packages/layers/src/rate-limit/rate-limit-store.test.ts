import { serviceFn, serviceInput } from '@lamella/service-core';
import { FakeClock, layerCases, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { listenersOf } from '../../test/support/limit-setup.ts';
import type { RateLimitDecision } from './gcra.ts';
import { memoryRateLimitStore } from './memory-rate-limit-store.ts';
import { rateLimitLayer } from './rate-limit-layer.ts';
import type { RateLimitLayerOptions } from './rate-limit-options.ts';
import type { RateLimitStore } from './rate-limit-store.ts';

type Input = TestInput<string>;

describe('rateLimitLayer with a store', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(rateLimitLayer({ store: memoryRateLimitStore({ ratePerSecond: 1_000 }), clock: new FakeClock() })),
  );

  it('shares its limit with every layer on the same store', async () => {
    const clock = new FakeClock();
    const store = memoryRateLimitStore({ limit: 2, windowMs: 60_000, clock });
    const [first, second] = [0, 1].map(() => rateLimitLayer({ store, clock })(serviceFn((_input: Input) => 'ok')));
    await first?.serve(testInput(''));
    await second?.serve(testInput(''));
    await expect(first?.serve(testInput(''))).rejects.toMatchObject({
      reason: 'rate',
      retryAfterMs: 30_000,
      maximum: 2,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks it for the key and the cost of the input', async () => {
    const { takes, answer, service } = setup({ key: ({ value }) => `user ${value}`, cost: () => 3 });
    const output = service.serve(testInput('ann'));
    expect(takes).toMatchObject([{ key: 'user ann', cost: 3 }]);
    answer(ALLOWED);
    await expect(output).resolves.toBe('ANN');
  });

  it('waits in line when the store says so', async () => {
    const { clock, takes, answer, service, limit } = setup({ onLimit: 'wait' });
    const outputs = ['a', 'b'].map((value) => service.serve(testInput(value)));
    answer({ ...ALLOWED, allowed: false, retryAfterMs: 700 });
    answer({ ...ALLOWED, allowed: false, retryAfterMs: 700 });
    await settle();
    expect(limit.queued).toBe(2);
    await clock.advanceAsync(700);
    expect(takes).toHaveLength(3);
    answer({ ...ALLOWED, allowed: false, retryAfterMs: 100 });
    await clock.advanceAsync(100);
    answer(ALLOWED);
    await settle();
    expect(limit.queued).toBe(1);
    answer(ALLOWED);
    await expect(Promise.all(outputs)).resolves.toEqual(['A', 'B']);
    expect(clock.pendingTimers).toBe(0);
  });

  describe('that fails', () => {
    it('allows by default, and tells of it', async () => {
      const failures: unknown[] = [];
      const { fail, service, limit } = setup({ onStoreFailure: (error) => failures.push(error) });
      const output = service.serve(testInput('ping'));
      const error = new Error('store is gone');
      fail(error);
      await expect(output).resolves.toBe('PING');
      expect(failures).toEqual([error]);
      expect(limit.storeFailures).toBe(1);
    });

    it('denies if asked to, with the cause', async () => {
      const { fail, service } = setup({ onStoreError: 'deny' });
      const output = service.serve(testInput('ping'));
      const error = new Error('store is gone');
      fail(error);
      await expect(output).rejects.toMatchObject({
        code: 'LML_ERR_LIMIT',
        reason: 'store',
        cause: error,
        retryAfterMs: undefined,
      });
    });

    it('is asked again by the next call', async () => {
      const { fail, answer, service, served } = setup({ onStoreError: 'deny' });
      const output = service.serve(testInput('a'));
      fail(new Error('no'));
      await expect(output).rejects.toThrow();
      const next = service.serve(testInput('b'));
      answer(ALLOWED);
      await next;
      expect(served).toEqual(['b']);
    });

    it('by throwing counts as failing', async () => {
      const store: RateLimitStore = {
        rule: { ratePerSecond: 1, burst: 1 },
        take() {
          throw new Error('thrown');
        },
      };
      const service = rateLimitLayer({ store, onStoreError: 'deny' })(serviceFn((_input: Input) => 'ok'));
      await expect(service.serve(testInput(''))).rejects.toMatchObject({ reason: 'store' });
    });

    it('while somebody waits in line lets the head go, or not', async () => {
      for (const onStoreError of ['allow', 'deny'] as const) {
        const { clock, fail, answer, service } = setup({ onLimit: 'wait', onStoreError });
        const output = service.serve(testInput('a'));
        output.catch(() => {});
        answer({ ...ALLOWED, allowed: false, retryAfterMs: 10 });
        await clock.advanceAsync(10);
        fail(new Error('no'));
        const [result] = await Promise.allSettled([output]);
        expect(result.status).toBe(onStoreError === 'allow' ? 'fulfilled' : 'rejected');
        expect(clock.pendingTimers).toBe(0);
      }
    });
  });

  describe('that is slow', () => {
    it('counts as failed after storeTimeoutMs, and hears that nobody waits', async () => {
      const { clock, takes, service, served } = setup({ storeTimeoutMs: 250 });
      const output = service.serve(testInput('ping'));
      await clock.advanceAsync(249);
      expect(served).toEqual([]);
      expect(takes[0]?.signal.aborted).toBe(false);
      await clock.advanceAsync(1);
      expect(takes[0]?.signal.aborted).toBe(true);
      await expect(output).resolves.toBe('PING');
      expect(clock.pendingTimers).toBe(0);
    });

    it('says in the cause how slow', async () => {
      const { clock, service } = setup({ onStoreError: 'deny', storeTimeoutMs: 40 });
      const output = service.serve(testInput('ping'));
      output.catch(() => {});
      await clock.advanceAsync(40);
      await expect(output).rejects.toMatchObject({
        cause: { code: 'LML_ERR_TIMEOUT', limit: 'storeTimeoutMs', timeoutMs: 40 },
      });
    });

    it('does not hold an input that is aborted', async () => {
      const { clock, service, limit, served } = setup({});
      const controller = new AbortController();
      const output = service.serve(serviceInput('ping', { signal: controller.signal }));
      await settle();
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(output).rejects.toBe(reason);
      expect(limit.storeFailures).toBe(0);
      expect(served).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
      expect(listenersOf(controller.signal)).toBe(0);
    });
  });

  it.each([
    [{ ratePerSecond: 1 }, 'ratePerSecond is up to the store, and excludes store'],
    [{ burst: 1 }, 'burst is up to the store, and excludes store'],
    [{ maxKeys: 1 }, 'maxKeys is up to the store, and excludes store'],
    [{ storeTimeoutMs: 0 }, 'storeTimeoutMs must be > 0, got 0'],
    [{ onStoreError: 'x' }, "onStoreError must be 'allow' or 'deny', got x"],
    [{ onStoreFailure: 1 }, 'onStoreFailure must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const store = memoryRateLimitStore({ ratePerSecond: 1 });
    const make = () => rateLimitLayer({ store, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

describe('memoryRateLimitStore', () => {
  it('forgets keys beyond maxKeys', async () => {
    const store = memoryRateLimitStore({ limit: 1, windowMs: 1_000, maxKeys: 1, clock: new FakeClock() });
    await store.take('a', 1);
    await store.take('b', 1);
    expect((await store.take('a', 1)).allowed).toBe(true);
  });

  it('refuses maxKeys of 0', () => {
    expect(() => memoryRateLimitStore({ ratePerSecond: 1, maxKeys: 0 })).toThrow('maxKeys must be an integer >= 1');
  });
});

const ALLOWED: RateLimitDecision = { allowed: true, remaining: 1, retryAfterMs: 0, resetMs: 0 };

function setup(options: Omit<RateLimitLayerOptions<Input>, 'clock' | 'store'>) {
  const clock = new FakeClock();
  const served: string[] = [];
  const takes: { readonly key: string; readonly cost: number; readonly signal: AbortSignal }[] = [];
  const pending: PromiseWithResolvers<RateLimitDecision>[] = [];
  const store: RateLimitStore = {
    rule: { ratePerSecond: 10, burst: 10 },
    take(key, cost, signal = new AbortController().signal) {
      takes.push({ key, cost, signal });
      const decision = Promise.withResolvers<RateLimitDecision>();
      pending.push(decision);
      return decision.promise;
    },
  };
  const limit = rateLimitLayer({ ...options, store, clock });
  const service = limit(
    serviceFn((input: Input) => {
      served.push(input.value);
      return input.value.toUpperCase();
    }),
  );
  return {
    clock,
    limit,
    service,
    served,
    takes,
    answer: (decision: RateLimitDecision) => pending.shift()?.resolve(decision),
    fail: (error: unknown) => pending.shift()?.reject(error),
  };
}
