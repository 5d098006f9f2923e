import { AsyncLocalStorage } from 'node:async_hooks';
import { serviceInput } from '@lamella/service-core';
import { FakeClock, layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { answerAll, listenersOf, setUpLimit } from '../../test/support/limit-setup.ts';
import type { ConcurrencyLimitLayerOptions } from './concurrency-limit-layer.ts';
import { concurrencyLimitLayer } from './concurrency-limit-layer.ts';

describe('concurrencyLimitLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(concurrencyLimitLayer({ maxConcurrent: 2, clock: new FakeClock() })));

  it('lets maxConcurrent calls through and holds back the next one', async () => {
    const { inner, limit, service } = setUpLimit({ maxConcurrent: 2 });
    const outputs = ['a', 'b', 'c'].map((value) => service.serve(testInput(value)));
    await settle();
    expect(inner.callCount).toBe(2);
    expect([limit.active, limit.queued]).toEqual([2, 1]);

    (await inner.nextCall()).respond('A');
    await settle();
    expect(inner.callCount).toBe(3);
    expect([limit.active, limit.queued]).toEqual([2, 0]);

    (await inner.nextCall()).respond('B');
    (await inner.nextCall()).respond('C');
    expect(await Promise.all(outputs)).toEqual(['A', 'B', 'C']);
    expect([limit.active, limit.queued]).toEqual([0, 0]);
  });

  it('has no timer and no listener for an input that finds a slot free', async () => {
    const { inner, service, clock } = setUpLimit({ maxConcurrent: 1 });
    const controller = new AbortController();
    const output = service.serve(serviceInput('ping', { signal: controller.signal }));
    expect(clock.pendingTimers).toBe(0);
    expect(listenersOf(controller.signal)).toBe(0);
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
  });

  it('does not hide a rejection that the caller forgets to handle', async () => {
    const { inner, service } = setUpLimit({ maxConcurrent: 1 });
    const unhandled: unknown[] = [];
    await withUnhandled(
      (error) => unhandled.push(error),
      async () => {
        void service.serve(testInput('forgotten'));
        (await inner.nextCall()).reject('seen');
        await settle();
      },
    );
    expect(unhandled).toEqual(['seen']);
  });

  it('has freed the slot by the time the caller hears of the output', async () => {
    const { inner, limit, service } = setUpLimit({ maxConcurrent: 1 });
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).respond('pong');
    await output;
    expect(limit.active).toBe(0);
  });

  describe('the queue', () => {
    it('is served strictly in the order of arrival; a newcomer never overtakes', async () => {
      const { inner, service } = setUpLimit({ maxConcurrent: 1 });
      const served: string[] = [];
      const serve = (value: string) => service.serve(testInput(value));
      const outputs = ['a', 'b', 'c'].map(serve);
      for (let answered = 0; answered < 6; answered++) {
        const call = await inner.nextCall();
        served.push(call.input.value);
        call.respond('');
        // Arrives at the very moment at which the slot becomes free, from then on at every turn after.
        if (answered < 3) outputs.push(serve(`newcomer ${answered}`));
      }
      await Promise.all(outputs);
      expect(served).toEqual(['a', 'b', 'c', 'newcomer 0', 'newcomer 1', 'newcomer 2']);
    });

    it('takes maxQueued inputs and rejects the next one with a LimitError', async () => {
      const { inner, limit, service } = setUpLimit({ maxConcurrent: 1, maxQueued: 2 });
      const outputs = ['active', 'first', 'second'].map((value) => service.serve(testInput(value)));
      expect(limit.queued).toBe(2);
      await expect(service.serve(testInput('too many'))).rejects.toMatchObject({
        code: 'LML_ERR_LIMIT',
        limit: 'maxQueued',
        maximum: 2,
        observed: 3,
        facts: { layer: 'concurrency-limit', phase: 'queue', retryable: true },
      });
      expect([limit.active, limit.queued]).toEqual([1, 2]);

      await answerAll(inner, 3);
      await Promise.all(outputs);
    });

    it('does not exist with a maxQueued of 0', async () => {
      const { inner, service, clock } = setUpLimit({ maxConcurrent: 1, maxQueued: 0 });
      const output = service.serve(testInput('active'));
      await expect(service.serve(testInput('too many'))).rejects.toMatchObject({ maximum: 0, observed: 1 });
      expect(clock.pendingTimers).toBe(0);
      (await inner.nextCall()).respond('');
      await output;
    });

    it('holds an input for queueTimeoutMs and no longer, counted from its own arrival', async () => {
      const { inner, limit, service, clock } = setUpLimit({ maxConcurrent: 1, queueTimeoutMs: 1_000 });
      const active = service.serve(testInput('active'));
      const early = service.serve(testInput('early'));
      clock.advance(400);
      const late = service.serve(testInput('late'));

      clock.advance(599);
      expect(limit.queued).toBe(2);
      clock.advance(1);
      await expect(early).rejects.toMatchObject({
        code: 'LML_ERR_TIMEOUT',
        limit: 'queueTimeoutMs',
        timeoutMs: 1_000,
        facts: { layer: 'concurrency-limit', phase: 'queue', retryable: true },
      });
      expect(limit.queued).toBe(1);

      (await inner.nextCall()).respond('');
      const call = await inner.nextCall();
      expect(call.input.value).toBe('late');
      expect(clock.pendingTimers).toBe(0); // the wait is over, and the call may take its time
      clock.advance(100_000);
      call.respond('');
      await Promise.all([active, late]);
      expect(inner.callCount).toBe(2);
    });

    it('has defaults that are finite: 1,000 inputs, 10 seconds', async () => {
      const { inner, limit, service, clock } = setUpLimit({ maxConcurrent: 1 });
      const outputs = Array.from({ length: 1_001 }, () => service.serve(testInput('')));
      expect(limit.queued).toBe(1_000);
      await expect(service.serve(testInput(''))).rejects.toMatchObject({ maximum: 1_000 });

      clock.advance(9_999);
      expect(limit.queued).toBe(1_000);
      clock.advance(1);
      expect(limit.queued).toBe(0);
      (await inner.nextCall()).respond('');
      const results = await Promise.allSettled(outputs);
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1_000);
      expect([limit.active, clock.pendingTimers]).toEqual([0, 0]);
    });

    it('belongs to the layer: services that share the layer share the limit and the queue', async () => {
      const limit = concurrencyLimitLayer({ maxConcurrent: 1, clock: new FakeClock() });
      const first = mockService<TestInput<string>, string>();
      const second = mockService<TestInput<number>, number>();
      const one = limit(first).serve(testInput('one'));
      const two = limit(second).serve(testInput(2));
      expect([second.callCount, limit.active, limit.queued]).toEqual([0, 1, 1]);
      (await first.nextCall()).respond('');
      (await second.nextCall()).respond(0);
      await Promise.all([one, two]);
    });

    it('keeps each call in the asynchronous context of its own caller', async () => {
      const context = new AsyncLocalStorage<string>();
      const gate = Promise.withResolvers<void>();
      const seen: (string | undefined)[] = [];
      const service = concurrencyLimitLayer({ maxConcurrent: 1, clock: new FakeClock() })<TestInput<string>, void>({
        async serve() {
          seen.push(context.getStore());
          await gate.promise;
        },
      });
      const outputs = ['a', 'b', 'c'].map((name) => context.run(name, () => service.serve(testInput(name))));
      gate.resolve();
      await Promise.all(outputs);
      expect(seen).toEqual(['a', 'b', 'c']);
    });
  });

  it.each<[Partial<ConcurrencyLimitLayerOptions>, string]>([
    [{ maxConcurrent: 0 }, 'maxConcurrent must be an integer >= 1 or Infinity, got 0'],
    [{ maxConcurrent: 1.5 }, 'maxConcurrent must be an integer >= 1 or Infinity, got 1.5'],
    [{ maxConcurrent: Number.NaN }, 'maxConcurrent'],
    [{ maxQueued: -1 }, 'maxQueued must be an integer >= 0 or Infinity, got -1'],
    [{ maxQueued: 0.5 }, 'maxQueued'],
    [{ queueTimeoutMs: 0 }, 'queueTimeoutMs must be > 0, got 0'],
    [{ queueTimeoutMs: Number.NaN }, 'queueTimeoutMs'],
  ])('refuses %o', (options, message) => {
    const make = () => concurrencyLimitLayer({ maxConcurrent: 1, ...options });
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it('takes Infinity for every limit', async () => {
    const endless = Number.POSITIVE_INFINITY;
    const { inner, limit, service } = setUpLimit({
      maxConcurrent: endless,
      maxQueued: endless,
      queueTimeoutMs: endless,
    });
    const outputs = Array.from({ length: 2_000 }, () => service.serve(testInput('')));
    expect([limit.active, limit.queued]).toEqual([2_000, 0]);
    await answerAll(inner, 2_000);
    await Promise.all(outputs);
    expect(limit.active).toBe(0);
  });
});

/** Takes the place of the runner's own listeners, which fail the run, while `test` goes on. */
async function withUnhandled(listener: (error: unknown) => void, test: () => Promise<void>): Promise<void> {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', listener);
  try {
    await test();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
}
