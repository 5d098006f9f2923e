import { serviceInput } from '@lamella/service-core';
import { FakeClock, layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { listenersOf } from '../../test/support/limit-setup.ts';
import type { LoadShedLayerOptions } from './load-shed-layer.ts';
import { loadShedLayer } from './load-shed-layer.ts';

type Input = TestInput<string>;

describe('loadShedLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(loadShedLayer({ maxConcurrent: 2, clock: new FakeClock() })));

  it('lets maxConcurrent calls through and buffers a burst, in the order of arrival', async () => {
    const { clock, serve, answer, served, shed } = setup({ maxConcurrent: 2 });
    const outputs = ['a', 'b', 'c', 'd'].map(serve);
    expect([shed.active, shed.queued]).toEqual([2, 2]);
    for (let call = 0; call < 4; call++) await answer();
    await Promise.all(outputs);
    expect(served).toEqual(['a', 'b', 'c', 'd']);
    expect([shed.active, shed.queued, shed.shed, clock.pendingTimers]).toEqual([0, 0, 0, 0]);
  });

  it('lets a burst wait for intervalMs, and no longer', async () => {
    const { clock, serve, shed } = setup({});
    void serve('active');
    const output = serve('waiting');
    output.catch(() => {});
    await clock.advanceAsync(99);
    expect([shed.queued, shed.isOverloaded]).toEqual([1, false]);
    await clock.advanceAsync(1);
    await expect(output).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      facts: { layer: 'load-shed', phase: 'queue', retryable: true },
    });
    expect([shed.queued, shed.shed, clock.pendingTimers]).toEqual([0, 1, 0]);
  });

  it('lets nobody wait longer than targetMs once the queue has not been empty for intervalMs', async () => {
    const { clock, serve, answer, shed } = setup({});
    const results = new Map<string, string>();
    const track = (value: string) =>
      serve(value).then(
        () => results.set(value, 'ok'),
        (error) => results.set(value, error.limit),
      );
    void track('active');
    void track('first');
    await clock.advanceAsync(60);
    void track('second');
    await clock.advanceAsync(30);
    await answer(); // `first` is next; `second` still waits, so the queue has not been empty
    await clock.advanceAsync(5);
    void track('third');
    await clock.advanceAsync(5);
    // 100 ms: `second` has waited for 40, more than 10, and goes; `third` has waited for 5.
    expect(Object.fromEntries(results)).toEqual({ active: 'ok', second: 'targetMs' });
    expect(shed.isOverloaded).toBe(true);
    await clock.advanceAsync(4);
    expect(results.get('third')).toBeUndefined();
    await clock.advanceAsync(1);
    expect(results.get('third')).toBe('targetMs');
    expect(shed.queued).toBe(0);
    expect(shed.isOverloaded).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    await answer();
  });

  it('is patient again when the queue was empty', async () => {
    const { clock, serve, answer, shed } = setup({});
    const failed = Promise.allSettled([serve('active'), serve('too long')]);
    await clock.advanceAsync(100);
    expect(shed.shed).toBe(1);
    const output = serve('waits');
    await clock.advanceAsync(90);
    await answer();
    await answer();
    await expect(output).resolves.toBe('');
    await failed;
  });

  it.each([
    ['adaptive-lifo', ['active', 'old', 'newest', 'newer']],
    ['fifo', ['active', 'old', 'newer', 'newest']],
  ] as const)('serves %s while overloaded', async (order, expected) => {
    const { clock, serve, answer, served, shed } = setup({ order });
    const outputs = [serve('active'), serve('old')];
    await clock.advanceAsync(50);
    outputs.push(serve('filler'));
    void outputs[2]?.catch(() => {});
    await answer(); // `old` goes on, `filler` keeps the queue from getting empty
    await clock.advanceAsync(45);
    outputs.push(serve('newer'));
    await clock.advanceAsync(1);
    outputs.push(serve('newest'));
    await clock.advanceAsync(4); // 100 ms: overloaded, `filler` goes
    expect([shed.isOverloaded, shed.shed, shed.queued]).toEqual([true, 1, 2]);
    for (let call = 0; call < 3; call++) await answer();
    await Promise.allSettled(outputs);
    expect(served).toEqual(expected);
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses beyond maxQueued at once', async () => {
    const { serve, shed, answer } = setup({ maxQueued: 1 });
    const outputs = [serve('active'), serve('waiting')];
    await expect(serve('too many')).rejects.toMatchObject({ limit: 'maxQueued', maximum: 1, observed: 2 });
    expect(shed.shed).toBe(1);
    await answer();
    await answer();
    await Promise.all(outputs);
  });

  it.each(['first', 'middle', 'last'])('lets the %s leave on an abort, and leaves nothing behind', async (who) => {
    const { clock, service, serve, answer, served } = setup({});
    const controller = new AbortController();
    const outputs = [serve('active')];
    for (const place of ['first', 'middle', 'last']) {
      const signal = place === who ? controller.signal : new AbortController().signal;
      outputs.push(service.serve(serviceInput(place, { signal })));
    }
    const ended = Promise.allSettled(outputs);
    controller.abort('enough');
    for (let call = 0; call < 3; call++) await answer();
    expect((await ended).filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: 'enough' },
    ]);
    expect(served).toEqual(['active', 'first', 'middle', 'last'].filter((place) => place !== who));
    expect(clock.pendingTimers).toBe(0);
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('frees the slot of a service that throws, and takes none for an input that is aborted', async () => {
    const shed = loadShedLayer({ maxConcurrent: 1 });
    const service = shed<Input, string>({
      serve() {
        throw new Error('thrown');
      },
    });
    await expect(service.serve(testInput(''))).rejects.toThrow('thrown');
    const input = testInput('');
    input.scope.abort('enough');
    await expect(service.serve(input)).rejects.toBe('enough');
    expect(shed.active).toBe(0);
  });

  it.each([
    [{ maxConcurrent: 0 }, 'maxConcurrent must be an integer >= 1 or Infinity, got 0'],
    [{ targetMs: 0 }, 'targetMs must be > 0, got 0'],
    [{ intervalMs: 0 }, 'intervalMs must be > 0, got 0'],
    [{ targetMs: 200 }, 'targetMs must be less than intervalMs, and that finite, got 200 and 200'],
    [
      { intervalMs: Number.POSITIVE_INFINITY },
      'targetMs must be less than intervalMs, and that finite, got 20 and Infinity',
    ],
    [{ maxQueued: 0 }, 'maxQueued must be an integer >= 1 or Infinity, got 0'],
    [{ order: 'lifo' }, "order must be 'fifo' or 'adaptive-lifo', got lifo"],
  ])('refuses %o', (options, message) => {
    const make = () => loadShedLayer({ maxConcurrent: 1, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Partial<Omit<LoadShedLayerOptions, 'clock'>>) {
  const clock = new FakeClock();
  const inner = mockService<Input, string>();
  const shed = loadShedLayer({ maxConcurrent: 1, targetMs: 10, intervalMs: 100, ...options, clock });
  const service = shed(inner);
  const served: string[] = [];
  return {
    clock,
    shed,
    service,
    served,
    serve: (value: string) => service.serve(testInput(value)),
    answer: async () => {
      const { input, respond } = await inner.nextCall();
      served.push(input.value);
      respond('');
      await settle();
    },
  };
}
