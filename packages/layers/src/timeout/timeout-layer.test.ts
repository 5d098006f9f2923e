import { getEventListeners } from 'node:events';
import { serviceInput } from '@lamella/service-core';
import { FakeClock, layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { timeoutLayer } from './timeout-layer.ts';

describe('timeoutLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(timeoutLayer({ timeoutMs: 250, clock: new FakeClock() })));

  it('rejects and aborts the inner service when timeoutMs elapses', async () => {
    const { clock, inner, service } = setup();
    const output = service.serve(testInput('ping'));
    const { input } = await inner.nextCall();

    clock.advance(249);
    expect(input.signal.aborted).toBe(false);

    clock.advance(1);
    await expect(output).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 250 });
    expect(input.signal.reason).toMatchObject({ code: 'LML_ERR_TIMEOUT' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when the inner service answers in time', async () => {
    const { clock, inner, service } = setup();
    const output = service.serve(testInput('ping'));
    expect(clock.pendingTimers).toBe(1);
    clock.advance(249);
    (await inner.nextCall()).respond('pong');

    await expect(output).resolves.toBe('pong');
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when the inner service fails, by rejection or by throwing', async () => {
    const { clock, inner, service } = setup();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).reject(new Error('no'));
    await expect(output).rejects.toThrow('no');

    const throwing = timeoutLayer({ timeoutMs: 250, clock })<TestInput<string>, string>({
      serve() {
        throw new Error('thrown');
      },
    });
    await expect(throwing.serve(testInput('ping'))).rejects.toThrow('thrown');
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with the reason of the caller at once, also if the inner service does not listen', async () => {
    const { clock, inner, service } = setup();
    const input = testInput('ping');
    const reason = new Error('caller gave up');
    const output = service.serve(input);
    const call = await inner.nextCall();

    input.scope.abort(reason);
    await expect(output).rejects.toBe(reason);
    expect(call.input.scope.reason).toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not call the inner service for an input that is aborted already', async () => {
    const { clock, inner, service } = setup();
    const input = testInput('ping');
    input.scope.abort('before');
    await expect(service.serve(input)).rejects.toBe('before');
    expect(inner.callCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('aborts the inner call only, so the caller may try again with the same input', async () => {
    const { clock, inner, service } = setup();
    const input = testInput('ping');
    const first = service.serve(input);
    await inner.nextCall();
    clock.advance(250);
    await expect(first).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT' });

    expect(input.scope.aborted).toBe(false);
    const second = service.serve(input);
    (await inner.nextCall()).respond('pong');
    await expect(second).resolves.toBe('pong');
  });

  it('disposes an output that comes too late, and observes a late failure', async () => {
    const clock = new FakeClock();
    const inner = mockService<TestInput<string>, Disposable>();
    const service = timeoutLayer({ timeoutMs: 250, clock })(inner);
    const outputs = [service.serve(testInput('one')), service.serve(testInput('two'))];
    const calls = [await inner.nextCall(), await inner.nextCall()];
    clock.advance(250);
    for (const output of outputs) await expect(output).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT' });

    let disposed = 0;
    calls[0]?.respond({ [Symbol.dispose]: () => void disposed++ });
    calls[1]?.reject(new Error('late')); // an unhandled rejection would fail the run
    await settle();
    expect(disposed).toBe(1);
  });

  it('lets the shorter of two nested limits win', async () => {
    const clock = new FakeClock();
    const inner = mockService<TestInput<string>, string>();
    const service = timeoutLayer({ timeoutMs: 100, clock })(timeoutLayer({ timeoutMs: 50, clock })(inner));
    const output = service.serve(testInput('ping'));
    clock.advance(50);
    await expect(output).rejects.toMatchObject({ timeoutMs: 50 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('never elapses with an infinite limit', async () => {
    const clock = new FakeClock();
    const inner = mockService<TestInput<string>, string>();
    const output = timeoutLayer({ timeoutMs: Number.POSITIVE_INFINITY, clock })(inner).serve(testInput('ping'));
    clock.advance(1e12);
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['respond', 'reject', 'time out', 'abort'] as const)('leaves no listener behind after: %s', async (end) => {
    const { clock, inner, service } = setup();
    const controller = new AbortController();
    const output = service.serve(serviceInput('ping', { signal: controller.signal }));
    const call = await inner.nextCall();
    expect(listenersOf(controller.signal)).toBe(1);

    if (end === 'respond') call.respond('pong');
    else if (end === 'reject') call.reject(new Error('no'));
    else if (end === 'time out') clock.advance(250);
    else controller.abort('enough');
    await Promise.allSettled([output]);
    call.respond('late, if it was not answered before');
    await settle();
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it.each([0, -1, Number.NaN, '250' as unknown as number])('refuses a timeoutMs of %s', (timeoutMs) => {
    expect(() => timeoutLayer({ timeoutMs })).toThrow('timeoutMs must be > 0');
    expect(() => timeoutLayer({ timeoutMs })).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

function setup() {
  const clock = new FakeClock();
  const inner = mockService<TestInput<string>, string>();
  const layer = timeoutLayer({ timeoutMs: 250, clock });
  return { clock, inner, service: layer(inner) };
}

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}
