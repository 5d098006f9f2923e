import {
  FakeClock,
  layerCases,
  type MockCall,
  mockService,
  settle,
  type TestInput,
  testInput,
} from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { timeoutLayer } from '../timeout/timeout-layer.ts';
import type { CircuitBreakerLayerOptions } from './circuit-breaker-layer.ts';
import { circuitBreakerLayer } from './circuit-breaker-layer.ts';

type Input = TestInput<string>;
type Call = MockCall<Input, string>;

describe('circuitBreakerLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(circuitBreakerLayer({ clock: new FakeClock() })));

  describe('closed', () => {
    it('opens when of minCalls in the window failureRatio have failed, not before', async () => {
      const { ok, fail, breaker } = setup({ minCalls: 4, failureRatio: 0.5 });
      await fail();
      await fail();
      await ok();
      expect(breaker.state).toBe('closed');
      await fail();
      expect(breaker.state).toBe('open');
    });

    it('stays closed below failureRatio, however many calls fail', async () => {
      const { ok, fail, breaker } = setup({ minCalls: 3, failureRatio: 0.5 });
      for (let round = 0; round < 20; round++) {
        await ok();
        await ok();
        await fail();
      }
      expect(breaker.state).toBe('closed');
    });

    it('forgets what has left the window', async () => {
      const { fail, breaker, clock } = setup({ minCalls: 3, windowMs: 1_000 });
      await fail();
      await fail();
      clock.advance(1_000);
      await fail();
      await fail();
      expect(breaker.state).toBe('closed');
      await fail();
      expect(breaker.state).toBe('open');
    });

    it('opens after maxConsecutiveFailures, which a success breaks', async () => {
      const { ok, fail, breaker } = setup({ maxConsecutiveFailures: 3 });
      await fail();
      await fail();
      await ok();
      await fail();
      await fail();
      expect(breaker.state).toBe('closed');
      await fail();
      expect(breaker.state).toBe('open');
    });

    it('counts what isFailure says, of outputs and of errors', async () => {
      const { call, breaker } = setup({
        maxConsecutiveFailures: 2,
        isFailure: (result) => (result.outcome === 'ok' ? result.output === 'bad' : result.error === 'worse'),
      });
      await call(({ respond }) => respond('bad'));
      await call(({ reject }) => reject('harmless'));
      await call(({ respond }) => respond('bad'));
      expect(breaker.state).toBe('closed');
      await call(({ reject }) => reject('worse'));
      expect(breaker.state).toBe('open');
    });

    it('does not count calls that their caller cancelled', async () => {
      const { cancel, breaker } = setup({ maxConsecutiveFailures: 1 });
      await cancel();
      expect(breaker.state).toBe('closed');
    });

    it('counts calls that took longer than their caller had time', async () => {
      const { breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1 });
      const timed = timeoutLayer({ timeoutMs: 500, clock })(service);
      const output = timed.serve(testInput('x'));
      const { input, reject } = await inner.nextCall();
      clock.advance(500);
      reject(input.scope.reason);
      await expect(output).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT' });
      await settle();
      expect(breaker.state).toBe('open');
    });
  });

  describe('open', () => {
    it('refuses calls, says for how long, and does not call the inner service', async () => {
      const { fail, breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1 });
      await fail();
      clock.advance(400);
      await expect(service.serve(testInput('x'))).rejects.toMatchObject({
        code: 'LML_ERR_CIRCUIT_OPEN',
        name: 'CircuitOpenError',
        retryAfterMs: 600,
        message: 'circuit is open for another 600 ms',
        facts: { layer: 'circuit-breaker', retryable: true },
      });
      expect(inner.callCount).toBe(1);
      expect(breaker.refused).toBe(1);
      expect(clock.pendingTimers).toBe(0);
    });

    it('lets no probe through a millisecond too early', async () => {
      const { fail, ok, breaker, clock, service } = setup({ maxConsecutiveFailures: 1 });
      await fail();
      clock.advance(999);
      await expect(service.serve(testInput('x'))).rejects.toMatchObject({ retryAfterMs: 1 });
      clock.advance(1);
      await ok();
      expect(breaker.state).toBe('closed');
    });

    it('stays open longer each time in a row, and starts anew after it was closed', async () => {
      const { fail, ok, clock, service } = setup({ maxConsecutiveFailures: 1 });
      const openForMs = () => service.serve(testInput('x')).catch((error) => error.retryAfterMs);
      await fail();
      await expect(openForMs()).resolves.toBe(1_000);
      clock.advance(1_000);
      await fail();
      await expect(openForMs()).resolves.toBe(2_000);
      clock.advance(2_000);
      await ok();
      await fail();
      await expect(openForMs()).resolves.toBe(1_000);
    });
  });

  describe('half-open', () => {
    it('lets maxProbes through, refuses the others, and closes when all have succeeded', async () => {
      const { fail, breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1, maxProbes: 2 });
      await fail();
      clock.advance(1_000);
      const probes = [service.serve(testInput('1')), service.serve(testInput('2'))];
      expect(breaker.state).toBe('half-open');
      await expect(service.serve(testInput('3'))).rejects.toMatchObject({
        retryAfterMs: 0,
        message: 'circuit is open until its probe has ended',
      });
      (await inner.nextCall()).respond('');
      await probes[0];
      expect(breaker.state).toBe('half-open');
      await expect(service.serve(testInput('4'))).rejects.toMatchObject({ code: 'LML_ERR_CIRCUIT_OPEN' });
      (await inner.nextCall()).respond('');
      await probes[1];
      expect(breaker.state).toBe('closed');
    });

    it('opens again when a probe fails', async () => {
      const { fail, breaker, clock } = setup({ maxConsecutiveFailures: 5 });
      for (let call = 0; call < 5; call++) await fail();
      clock.advance(1_000);
      await fail();
      expect(breaker.state).toBe('open');
    });

    it('lets another probe through for one that was cancelled', async () => {
      const { fail, cancel, ok, breaker, clock } = setup({ maxConsecutiveFailures: 1 });
      await fail();
      clock.advance(1_000);
      await cancel();
      expect(breaker.state).toBe('half-open');
      await ok();
      expect(breaker.state).toBe('closed');
    });

    it('opens again, for longer, when a probe has taken probeTimeoutMs, and does not listen to it any more', async () => {
      const { fail, ok, breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1, probeTimeoutMs: 5_000 });
      const refusal = () => service.serve(testInput('x')).catch((error) => error.retryAfterMs);
      await fail();
      clock.advance(1_000);
      const stuck = service.serve(testInput('stuck'));
      const stuckCall = await inner.nextCall();
      clock.advance(4_999);
      await expect(refusal()).resolves.toBe(0);
      expect(breaker.state).toBe('half-open');
      clock.advance(1);
      await expect(refusal()).resolves.toBe(2_000);
      expect(breaker.state).toBe('open');
      clock.advance(500);
      stuckCall.respond('late');
      await expect(stuck).resolves.toBe('late');
      await expect(refusal()).resolves.toBe(1_500);
      clock.advance(1_500);
      await ok();
      expect(breaker.state).toBe('closed');
    });

    it('makes a probe of the first call, where a probe that never ended and the time after it are long gone', async () => {
      const { fail, ok, breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1 });
      await fail();
      clock.advance(1_000);
      void service.serve(testInput('stuck'));
      await inner.nextCall();
      clock.advance(30_000 + 2_000);
      await ok();
      expect(breaker.state).toBe('closed');
    });

    it('takes a success that comes too late for none, though nobody called in between', async () => {
      const { fail, breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1, probeTimeoutMs: 5_000 });
      await fail();
      clock.advance(1_000);
      const probe = service.serve(testInput('slow'));
      clock.advance(5_000);
      (await inner.nextCall()).respond('late');
      await probe;
      expect(breaker.state).toBe('open');
    });

    it('looks at the oldest of several probes', async () => {
      const { fail, breaker, clock, inner, service } = setup({
        maxConsecutiveFailures: 1,
        maxProbes: 2,
        probeTimeoutMs: 5_000,
      });
      await fail();
      clock.advance(1_000);
      const first = service.serve(testInput('1'));
      clock.advance(4_000);
      void service.serve(testInput('2'));
      (await inner.nextCall()).respond('');
      await first;
      clock.advance(4_999);
      await service.serve(testInput('x')).catch(() => {});
      expect(breaker.state).toBe('half-open');
      clock.advance(1);
      await service.serve(testInput('x')).catch(() => {});
      expect(breaker.state).toBe('open');
    });

    it('does not listen to calls from before', async () => {
      const { fail, breaker, clock, inner, service } = setup({ maxConsecutiveFailures: 1 });
      const slow = service.serve(testInput('slow'));
      const slowCall = await inner.nextCall();
      await fail();
      clock.advance(1_000);
      const probe = service.serve(testInput('probe'));
      slowCall.respond('');
      await slow;
      expect(breaker.state).toBe('half-open');
      (await inner.nextCall()).respond('');
      await probe;
      expect(breaker.state).toBe('closed');
    });
  });

  it('tells of each change', async () => {
    const changes: string[] = [];
    const { fail, ok, clock } = setup({
      maxConsecutiveFailures: 1,
      onStateChange: ({ from, to }) => changes.push(`${from} > ${to}`),
    });
    await fail();
    clock.advance(1_000);
    await ok();
    expect(changes).toEqual(['closed > open', 'open > half-open', 'half-open > closed']);
  });

  it('rejects with what isFailure throws, frees the output and the probe', async () => {
    const dispose = vi.fn();
    const breaker = circuitBreakerLayer({
      isFailure: () => {
        throw new Error('judge');
      },
    });
    const service = breaker({ serve: async (_input: string) => ({ [Symbol.dispose]: dispose }) });
    await expect(service.serve('x')).rejects.toThrow('judge');
    expect(dispose).toHaveBeenCalledOnce();
    const failing = breaker({ serve: async (_input: string) => Promise.reject(new Error('inner')) });
    await expect(failing.serve('x')).rejects.toThrow('judge');
  });

  it('counts a service that throws as failing', async () => {
    const breaker = circuitBreakerLayer({ maxConsecutiveFailures: 1 });
    const service = breaker<string, string>({
      serve() {
        throw new Error('thrown');
      },
    });
    await expect(service.serve('x')).rejects.toThrow('thrown');
    expect(breaker.state).toBe('open');
  });

  it.each([
    [{ failureRatio: 0 }, /^failureRatio must be from .* to 1, got 0$/],
    [{ failureRatio: 1.1 }, /^failureRatio must be from .* to 1, got 1.1$/],
    [{ minCalls: 0 }, 'minCalls must be an integer >= 1 or Infinity, got 0'],
    [{ windowMs: 99 }, 'windowMs must be from 100 to 3600000, got 99'],
    [{ maxConsecutiveFailures: 0 }, 'maxConsecutiveFailures must be an integer >= 1 or Infinity, got 0'],
    [{ maxProbes: 0 }, 'maxProbes must be an integer >= 1 or Infinity, got 0'],
    [{ maxProbes: Number.POSITIVE_INFINITY }, 'maxProbes must be finite, got Infinity'],
    [{ probeTimeoutMs: 0 }, 'probeTimeoutMs must be > 0, got 0'],
    [{ openBackoff: {} }, 'openBackoff.delayMs must be a function, got undefined'],
    [{ isFailure: 1 }, 'isFailure must be a function, got number'],
    [{ onStateChange: 1 }, 'onStateChange must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const make = () => circuitBreakerLayer(options as never);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

function setup(options: Omit<CircuitBreakerLayerOptions<string>, 'clock'>) {
  const clock = new FakeClock();
  const inner = mockService<Input, string>();
  const openBackoff = { delayMs: (opening: number) => 1_000 * opening };
  const breaker = circuitBreakerLayer({ openBackoff, ...options, clock });
  const service = breaker(inner);
  const call = async (answer: (call: Call) => void) => {
    const output = service.serve(testInput('x'));
    answer(await inner.nextCall());
    await Promise.allSettled([output]);
  };
  return {
    clock,
    inner,
    breaker,
    service,
    call,
    ok: () => call(({ respond }) => respond('fine')),
    fail: () => call(({ reject }) => reject(new Error('no'))),
    cancel: () =>
      call(({ input, reject }) => {
        input.scope.abort('enough');
        reject('enough');
      }),
  };
}
