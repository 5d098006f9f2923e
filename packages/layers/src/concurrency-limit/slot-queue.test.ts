import { serviceInput } from '@lamella/service-core';
import { settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { answerAll, listenersOf, setUpLimit, setUpLimitByHand, THROWN } from '../../test/support/limit-setup.ts';

describe('concurrencyLimitLayer: an abort', () => {
  it.each(['first', 'middle', 'last'])('takes a waiting input out of the queue at once: the %s', async (aborted) => {
    const { inner, limit, service, clock } = setUpLimit({ maxConcurrent: 1 });
    const active = service.serve(testInput('active'));
    const inputs = ['first', 'middle', 'last'].map((value) => testInput(value));
    const outputs = inputs.map((input) => service.serve(input));
    const reason = new Error('caller gave up');

    inputs.find(({ value }) => value === aborted)?.scope.abort(reason);
    expect([limit.queued, clock.pendingTimers]).toEqual([2, 2]);

    const values: string[] = [];
    for (let answered = 0; answered < 3; answered++) {
      const call = await inner.nextCall();
      values.push(call.input.value);
      call.respond('');
    }
    await active;
    const results = await Promise.allSettled(outputs);
    expect(values).toEqual(['active', 'first', 'middle', 'last'].filter((value) => value !== aborted));
    expect(results.filter((result) => result.status === 'rejected')).toEqual([{ status: 'rejected', reason }]);
    expect([limit.active, limit.queued, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('that comes before a free slot was asked for keeps the input out', async () => {
    const { inner, limit, service } = setUpLimit({ maxConcurrent: 1 });
    const input = testInput('ping');
    input.scope.abort('before');
    await expect(service.serve(input)).rejects.toBe('before');
    expect([inner.callCount, limit.active]).toEqual([0, 0]);
  });

  it('makes room in a full queue', async () => {
    const { inner, service } = setUpLimit({ maxConcurrent: 1, maxQueued: 1 });
    const active = service.serve(testInput('active'));
    const leaving = testInput('leaving');
    const left = service.serve(leaving);
    leaving.scope.abort('left');
    const coming = service.serve(testInput('coming'));
    await expect(left).rejects.toBe('left');
    await answerAll(inner, 2);
    await Promise.all([active, coming]);
  });

  it('in the same tick as the slot, but before it, leaves the slot to the next in the queue', async () => {
    const { inner, limit, service } = setUpLimit({ maxConcurrent: 1 });
    const active = service.serve(testInput('active'));
    const leaving = testInput('leaving');
    const left = service.serve(leaving);
    const next = service.serve(testInput('next'));

    const call = await inner.nextCall();
    call.respond('');
    leaving.scope.abort('left');
    expect((await inner.nextCall()).input.value).toBe('next');
    expect([limit.active, limit.queued, inner.callCount]).toEqual([1, 0, 2]);
    await expect(left).rejects.toBe('left');
    void next;
    await active;
  });

  it('in the same tick as the slot, but after it, passes the slot on', async () => {
    const { limit, calls, service, clock } = setUpLimitByHand({ maxConcurrent: 1 });
    void service.serve(testInput('active'));
    const leaving = testInput('leaving');
    const left = service.serve(leaving);
    const next = service.serve(testInput('next'));

    // A reaction after the one of the layer: the slot is granted, and nobody has acted on it yet.
    const aborted = calls[0]?.promise.then(() => {
      expect([limit.active, limit.queued]).toEqual([1, 1]);
      leaving.scope.abort('left');
    });
    calls[0]?.resolve('');
    await aborted;
    await expect(left).rejects.toBe('left');
    await settle();
    expect(calls.map(({ value }) => value)).toEqual(['active', 'next']);
    expect([limit.active, limit.queued]).toEqual([1, 0]);

    calls[1]?.resolve('');
    await next;
    expect([limit.active, limit.queued, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('of a call under way frees the slot only when the inner service has ended', async () => {
    const { inner, limit, service } = setUpLimit({ maxConcurrent: 1 });
    const input = testInput('ping');
    const output = service.serve(input);
    const call = await inner.nextCall();
    input.scope.abort('enough');
    await settle();
    expect(limit.active).toBe(1);
    call.reject('enough');
    await expect(output).rejects.toBe('enough');
    expect(limit.active).toBe(0);
  });

  it.each(['respond', 'abort', 'time out'] as const)('listener is gone after: %s', async (end) => {
    const { inner, service, clock } = setUpLimit({ maxConcurrent: 1 });
    const controller = new AbortController();
    const active = service.serve(testInput('active'));
    const output = service.serve(serviceInput('queued', { signal: controller.signal }));
    expect(listenersOf(controller.signal)).toBe(1);

    if (end === 'abort') controller.abort('enough');
    else if (end === 'time out') clock.advance(10_000);
    await answerAll(inner, end === 'respond' ? 2 : 1);
    await Promise.allSettled([active, output]);
    expect(listenersOf(controller.signal)).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('concurrencyLimitLayer: a slot', () => {
  it.each(['at once', 'after waiting'])('that was got %s is released when the inner service fails', async (when) => {
    const { inner, limit, service } = setUpLimit({ maxConcurrent: 1 });
    const before = when === 'at once' ? undefined : service.serve(testInput('before'));
    const output = service.serve(testInput('ping'));
    if (before !== undefined) (await inner.nextCall()).respond('');
    (await inner.nextCall()).reject(new Error('no'));
    await expect(output).rejects.toThrow('no');
    await before;
    expect(limit.active).toBe(0);
  });

  it('is released when the inner service throws, for all who wait too', async () => {
    const { limit, service } = setUpLimitByHand({ maxConcurrent: 1, throws: true });
    const outputs = Array.from({ length: 100 }, () => service.serve(testInput('x')));
    const results = await Promise.allSettled(outputs);
    expect(results.every((result) => result.status === 'rejected' && result.reason === THROWN)).toBe(true);
    expect([limit.active, limit.queued]).toEqual([0, 0]);
  });

  it('is never lost and never given twice, in 5,000 random steps', async () => {
    const random = seeded(42);
    const maxConcurrent = 3;
    const { limit, calls, service, clock } = setUpLimitByHand({ maxConcurrent, maxQueued: 5, queueTimeoutMs: 50 });
    const outputs: Promise<unknown>[] = [];
    const inputs: TestInput<string>[] = [];
    let answered = 0;
    for (let step = 0; step < 5_000; step++) {
      const dice = random();
      if (dice < 0.4) {
        const input = testInput(String(step));
        inputs.push(input);
        outputs.push(service.serve(input));
      } else if (dice < 0.7) {
        const call = calls[answered];
        if (call !== undefined) answered++;
        if (random() < 0.5) call?.resolve('');
        else call?.reject('failed');
      } else if (dice < 0.8) inputs[Math.floor(random() * inputs.length)]?.scope.abort('aborted');
      else if (dice < 0.9) clock.advance(Math.floor(random() * 40));
      else await Promise.resolve();

      expect(limit.active).toBeLessThanOrEqual(maxConcurrent);
      expect(calls.length - answered).toBeLessThanOrEqual(limit.active);
      expect(limit.queued).toBeLessThanOrEqual(5);
      expect(clock.pendingTimers).toBe(limit.queued);
      if (limit.queued > 0) expect(limit.active).toBe(maxConcurrent);
    }
    const results = Promise.allSettled(outputs);
    await settle(); // a slot that was granted in the last step becomes a call
    for (; answered < calls.length; answered++) {
      calls[answered]?.resolve('');
      await settle(1);
    }
    const rejected = (await results).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const kinds = new Set(rejected.map((reason) => (typeof reason === 'string' ? reason : reason.code)));
    expect([...kinds].sort()).toEqual(['LML_ERR_LIMIT', 'LML_ERR_TIMEOUT', 'aborted', 'failed']);
    expect([limit.active, limit.queued, clock.pendingTimers]).toEqual([0, 0, 0]);
  });
});

/** A small linear congruential generator: the same steps in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
