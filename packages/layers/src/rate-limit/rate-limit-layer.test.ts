import { serviceFn, serviceInput } from '@lamella/service-core';
import { FakeClock, layerCases, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { listenersOf } from '../../test/support/limit-setup.ts';
import type { RateLimitDecision } from './gcra.ts';
import { rateLimitLayer } from './rate-limit-layer.ts';
import type { RateLimitLayerOptions } from './rate-limit-options.ts';

type Input = TestInput<string>;
type Options = Omit<RateLimitLayerOptions<Input>, 'clock'>;

describe('rateLimitLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(rateLimitLayer({ ratePerSecond: 1_000, clock: new FakeClock() })));

  it.each(layerCases)('when the input has waited: $name', async ({ run }) => {
    const clock = new FakeClock();
    await run((inner) => {
      const limit = rateLimitLayer({ ratePerSecond: 1_000, burst: 1, onLimit: 'wait', clock });
      const service = limit(inner);
      const brief = limit(serviceFn((_input: Input) => 'brief'));
      return {
        serve(input) {
          void brief.serve(testInput('')).catch(() => {});
          void settle(1).then(() => clock.advanceAsync(10));
          return service.serve(input);
        },
      };
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets burst through at once, and the next when the rate allows it', async () => {
    const { clock, serve } = setup({ ratePerSecond: 10, burst: 2 });
    await expect(serve('a')).resolves.toBe('A');
    await expect(serve('b')).resolves.toBe('B');
    await expect(serve('c')).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      name: 'RateLimitError',
      reason: 'rate',
      limit: 'burst',
      maximum: 2,
      observed: 3,
      remaining: 0,
      retryAfterMs: 100,
      resetMs: 200,
      message: 'rate limit reached (limit: 10 per second, 2 at once), again in 100 ms',
      facts: { layer: 'rate-limit', retryable: true },
    });
    clock.advance(99);
    await expect(serve('d')).rejects.toMatchObject({ retryAfterMs: expect.closeTo(1) });
    clock.advance(1);
    await expect(serve('e')).resolves.toBe('E');
  });

  it.each([
    [{ limit: 3, windowMs: 60_000 }, 3, 20_000],
    [{ ratePerSecond: 4 }, 4, 250],
    [{ ratePerSecond: 0.5 }, 1, 2_000],
    [{ limit: 3, windowMs: 60_000, burst: 1 }, 1, 20_000],
  ])('reads %o as a burst of %d and the next after %d ms', async (options, burst, retryAfterMs) => {
    const { serve } = setup(options);
    for (let call = 0; call < burst; call++) await serve('x');
    await expect(serve('x')).rejects.toMatchObject({ maximum: burst, retryAfterMs: expect.closeTo(retryAfterMs) });
  });

  it('costs an allowed call no promise and no timer', () => {
    const clock = new FakeClock();
    const promise = Promise.resolve('pong');
    const service = rateLimitLayer({ ratePerSecond: 1, clock })({ serve: (_input: Input) => promise });
    expect(service.serve(testInput('ping'))).toBe(promise);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes nothing for an input that is aborted already', async () => {
    const { serve, service } = setup({ ratePerSecond: 1, burst: 1 });
    const input = testInput('x');
    input.scope.abort('enough');
    await expect(service.serve(input)).rejects.toBe('enough');
    await expect(serve('y')).resolves.toBe('Y');
  });

  it('tells of each decision', async () => {
    const told: [string, RateLimitDecision][] = [];
    const { serve } = setup({
      ratePerSecond: 1,
      burst: 2,
      onDecision: ({ input, decision }) => told.push([input.value, decision]),
    });
    await serve('a');
    await serve('b');
    await expect(serve('c')).rejects.toThrow();
    expect(told.map(([value, { allowed, remaining }]) => [value, allowed, remaining])).toEqual([
      ['a', true, 1],
      ['b', true, 0],
      ['c', false, 0],
    ]);
  });

  describe('with a cost', () => {
    it('takes so much', async () => {
      const { serve } = setup({ ratePerSecond: 1, burst: 5, cost: ({ value }) => value.length });
      await serve('abc');
      await expect(serve('abc')).rejects.toMatchObject({ retryAfterMs: 1_000, observed: 6 });
      await serve('ab');
    });

    it('above burst is refused for good, also when others would wait', async () => {
      const { serve, clock } = setup({
        ratePerSecond: 1,
        burst: 2,
        onLimit: 'wait',
        maxWaitMs: Number.POSITIVE_INFINITY,
        cost: ({ value }) => value.length,
      });
      await expect(serve('ab')).resolves.toBe('AB');
      await expect(serve('abc')).rejects.toMatchObject({ retryAfterMs: undefined, facts: { retryable: false } });
      expect(clock.pendingTimers).toBe(0);
    });

    it.each([0, -1, Number.NaN])('of %d is a mistake', async (cost) => {
      const { serve } = setup({ ratePerSecond: 1, cost: () => cost });
      await expect(serve('x')).rejects.toMatchObject({
        code: 'LML_ERR_USAGE',
        message: `cost must be > 0, got ${cost}`,
      });
    });
  });

  describe('with keys', () => {
    const byFirstLetter = { key: ({ value }: Input) => value[0], ratePerSecond: 1, burst: 1 };

    it('has one limit for each', async () => {
      const { serve, limit } = setup(byFirstLetter);
      await serve('anna');
      await expect(serve('alan')).rejects.toMatchObject({ reason: 'rate' });
      await serve('berta');
      expect(limit.keys).toBe(2);
    });

    it('denies an input without one, or lets it through', async () => {
      const { serve } = setup(byFirstLetter);
      await expect(serve('')).rejects.toMatchObject({
        reason: 'missing-key',
        retryAfterMs: undefined,
        facts: { retryable: false },
      });
      const open = setup({ ...byFirstLetter, missingKey: 'allow' });
      for (let call = 0; call < 5; call++) await open.serve('');
    });

    it('remembers maxKeys of them, and forgets full buckets first', async () => {
      const { serve, limit, clock } = setup({ ...byFirstLetter, maxKeys: 2 });
      await serve('a');
      clock.advance(600);
      await serve('b');
      clock.advance(400);
      await expect(serve('b')).rejects.toThrow(); // used last, and not full; `a` is full again
      await serve('c');
      expect(limit.keys).toBe(2);
      await expect(serve('b')).rejects.toThrow();
    });

    it('forgets a full bucket even if another was used longer ago', async () => {
      const { serve, clock } = setup({
        key: ({ value }) => value[0],
        cost: ({ value }) => value.length,
        ratePerSecond: 1,
        burst: 4,
        maxKeys: 2,
      });
      await serve('aaaa');
      await serve('b');
      clock.advance(1_500);
      await serve('c');
      await expect(serve('aaaa')).rejects.toThrow();
    });

    it('forgets the one that lacks least if none is full', async () => {
      const { serve, limit } = setup({ ...byFirstLetter, maxKeys: 2 });
      await serve('a');
      await serve('b');
      await serve('c');
      expect(limit.keys).toBe(2);
      await expect(serve('b')).rejects.toThrow();
      await expect(serve('a')).resolves.toBe('A');
    });

    it('finds the full one among many, a bounded number at a time', async () => {
      const { serve, limit, clock } = setup({ key: ({ value }) => value, ratePerSecond: 1, burst: 1, maxKeys: 100 });
      await serve('0');
      clock.advance(500);
      for (let key = 1; key < 100; key++) await serve(String(key));
      clock.advance(500);
      await serve('new'); // in place of the full bucket of 0, which has been looked at first
      for (let key = 1; key < 100; key++) await expect(serve(String(key))).rejects.toMatchObject({ reason: 'rate' });
      expect(limit.keys).toBe(100);
      for (let key = 0; key < 10; key++) await serve(`newer ${key}`); // none is full: the nearest gives way
      expect(limit.keys).toBe(100);
    });

    it('fails the call when the key can not be told', async () => {
      const { serve } = setup({
        ratePerSecond: 1,
        key: () => {
          throw new Error('no key');
        },
      });
      await expect(serve('x')).rejects.toThrow('no key');
    });
  });

  describe('waiting', () => {
    const oneASecond: Options = { ratePerSecond: 1, burst: 1, onLimit: 'wait' };

    it('serves in the order of arrival, at the rate', async () => {
      const { clock, serve, served, limit } = setup(oneASecond);
      const outputs = ['a', 'b', 'c'].map((value) => serve(value));
      await settle();
      expect(served).toEqual(['a']);
      expect(limit.queued).toBe(2);
      await clock.advanceAsync(999);
      outputs.push(serve('d'));
      expect(served).toEqual(['a']);
      await clock.advanceAsync(1);
      expect(served).toEqual(['a', 'b']);
      await clock.advanceAsync(2_000);
      await expect(Promise.all(outputs)).resolves.toEqual(['A', 'B', 'C', 'D']);
      expect(served).toEqual(['a', 'b', 'c', 'd']);
      expect([limit.queued, clock.pendingTimers]).toEqual([0, 0]);
    });

    it('keeps a newcomer behind those who wait, also when there is something to take', async () => {
      const { clock, serve, served } = setup({ ...oneASecond, burst: 2, cost: ({ value }) => value.length });
      const outputs = [serve('aa'), serve('bb')];
      await settle();
      await clock.advanceAsync(1_500);
      outputs.push(serve('c'));
      await clock.advanceAsync(3_000);
      await Promise.all(outputs);
      expect(served).toEqual(['aa', 'bb', 'c']);
    });

    it('rejects at once whose turn would come after maxWaitMs, and takes nothing for it', async () => {
      const { clock, serve, served } = setup({ ...oneASecond, maxWaitMs: 2_500 });
      const outputs = ['a', 'b', 'c'].map((value) => serve(value));
      await settle();
      await expect(serve('d')).rejects.toMatchObject({ reason: 'wait', retryAfterMs: 3_000 });
      await clock.advanceAsync(500);
      outputs.push(serve('e'));
      await clock.advanceAsync(2_500);
      await Promise.all(outputs);
      expect(served).toEqual(['a', 'b', 'c', 'e']);
      expect(clock.pendingTimers).toBe(0);
    });

    it('rejects who would come exactly one millisecond after maxWaitMs', async () => {
      const { serve, clock } = setup({ ...oneASecond, maxWaitMs: 999 });
      await serve('a');
      await expect(serve('b')).rejects.toMatchObject({ reason: 'wait', retryAfterMs: 1_000 });
      expect(clock.pendingTimers).toBe(0);
    });

    it('rejects beyond maxQueued', async () => {
      const { serve, clock } = setup({ ...oneASecond, maxQueued: 1 });
      const outputs = [serve('a'), serve('b')];
      await settle();
      await expect(serve('c')).rejects.toMatchObject({ reason: 'queue' });
      await clock.advanceAsync(1_000);
      await expect(Promise.all(outputs)).resolves.toEqual(['A', 'B']);
    });

    it.each(['head', 'second'])(
      'lets the %s leave on an abort, with the reason, and leaves nothing behind',
      async (who) => {
        const { clock, service, serve, served } = setup(oneASecond);
        await serve('a');
        const controller = new AbortController();
        const leaving = () => service.serve(serviceInput('leaving', { signal: controller.signal }));
        const outputs = who === 'head' ? [leaving(), serve('b')] : [serve('b'), leaving()];
        const ended = Promise.allSettled(outputs);
        await settle();
        controller.abort('enough');
        await clock.advanceAsync(1_000);
        const results = await ended;
        expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason)).sort()).toEqual([
          'B',
          'enough',
        ]);
        expect(served).toEqual(['a', 'b']);
        expect(clock.pendingTimers).toBe(0);
        expect(listenersOf(controller.signal)).toBe(0);
      },
    );

    it('has one line for each key', async () => {
      const { clock, serve, served } = setup({ ...oneASecond, key: ({ value }) => value[0] });
      const outputs = ['a1', 'a2', 'b1', 'b2'].map((value) => serve(value));
      await settle();
      expect(served).toEqual(['a1', 'b1']);
      await clock.advanceAsync(1_000);
      await Promise.all(outputs);
      expect(served).toEqual(['a1', 'b1', 'a2', 'b2']);
    });
  });

  it.each([
    [{}, 'ratePerSecond, or limit and windowMs, must be given'],
    [{ limit: 1 }, 'ratePerSecond, or limit and windowMs, must be given'],
    [{ ratePerSecond: 1, limit: 1, windowMs: 1 }, 'ratePerSecond excludes limit and windowMs'],
    [{ ratePerSecond: 0 }, 'ratePerSecond must be > 0, got 0'],
    [{ ratePerSecond: Number.POSITIVE_INFINITY }, 'the rate must be finite, got Infinity'],
    [{ limit: 0, windowMs: 1 }, 'limit must be an integer >= 1 or Infinity, got 0'],
    [{ limit: 1, windowMs: 0 }, 'windowMs must be > 0, got 0'],
    [{ limit: 1, windowMs: Number.POSITIVE_INFINITY }, 'windowMs must be finite, got Infinity'],
    [{ ratePerSecond: 1, burst: 0.5 }, 'burst must be >= 1, got 0.5'],
    [{ ratePerSecond: 1, burst: Number.POSITIVE_INFINITY }, 'burst must be finite, got Infinity'],
    [{ ratePerSecond: 1, maxKeys: 0 }, 'maxKeys must be an integer >= 1 or Infinity, got 0'],
    [{ ratePerSecond: 1, maxWaitMs: 0 }, 'maxWaitMs must be > 0, got 0'],
    [{ ratePerSecond: 1, maxQueued: 0 }, 'maxQueued must be an integer >= 1 or Infinity, got 0'],
    [{ ratePerSecond: 1, onLimit: 'maybe' }, "onLimit must be 'fail' or 'wait', got maybe"],
    [{ ratePerSecond: 1, missingKey: 1 }, "missingKey must be 'allow' or 'deny', got 1"],
    [{ ratePerSecond: 1, key: 1 }, 'key must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const make = () => rateLimitLayer(options as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Options) {
  const clock = new FakeClock();
  const served: string[] = [];
  const limit = rateLimitLayer({ ...options, clock });
  const service = limit(
    serviceFn((input: Input) => {
      served.push(input.value);
      return input.value.toUpperCase();
    }),
  );
  return { clock, limit, service, served, serve: (value: string) => service.serve(testInput(value)) };
}
