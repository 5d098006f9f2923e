import { describe, expect, it } from 'vitest';
import type { PolyLayer } from '../service/layer.ts';
import { FakeClock } from './fake-clock.ts';
import { layerCases } from './layer-cases.ts';
import { mockService } from './mock-service.ts';

describe('FakeClock', () => {
  it('elapses timers at their own time, in order, also those that callbacks start', () => {
    const clock = new FakeClock({ epochMs: 1_000 });
    const log: string[] = [];
    clock.startTimer(20, () => log.push(`late ${clock.nowMs()}`));
    clock.startTimer(10, () => {
      log.push(`early ${clock.nowMs()}`);
      clock.startTimer(5, () => log.push(`nested ${clock.nowMs()}`));
    });
    clock.startTimer(10, () => log.push('second of two'));
    clock.startTimer(Number.POSITIVE_INFINITY, () => log.push('never')).cancel();
    expect(clock.nextTimerMs).toBe(10);
    clock.advance(30);
    expect(log).toEqual(['early 10', 'second of two', 'nested 15', 'late 20']);
    expect(clock.nowMs()).toBe(30);
    expect(clock.epochMs()).toBe(1_030);
    expect(clock.pendingTimers).toBe(0);
    expect(clock.nextTimerMs).toBeUndefined();
  });

  it('keeps the order of many timers, with some cancelled', () => {
    const clock = new FakeClock();
    const elapsed: number[] = [];
    const delays = Array.from({ length: 500 }, (_, index) => (index * 7919) % 501);
    const timers = delays.map((delayMs) => clock.startTimer(delayMs, () => elapsed.push(delayMs)));
    for (let index = 0; index < timers.length; index += 3) timers[index]?.cancel();
    expect(clock.pendingTimers).toBe(500 - Math.ceil(500 / 3));
    clock.advance(501);
    const expected = delays.filter((_, index) => index % 3 !== 0).sort((first, second) => first - second);
    expect(elapsed).toEqual(expected);
  });

  it('lets promises run between timers in advanceAsync', async () => {
    const clock = new FakeClock();
    const log: number[] = [];
    const tick = async (): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        await new Promise<void>((resolve) => clock.startTimer(10, resolve));
        log.push(clock.nowMs());
      }
    };
    const done = tick();
    await clock.advanceAsync(100);
    await done;
    expect(log).toEqual([10, 20, 30]);
  });
});

describe('mockService', () => {
  it('hands out calls in order, waiting for those to come', async () => {
    const service = mockService<number, string>();
    const taken = service.nextCall();
    const first = service.serve(1);
    const second = service.serve(2);
    const failed = service.serve(3);
    (await taken).respond('one');
    (await service.nextCall()).respond('two');
    (await service.nextCall()).reject(new Error('three'));
    expect(await first).toBe('one');
    expect(await second).toBe('two');
    await expect(failed).rejects.toThrow('three');
    expect(service.callCount).toBe(3);
  });
});

describe('layerCases', () => {
  const transparent: PolyLayer = (inner) => ({ serve: async (input) => inner.serve(input) });
  it.each(layerCases)('a transparent layer: $name', ({ run }) => run(transparent));

  it('catch a layer that changes the output, swallows errors, throws, or hides the input', async () => {
    const broken: Record<
      string,
      (typeof layerCases)[number]['run'] extends (subject: infer S) => unknown ? S : never
    > = {
      'changes the output': (inner) => ({ serve: async (input) => `${await inner.serve(input)}!` }),
      'swallows errors': (inner) => ({ serve: (input) => inner.serve(input).catch(() => 'fine') }),
      'throws synchronously': (inner) => ({ serve: (input) => inner.serve(input) }),
      'hides abort and extensions': (inner) => ({
        serve: async (input) => inner.serve(input.fork({ signal: new AbortController().signal })),
      }),
      'aborts when it is done': (inner) => ({
        async serve(input) {
          const output = await inner.serve(input);
          input.scope.abort('done');
          return output;
        },
      }),
    };
    for (const [name, subject] of Object.entries(broken)) {
      const results = await Promise.allSettled(layerCases.map(({ run }) => run(subject)));
      expect(
        results.some((result) => result.status === 'rejected'),
        name,
      ).toBe(true);
    }
  });
});
