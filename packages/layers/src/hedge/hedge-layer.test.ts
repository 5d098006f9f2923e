import { serviceInput } from '@lamella/service-core';
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
import type { HedgeLayerOptions } from './hedge-layer.ts';
import { hedgeLayer } from './hedge-layer.ts';

type Input = TestInput<string>;

describe('hedgeLayer', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(hedgeLayer({ isSafe: () => true, delayMs: 100, clock: new FakeClock() })),
  );

  it.each(layerCases)('for an input that is not safe: $name', ({ run }) =>
    run(hedgeLayer({ isSafe: () => false, delayMs: 100, clock: new FakeClock() })),
  );

  it.each([async () => true, () => 1, () => 'yes'])('takes %s of isSafe for no yes', async (isSafe) => {
    const { clock, inner, service } = setup({ isSafe: isSafe as never });
    const output = service.serve(testInput('pay'));
    await clock.advanceAsync(1_000);
    expect(inner.callCount).toBe(1);
    (await inner.nextCall()).respond('paid');
    await expect(output).resolves.toBe('paid');
  });

  it('asks once when the answer comes in time', async () => {
    const { clock, inner, service, hedge } = setup({});
    const output = service.serve(testInput('ping'));
    await clock.advanceAsync(99);
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
    await clock.advanceAsync(1_000);
    expect(inner.callCount).toBe(1);
    expect(hedge.hedges).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks once more after delayMs, takes the first answer, and aborts and discards the other', async () => {
    const discard = vi.fn();
    const { clock, inner, service, hedge } = setup({ discard });
    const output = service.serve(testInput('ping'));
    const first = await inner.nextCall();
    await clock.advanceAsync(100);
    const second = await inner.nextCall();
    expect(hedge.hedges).toBe(1);
    second.respond('from the second');
    await expect(output).resolves.toBe('from the second');
    expect(first.input.scope.reason).toMatchObject({
      code: 'LML_ERR_CLOSED',
      message: 'another attempt has answered first',
    });
    expect(second.input.scope.aborted).toBe(false);
    first.respond('from the first');
    await settle();
    expect(discard).toHaveBeenCalledExactlyOnceWith('from the first');
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the answer, and ends all the others, also if one of them fails to end', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { clock, inner, service } = setup({ maxHedges: 2 });
    const output = service.serve(testInput('ping'));
    await clock.advanceAsync(200);
    const losers = [await inner.nextCall(), await inner.nextCall()];
    for (const { input } of losers) {
      input.scope.onAbort(() => {
        throw new Error('broken listener');
      });
    }
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
    expect(losers.map(({ input }) => input.scope.aborted)).toEqual([true, true]);
    expect(said).toHaveBeenCalledTimes(2);
    said.mockRestore();
    for (const { respond } of losers) respond('late');
  });

  it('asks no more than maxHedges times more, each after another wait', async () => {
    const { clock, inner, service } = setup({ maxHedges: 2 });
    const output = service.serve(testInput('ping'));
    await clock.advanceAsync(199);
    expect(inner.callCount).toBe(2);
    await clock.advanceAsync(1);
    expect(inner.callCount).toBe(3);
    await clock.advanceAsync(10_000);
    expect(inner.callCount).toBe(3);
    (await inner.nextCall()).respond('pong');
    await output;
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives each attempt a store of its own, with its number', async () => {
    const { clock, inner, service } = setup({});
    const input = testInput('ping');
    const output = service.serve(input);
    const first = await inner.nextCall();
    first.input.extensions.insert(TestMark, 'first');
    await clock.advanceAsync(100);
    const second = await inner.nextCall();
    expect([first, second].map((call) => call.input.extensions.get(AttemptNumber))).toEqual([1, 2]);
    expect(second.input.extensions.get(TestMark)).toBeUndefined();
    second.respond('pong');
    await output;
    expect(input.extensions.get(TestMark)).toBeUndefined();
  });

  it('makes attempts of what prepare gives', async () => {
    const { clock, inner, service } = setup({
      prepare: (input, attempt) => serviceInput(`${input.value} ${attempt}`).fork({ scope: input.scope }),
    });
    const output = service.serve(testInput('ping'));
    await clock.advanceAsync(100);
    const calls = [await inner.nextCall(), await inner.nextCall()];
    expect(calls.map(({ input }) => input.value)).toEqual(['ping 1', 'ping 2']);
    calls[0]?.respond('pong');
    await output;
  });

  describe('an error', () => {
    it('ends the call when nothing else is under way', async () => {
      const { clock, inner, service } = setup({});
      const output = service.serve(testInput('ping'));
      (await inner.nextCall()).reject(new Error('no'));
      await expect(output).rejects.toThrow('no');
      expect(clock.pendingTimers).toBe(0);
    });

    it('waits for the other attempt', async () => {
      const { clock, inner, service } = setup({});
      const output = service.serve(testInput('ping'));
      await clock.advanceAsync(100);
      (await inner.nextCall()).reject(new Error('no'));
      await settle();
      (await inner.nextCall()).respond('pong');
      await expect(output).resolves.toBe('pong');
    });

    it('that comes last is the error of the call', async () => {
      const { clock, inner, service } = setup({});
      const output = service.serve(testInput('ping'));
      output.catch(() => {});
      await clock.advanceAsync(100);
      (await inner.nextCall()).reject(new Error('first'));
      (await inner.nextCall()).reject(new Error('second'));
      await expect(output).rejects.toThrow('second');
    });
  });

  it('rejects at once when the caller aborts, aborts all attempts with the same reason, and leaves nothing behind', async () => {
    const discard = vi.fn();
    const { clock, inner, service } = setup({ discard, maxHedges: 2 });
    const controller = new AbortController();
    const output = service.serve(serviceInput('ping', { signal: controller.signal }));
    output.catch(() => {});
    await clock.advanceAsync(100);
    const calls = [await inner.nextCall(), await inner.nextCall()];
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(output).rejects.toBe(reason);
    for (const call of calls) {
      expect(call.input.scope.reason).toBe(reason);
      call.respond('late');
    }
    await settle();
    expect(discard).toHaveBeenCalledTimes(2);
    expect(clock.pendingTimers).toBe(0);
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('lets what streams on after the output hear of the abort of the caller', async () => {
    const { inner, service } = setup({});
    const input = testInput('ping');
    const output = service.serve(input);
    const call = await inner.nextCall();
    const heard: unknown[] = [];
    call.input.scope.onAbort((reason) => heard.push(reason));
    call.respond('pong');
    await output;
    input.scope.abort('enough');
    expect(heard).toEqual(['enough']);
  });

  it('does not hedge when the budget is empty', async () => {
    const budget = { deposit: vi.fn(), tryWithdraw: vi.fn(() => false), balance: 0 };
    const { clock, inner, service, hedge } = setup({ budget });
    const output = service.serve(testInput('ping'));
    await clock.advanceAsync(1_000);
    expect(inner.callCount).toBe(1);
    expect([budget.deposit, budget.tryWithdraw].map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
    expect(hedge.hedges).toBe(0);
    (await inner.nextCall()).respond('pong');
    await output;
  });

  it('has a budget of one for ten calls and one a second by default', async () => {
    const { clock, inner, service, hedge } = setup({});
    const outputs = Array.from({ length: 100 }, () => service.serve(testInput('ping')));
    await clock.advanceAsync(100);
    expect(hedge.hedges).toBe(20); // a tenth of 100, and 10 for the window of 10 s
    for (let call = 0; call < inner.callCount; call++) (await inner.nextCall()).respond('pong');
    await Promise.all(outputs);
  });

  it('waits for the percentile once enough calls are known', async () => {
    const { clock, inner, service, hedge } = setup({ percentile: 0.9, minSamples: 10 });
    expect(hedge.delayMs).toBe(100);
    for (let call = 1; call <= 10; call++) {
      const output = service.serve(testInput('ping'));
      clock.advance(call);
      (await inner.nextCall()).respond('pong');
      await output;
      expect(hedge.delayMs).toBe(call < 10 ? 100 : 10);
    }
    void service.serve(testInput('ping'));
    await clock.advanceAsync(9);
    expect(inner.callCount).toBe(11);
    await clock.advanceAsync(1);
    expect(inner.callCount).toBe(12);
  });

  it.each([
    [{ isSafe: 1 }, 'isSafe must be a function, got number'],
    [{ delayMs: 0 }, 'delayMs must be > 0, got 0'],
    [{ delayMs: Number.POSITIVE_INFINITY }, 'delayMs must be finite, got Infinity'],
    [{ percentile: 0 }, 'percentile must be > 0 and < 1, got 0'],
    [{ percentile: 1 }, 'percentile must be > 0 and < 1, got 1'],
    [{ minSamples: 0 }, 'minSamples must be an integer >= 1 or Infinity, got 0'],
    [{ minSamples: 257 }, 'minSamples must be from 1 to 256, got 257'],
    [{ maxHedges: 0 }, 'maxHedges must be an integer >= 1 or Infinity, got 0'],
    [{ prepare: 1 }, 'prepare must be a function, got number'],
    [{ discard: 1 }, 'discard must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const make = () => hedgeLayer({ isSafe: () => true, delayMs: 1, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Partial<Omit<HedgeLayerOptions<Input, string, Input>, 'clock'>>) {
  const clock = new FakeClock();
  const inner = mockService<Input, string>();
  const hedge = hedgeLayer<Input, string, Input>({ isSafe: () => true, delayMs: 100, ...options, clock });
  return { clock, inner, hedge, service: hedge(inner) };
}
