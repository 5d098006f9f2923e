import { createLifecycle, serviceInput } from '@lamella/service-core';
import { FakeClock, layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import type { CallResult } from '../shared/call-result.ts';
import type { ShadowLayerOptions } from './shadow-layer.ts';
import { shadowLayer } from './shadow-layer.ts';

type Input = TestInput<string>;

describe('shadowLayer', () => {
  it.each(layerCases)('$name', ({ run }) => {
    const service = { serve: () => new Promise<never>(() => {}) };
    return run(shadowLayer({ service, copy: (input: Input) => serviceInput(input.value), clock: new FakeClock() }));
  });

  it('makes the call first, and returns its promise as it is', () => {
    const order: string[] = [];
    const promise = Promise.resolve('pong');
    const shadow = shadowLayer({
      service: { serve: async () => void order.push('shadow') },
      copy: (input: Input) => {
        order.push('copy');
        return serviceInput(input.value);
      },
    });
    const service = shadow({
      serve: (_input: Input) => {
        order.push('call');
        return promise;
      },
    });
    expect(service.serve(testInput('ping'))).toBe(promise);
    expect(order).toEqual(['copy', 'call', 'shadow']);
  });

  it('tells how copies end, and disposes outputs after that', async () => {
    const results: CallResult[] = [];
    const discard = vi.fn();
    const { call, shadow, service, clock } = setup({ onResult: ({ result }) => results.push(result), discard });
    await service.serve(testInput('ping'));
    const first = await shadow.nextCall();
    expect(first.input.value).toBe('copy of ping');
    first.respond('shadow pong');
    await settle();
    expect(discard).toHaveBeenCalledExactlyOnceWith('shadow pong');
    await service.serve(testInput('ping'));
    const error = new Error('no');
    (await shadow.nextCall()).reject(error);
    await settle();
    expect(results).toEqual([
      { outcome: 'ok', output: 'shadow pong' },
      { outcome: 'error', error },
    ]);
    expect([call.active, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('goes on when the caller has gone', async () => {
    const { shadow, service } = setup({});
    const input = testInput('ping');
    await service.serve(input);
    const call = await shadow.nextCall();
    input.scope.abort('enough');
    expect(call.input.scope.aborted).toBe(false);
    call.respond('');
  });

  it('aborts a copy after timeoutMs', async () => {
    const results: CallResult[] = [];
    const { shadow, service, clock, call } = setup({ timeoutMs: 500, onResult: ({ result }) => results.push(result) });
    await service.serve(testInput('ping'));
    const copy = await shadow.nextCall();
    clock.advance(499);
    expect(copy.input.scope.aborted).toBe(false);
    clock.advance(1);
    expect(copy.input.scope.reason).toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 500 });
    await settle();
    expect(results).toMatchObject([{ outcome: 'error', error: { code: 'LML_ERR_TIMEOUT' } }]);
    expect([call.active, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('frees what a copy gives after timeoutMs, or after the caller has gone, once, and tells nobody of it', async () => {
    const results: CallResult[] = [];
    const discard = vi.fn();
    const { shadow, service, clock, call } = setup({
      timeoutMs: 500,
      onResult: ({ result }) => results.push(result),
      discard,
    });
    await service.serve(testInput('ping'));
    const copy = await shadow.nextCall();
    clock.advance(500);
    await settle();
    expect(discard).not.toHaveBeenCalled();
    copy.respond('late');
    await settle();
    expect(discard).toHaveBeenCalledExactlyOnceWith('late');
    expect(results).toMatchObject([{ outcome: 'error' }]);
    expect([call.active, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('disposes a late output once, if nothing else is said', async () => {
    const clock = new FakeClock();
    const dispose = vi.fn();
    const gate = Promise.withResolvers<Disposable>();
    const shadow = shadowLayer({
      service: { serve: () => gate.promise },
      copy: (input: Input) => serviceInput(input.value),
      timeoutMs: 500,
      clock,
    });
    await shadow({ serve: async (_input: Input) => 'pong' }).serve(testInput('ping'));
    clock.advance(500);
    gate.resolve({ [Symbol.dispose]: dispose });
    await settle();
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('has no more than maxConcurrent copies under way, and counts the others', async () => {
    const { shadow, service, call } = setup({ maxConcurrent: 2 });
    for (let input = 0; input < 5; input++) await service.serve(testInput('ping'));
    expect(shadow.callCount).toBe(2);
    expect([call.active, call.skipped]).toEqual([2, 3]);
    (await shadow.nextCall()).respond('');
    await settle();
    await service.serve(testInput('ping'));
    expect(shadow.callCount).toBe(3);
  });

  it.each([
    [0, 0.0, 0],
    [0.5, 0.49, 1],
    [0.5, 0.5, 0],
    [1, 0.999, 1],
  ])('with a ratio of %d and %d drawn makes %d copies', async (ratio, drawn, copies) => {
    const { shadow, service } = setup({ ratio, random: () => drawn });
    await service.serve(testInput('ping'));
    expect(shadow.callCount).toBe(copies);
  });

  it('leaves out what copy does not copy, and reports what it throws', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { shadow, service } = setup({
      copy: (input) => {
        if (input.value === 'bad') throw new Error('copy');
        return undefined;
      },
    });
    await expect(service.serve(testInput('ping'))).resolves.toBe('PING');
    expect(reported).not.toHaveBeenCalled();
    await expect(service.serve(testInput('bad'))).resolves.toBe('BAD');
    expect(reported).toHaveBeenCalledExactlyOnceWith('lamella: hook copy failed:', expect.any(Error));
    expect(shadow.callCount).toBe(0);
    reported.mockRestore();
  });

  it('does not let a service that throws reach the caller', async () => {
    const results: CallResult[] = [];
    const { service } = setup({
      service: {
        serve() {
          throw new Error('thrown');
        },
      },
      onResult: ({ result }) => results.push(result),
    });
    await expect(service.serve(testInput('ping'))).resolves.toBe('PING');
    await settle();
    expect(results).toMatchObject([{ outcome: 'error', error: { message: 'thrown' } }]);
  });

  it('is waited for by a drain', async () => {
    const lifecycle = createLifecycle();
    const { shadow, service } = setup({ lifecycle });
    await service.serve(testInput('ping'));
    let isDrained = false;
    const drained = lifecycle.drain().then((report) => {
      isDrained = true;
      return report;
    });
    await settle();
    expect(isDrained).toBe(false);
    (await shadow.nextCall()).respond('');
    expect((await drained).unfinishedTasks).toEqual([]);
  });

  it.each([
    [{ service: {} }, 'service.serve must be a function, got undefined'],
    [{ copy: 1 }, 'copy must be a function, got number'],
    [{ ratio: 1.1 }, 'ratio must be from 0 to 1, got 1.1'],
    [{ maxConcurrent: 0 }, 'maxConcurrent must be an integer >= 1 or Infinity, got 0'],
    [{ timeoutMs: 0 }, 'timeoutMs must be > 0, got 0'],
    [{ discard: 1 }, 'discard must be a function, got number'],
    [{ onResult: 1 }, 'onResult must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const make = () => shadowLayer({ service: mockService(), copy: () => undefined, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Partial<ShadowLayerOptions<Input, Input, string>>) {
  const clock = new FakeClock();
  const shadow = mockService<Input, string>();
  const call = shadowLayer<Input, Input, string>({
    service: shadow,
    copy: (input) => serviceInput(`copy of ${input.value}`),
    ...options,
    clock,
  });
  return { clock, shadow, call, service: call({ serve: async (input: Input) => input.value.toUpperCase() }) };
}
