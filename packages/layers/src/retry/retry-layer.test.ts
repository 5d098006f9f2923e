import { ClosedError, serviceInput } from '@lamella/service-core';
import {
  FakeClock,
  layerCases,
  mockService,
  settle,
  type TestInput,
  TestMark,
  testInput,
} from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { listenersOf } from '../../test/support/limit-setup.ts';
import { AttemptNumber } from '../attempt/attempt.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import { retryBudget } from './retry-budget.ts';
import type { RetryLayerOptions } from './retry-layer.ts';
import { retryLayer } from './retry-layer.ts';
import type { AttemptResult } from './retry-policy.ts';

type Input = TestInput<string>;
type Options = Partial<RetryLayerOptions<Input, string, Input>>;

describe('retryLayer', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(retryLayer({ policy: { decide: () => undefined }, clock: new FakeClock() })),
  );

  it('tries again after an error and gives the output of the last attempt', async () => {
    const { clock, inner, service } = setup();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).reject(new Error('first'));
    await clock.advanceAsync(99);
    expect(inner.callCount).toBe(1);
    await clock.advanceAsync(1);
    (await inner.nextCall()).reject(new Error('second'));
    await clock.advanceAsync(199);
    expect(inner.callCount).toBe(2);
    await clock.advanceAsync(1);
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
    expect(clock.pendingTimers).toBe(0);
  });

  it('tries again after an output that the policy does not want, and disposes it', async () => {
    const dispose = vi.fn();
    const bad = { status: 503, [Symbol.dispose]: dispose };
    const clock = new FakeClock();
    const inner = mockService<Input, { readonly status: number }>();
    const layer = retryLayer({
      policy: {
        decide: (result: AttemptResult<Input, { readonly status: number }>) =>
          result.outcome === 'ok' && result.output.status === 503 ? {} : undefined,
      },
      clock,
    });
    const output = layer(inner).serve(testInput('ping'));
    (await inner.nextCall()).respond(bad);
    await settle();
    expect(dispose).toHaveBeenCalledOnce();
    await clock.advanceAsync(100);
    (await inner.nextCall()).respond({ status: 200 });
    await expect(output).resolves.toEqual({ status: 200 });
  });

  it('hands the output of the last attempt over as it is, undisposed', async () => {
    const discard = vi.fn();
    const { inner, service } = setup({ policy: { decide: () => ({}) }, maxAttempts: 1, discard });
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).respond('bad');
    await expect(output).resolves.toBe('bad');
    expect(discard).not.toHaveBeenCalled();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('discard');
      },
    ],
    ['rejects', () => Promise.reject(new Error('discard'))],
  ])('goes on when discard %s', async (_how, discard) => {
    const { clock, inner, service } = setup({
      policy: { decide: ({ attempt }) => (attempt === 1 ? {} : undefined) },
      discard,
    });
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).respond('bad');
    await clock.advanceAsync(100);
    (await inner.nextCall()).respond('good');
    await expect(output).resolves.toBe('good');
  });

  describe('each attempt', () => {
    it('does not see what an earlier one wrote, nor does the caller', async () => {
      const { clock, inner, service } = setup();
      const input = testInput('ping');
      input.extensions.insert(TestMark, 'caller');
      const output = service.serve(input);
      output.catch(() => {});
      for (const attempt of [1, 2, 3]) {
        const call = await inner.nextCall();
        expect(call.input.extensions.scope).toBe('attempt');
        expect(call.input.extensions.get(AttemptNumber)).toBe(attempt);
        expect(call.input.extensions.get(TestMark)).toBe('caller');
        call.input.extensions.insert(TestMark, `attempt ${attempt}`);
        call.reject(new Error('no'));
        await clock.advanceAsync(1_000);
      }
      await expect(output).rejects.toThrow('no');
      expect(input.extensions.get(TestMark)).toBe('caller');
      expect(input.extensions.get(AttemptNumber)).toBeUndefined();
    });

    it('shows the policy what was written in it', async () => {
      const marks: unknown[] = [];
      const { inner, service } = setup({
        policy: { decide: ({ input }) => void marks.push(input.extensions.get(TestMark)) },
      });
      const output = service.serve(testInput('ping'));
      const call = await inner.nextCall();
      call.input.extensions.insert(TestMark, 'do not retry');
      call.respond('pong');
      await output;
      expect(marks).toEqual(['do not retry']);
    });

    it('is made of what the policy prepares and decides, on a store of its own', async () => {
      const variant = (input: Input, value: string) => {
        const other = serviceInput(value).fork({ scope: input.scope, extensions: input.extensions });
        return other;
      };
      const { clock, inner, service } = setup({
        policy: {
          prepare: (input) => variant(input, `${input.value} prepared`),
          decide: ({ input, outcome }) =>
            outcome === 'error' ? { input: variant(input, `${input.value} again`) } : undefined,
        },
      });
      const output = service.serve(testInput('ping'));
      const first = await inner.nextCall();
      expect(first.input.value).toBe('ping prepared');
      first.input.extensions.insert(TestMark, 'first');
      first.reject(new Error('no'));
      await clock.advanceAsync(100);
      const second = await inner.nextCall();
      expect(second.input.value).toBe('ping prepared again');
      expect(second.input.extensions.get(TestMark)).toBeUndefined();
      second.respond('pong');
      await output;
    });
  });

  describe('the wait', () => {
    it('is what the policy asks for, if it does', async () => {
      const { clock, inner, service } = setup({
        policy: { decide: async ({ outcome }) => (outcome === 'error' ? { delayMs: 3_000 } : undefined) },
      });
      void service.serve(testInput('ping'));
      (await inner.nextCall()).reject(new Error('no'));
      await clock.advanceAsync(2_999);
      expect(inner.callCount).toBe(1);
      await clock.advanceAsync(1);
      expect(inner.callCount).toBe(2);
    });

    it.each([
      [60_000, 2],
      [60_001, 1],
      [Number.NaN, 1],
    ])('of %d ms leads to %d calls', async (delayMs, calls) => {
      const { clock, inner, service, stops } = setup({
        policy: { decide: ({ outcome }) => (outcome === 'error' ? { delayMs } : undefined) },
      });
      const output = service.serve(testInput('ping'));
      output.catch(() => {});
      (await inner.nextCall()).reject(new Error('no'));
      await clock.advanceAsync(60_000);
      expect(inner.callCount).toBe(calls);
      expect(stops).toEqual(calls === 2 ? [] : ['maxDelayMs']);
    });

    it('ends at once with the reason when the caller aborts', async () => {
      const { clock, inner, service } = setup();
      const controller = new AbortController();
      const output = service.serve(serviceInput('ping', { signal: controller.signal }));
      (await inner.nextCall()).reject(new Error('no'));
      await settle();
      expect(clock.pendingTimers).toBe(1);
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(output).rejects.toBe(reason);
      expect(clock.pendingTimers).toBe(0);
      expect(listenersOf(controller.signal)).toBe(0);
      expect(inner.callCount).toBe(1);
    });
  });

  describe('cancellation', () => {
    it('is never tried again, and the policy does not hear of it', async () => {
      const decide = vi.fn(() => ({}));
      const { inner, service } = setup({ policy: { decide } });
      const input = testInput('ping');
      const output = service.serve(input);
      const call = await inner.nextCall();
      const reason = new ClosedError('enough');
      input.scope.abort(reason);
      call.reject(reason);
      await expect(output).rejects.toBe(reason);
      expect(decide).not.toHaveBeenCalled();
      expect(reason.facts).toEqual({});
    });

    it('lets another error of an aborted call through, without another attempt', async () => {
      const { inner, service } = setup();
      const input = testInput('ping');
      const output = service.serve(input);
      const call = await inner.nextCall();
      input.scope.abort('enough');
      call.reject(new Error('other'));
      await expect(output).rejects.toThrow('other');
      expect(inner.callCount).toBe(1);
    });

    it('before the call never reaches the inner service', async () => {
      const { inner, service, budget } = setup({
        budget: retryBudget({ ratio: 1, minRetriesPerSecond: 0, clock: new FakeClock() }),
      });
      const input = testInput('ping');
      input.scope.abort('enough');
      await expect(service.serve(input)).rejects.toBe('enough');
      expect(inner.callCount).toBe(0);
      expect(budget?.balance).toBe(0);
    });
  });

  describe('the end', () => {
    it('comes after maxAttempts, with the last error and the number of its attempt', async () => {
      const { clock, inner, service, stops, retries } = setup();
      const output = service.serve(testInput('ping'));
      output.catch(() => {});
      const errors = [1, 2, 3].map((attempt) => new ClosedError(`closed ${attempt}`));
      for (const error of errors) {
        (await inner.nextCall()).reject(error);
        await clock.advanceAsync(1_000);
      }
      await expect(output).rejects.toBe(errors[2]);
      expect(errors[2]).toMatchObject({ facts: { attempt: 3 }, message: 'closed 3 (maxAttempts reached, attempt 3)' });
      expect(stops).toEqual(['maxAttempts']);
      expect(retries).toEqual([
        [1, 100],
        [2, 200],
      ]);
    });

    it('is said once of an error that many calls have', async () => {
      const { inner, service } = setup({ maxAttempts: 1 });
      const error = new ClosedError('the only dial');
      const outputs = Array.from({ length: 10 }, () => service.serve(testInput('ping')));
      for (let call = 0; call < 10; call++) (await inner.nextCall()).reject(error);
      await Promise.allSettled(outputs);
      expect(error.message).toBe('the only dial (maxAttempts reached, attempt 1)');
    });

    it('comes when the budget is empty, and says so', async () => {
      const clock = new FakeClock();
      const budget = retryBudget({ ratio: 0.5, minRetriesPerSecond: 0, clock });
      const { inner, service, stops } = setup({ budget });
      const output = service.serve(testInput('ping'));
      (await inner.nextCall()).reject(new ClosedError('closed'));
      await expect(output).rejects.toMatchObject({
        message: 'closed (no retry: the retry budget is empty, attempt 1)',
        facts: { attempt: 1 },
      });
      expect(stops).toEqual(['budget']);

      const next = service.serve(testInput('ping'));
      expect(budget.balance).toBe(1);
      (await inner.nextCall()).reject(new ClosedError('closed'));
      await settle();
      expect(budget.balance).toBe(0);
      next.catch(() => {});
    });

    it('leaves an error that the policy does not repeat as it is, but for the attempt', async () => {
      const { inner, service, stops } = setup({ policy: { decide: () => undefined } });
      const output = service.serve(testInput('ping'));
      (await inner.nextCall()).reject(new ClosedError('closed'));
      await expect(output).rejects.toMatchObject({ message: 'closed', facts: { attempt: 1 } });
      expect(stops).toEqual([]);
    });

    it.each<[string, Options]>([
      ['a backoff', { backoff: { delayMs: broken } }],
      ['a budget', { budget: { deposit: () => {}, tryWithdraw: broken, balance: 1 } }],
    ])('is the error of %s that throws; the output is discarded', async (_what, options) => {
      const discard = vi.fn();
      const { inner, service } = setup({ policy: { decide: () => ({}) }, discard, ...options });
      const output = service.serve(testInput('ping'));
      (await inner.nextCall()).respond('pong');
      await expect(output).rejects.toThrow('broken');
      expect(discard).toHaveBeenCalledExactlyOnceWith('pong');
    });

    it('is the error of a policy that throws; the output is discarded', async () => {
      const discard = vi.fn();
      const { inner, service } = setup({
        policy: {
          decide: () => {
            throw new Error('policy');
          },
        },
        discard,
      });
      const output = service.serve(testInput('ping'));
      (await inner.nextCall()).respond('pong');
      await expect(output).rejects.toThrow('policy');
      expect(discard).toHaveBeenCalledExactlyOnceWith('pong');
    });
  });

  it.each([
    [{ policy: {} }, 'policy.decide must be a function, got undefined'],
    [{ policy: { decide() {}, prepare: 1 } }, 'policy.prepare must be a function, got number'],
    [{ maxAttempts: 0 }, 'maxAttempts must be an integer >= 1 or Infinity, got 0'],
    [{ maxDelayMs: -1 }, 'maxDelayMs must be >= 0, got -1'],
    [{ discard: 1 }, 'discard must be a function, got number'],
    [{ onRetry: 1 }, 'onRetry must be a function, got number'],
    [{ onStop: 1 }, 'onStop must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const make = () => retryLayer({ policy: { decide: () => undefined }, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function broken(): never {
  throw new Error('broken');
}

function setup(options: Options = {}) {
  const clock = new FakeClock();
  const inner = mockService<Input, string>();
  const stops: string[] = [];
  const retries: [number, number][] = [];
  const layer = retryLayer<Input, string, Input>({
    policy: { decide: ({ outcome }) => (outcome === 'error' ? {} : undefined) },
    backoff: exponentialBackoff({ jitterRatio: 0 }),
    onRetry: ({ result, delayMs }) => retries.push([result.attempt, delayMs]),
    onStop: ({ stop }) => stops.push(stop),
    clock,
    ...options,
  });
  return { clock, inner, service: layer(inner), stops, retries, budget: options.budget };
}
