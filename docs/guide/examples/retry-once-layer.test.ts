// #region setup
import { isLamellaError, LimitError, UsageError } from '@lamella/service-core';
import type { TestInput } from '@lamella/service-core/testing';
import { FakeClock, layerCases, mockService, settle, TestMark, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { retryOnceLayer } from './retry-once-layer.ts';

const busy = new LimitError({ limit: 'maxQueued', maximum: 1, observed: 2, facts: { retryable: true } });

function setUp() {
  const clock = new FakeClock();
  const inner = mockService<TestInput<string>, string>();
  return { clock, inner, service: retryOnceLayer({ delayMs: 250, clock })(inner) };
}
// #endregion setup

describe('retryOnceLayer', () => {
  // #region cases
  it.each(layerCases)('$name', ({ run }) => run(retryOnceLayer()));
  // #endregion cases

  // #region behaviour
  it('tries a second time after the pause', async () => {
    const { clock, inner, service } = setUp();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).reject(busy);

    await clock.advanceAsync(249);
    expect(inner.callCount).toBe(1);

    await clock.advanceAsync(1);
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
  });
  // #endregion behaviour

  it('gives up after the second try', async () => {
    const { clock, inner, service } = setUp();
    const output = service.serve(testInput('ping'));
    output.catch(() => {});
    (await inner.nextCall()).reject(busy);
    await clock.advanceAsync(250);
    (await inner.nextCall()).reject(busy);

    await expect(output).rejects.toBe(busy);
    expect(inner.callCount).toBe(2);
  });

  it('does not try again what may have done harm', async () => {
    const { inner, service } = setUp();
    const error = new UsageError('wrong from the start');
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).reject(error);

    await expect(output).rejects.toBe(error);
    expect(isLamellaError(error) && error.facts.retryable).toBeUndefined();
  });

  // #region abort
  it('ends the pause when the caller gives up, and leaves no timer', async () => {
    const { clock, inner, service } = setUp();
    const input = testInput('ping');
    const output = service.serve(input);
    (await inner.nextCall()).reject(busy);
    await settle();

    const reason = new Error('not wanted any more');
    input.scope.abort(reason);
    await expect(output).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });
  // #endregion abort

  // #region extensions
  it('hides from the second try what the first one wrote', async () => {
    const { clock, inner, service } = setUp();
    const output = service.serve(testInput('ping'));
    const first = await inner.nextCall();
    first.input.extensions.insert(TestMark, 'of the first try');
    first.reject(busy);

    await clock.advanceAsync(250);
    const second = await inner.nextCall();
    expect(second.input.extensions.get(TestMark)).toBeUndefined();
    second.respond('pong');
    await output;
  });
  // #endregion extensions
});
