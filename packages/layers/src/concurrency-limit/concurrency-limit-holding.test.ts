import { FakeClock, layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { concurrencyLimitLayer } from './concurrency-limit-layer.ts';

type Input = TestInput<string>;

describe('concurrencyLimitLayer with onOutput', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(concurrencyLimitLayer({ maxConcurrent: 2, clock: new FakeClock(), onOutput: releaseAtOnce })),
  );

  it.each(['found free', 'waited for'])('holds a slot that was %s until it is released, once', async (how) => {
    const { clock, inner, limit, service, releases } = setup();
    const outputs: Promise<string>[] = [];
    if (how === 'waited for') {
      outputs.push(service.serve(testInput('before')));
      outputs.push(service.serve(testInput('ping')));
      (await inner.nextCall()).respond('before');
      await settle();
      releases.shift()?.();
      await settle();
    } else outputs.push(service.serve(testInput('ping')));
    (await inner.nextCall()).respond('pong');
    await expect(outputs.at(-1)).resolves.toBe('seen pong');
    expect(limit.active).toBe(1);

    const waiting = service.serve(testInput('next'));
    await settle();
    expect(limit.queued).toBe(1);
    const release = releases.shift();
    release?.();
    release?.();
    await settle();
    expect([limit.active, limit.queued]).toEqual([1, 0]);
    (await inner.nextCall()).respond('next');
    await expect(waiting).resolves.toBe('seen next');
    releases.shift()?.();
    expect(limit.active).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('holds nothing after an error', async () => {
    const { inner, limit, service } = setup();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).reject(new Error('no'));
    await expect(output).rejects.toThrow('no');
    expect(limit.active).toBe(0);
  });

  it('frees the slot and the output when the hook throws', async () => {
    const dispose = vi.fn();
    const limit = concurrencyLimitLayer<Input, Disposable, Disposable>({
      maxConcurrent: 1,
      onOutput() {
        throw new Error('hook');
      },
    });
    const service = limit({ serve: async (_input: Input): Promise<Disposable> => ({ [Symbol.dispose]: dispose }) });
    await expect(service.serve(testInput('ping'))).rejects.toThrow('hook');
    expect(limit.active).toBe(0);
    expect(dispose).toHaveBeenCalledOnce();
  });
});

describe('concurrencyLimitLayer with keys', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(concurrencyLimitLayer({ maxConcurrent: 2, clock: new FakeClock(), key: ({ value }: Input) => value })),
  );

  it('has slots and a queue for each key, and forgets a key with its last call', async () => {
    const { inner, limit, service, clock } = keyed({ maxQueued: 1 });
    const outputs = ['a1', 'b1', 'a2', 'b2'].map((value) => service.serve(testInput(value)));
    await settle();
    expect(inner.callCount).toBe(2);
    expect([limit.active, limit.queued, limit.keys]).toEqual([2, 2, 2]);
    await expect(service.serve(testInput('a3'))).rejects.toMatchObject({ limit: 'maxQueued' });

    for (let call = 0; call < 4; call++) (await inner.nextCall()).respond('');
    await Promise.all(outputs);
    expect([limit.active, limit.queued, limit.keys]).toEqual([0, 0, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets inputs without a key share their slots', async () => {
    const { inner, limit, service } = keyed({ maxQueued: 0 });
    const output = service.serve(testInput(''));
    await expect(service.serve(testInput(''))).rejects.toMatchObject({ limit: 'maxQueued' });
    (await inner.nextCall()).respond('');
    await output;
    expect(limit.keys).toBe(0);
  });

  it('refuses a key beyond maxKeys, as long as the others have calls under way', async () => {
    const { inner, service } = keyed({ maxKeys: 2 });
    const outputs = ['a', 'b'].map((value) => service.serve(testInput(value)));
    await expect(service.serve(testInput('c'))).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      limit: 'maxKeys',
      maximum: 2,
      observed: 3,
      facts: { layer: 'concurrency-limit', retryable: true },
    });
    (await inner.nextCall()).respond('');
    await outputs[0];
    const late = service.serve(testInput('c'));
    for (let call = 0; call < 2; call++) (await inner.nextCall()).respond('');
    await Promise.all([...outputs, late]);
  });

  it('forgets a key whose call failed, also by throwing', async () => {
    const limit = concurrencyLimitLayer({ maxConcurrent: 1, key: ({ value }: Input) => value });
    const service = limit<Input, string>({
      serve() {
        throw new Error('thrown');
      },
    });
    await expect(service.serve(testInput('a'))).rejects.toThrow('thrown');
    expect(limit.keys).toBe(0);
  });

  it('rejects when the key can not be told', async () => {
    const limit = concurrencyLimitLayer({
      maxConcurrent: 1,
      key: () => {
        throw new Error('no key');
      },
    });
    const service = limit({ serve: async (_input: Input) => '' });
    await expect(service.serve(testInput('a'))).rejects.toThrow('no key');
  });

  it.each([
    [{ maxKeys: 0 }, 'maxKeys must be an integer >= 1 or Infinity, got 0'],
    [{ key: 1 }, 'key must be a function, got number'],
    [{ onOutput: 1 }, 'onOutput must be a function, got number'],
  ])('refuses %o', (options, message) => {
    const make = () => concurrencyLimitLayer({ maxConcurrent: 1, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function releaseAtOnce(output: string, release: () => void): string {
  release();
  return output;
}

function setup() {
  const clock = new FakeClock();
  const inner = mockService<Input, string>();
  const releases: (() => void)[] = [];
  const limit = concurrencyLimitLayer({
    maxConcurrent: 1,
    onOutput: (output: string, release) => {
      releases.push(release);
      return `seen ${output}`;
    },
    clock,
  });
  return { clock, inner, limit, releases, service: limit(inner) };
}

function keyed(options: { readonly maxQueued?: number; readonly maxKeys?: number }) {
  const clock = new FakeClock();
  const inner = mockService<Input, string>();
  const limit = concurrencyLimitLayer({ maxConcurrent: 1, key: ({ value }: Input) => value[0], clock, ...options });
  return { clock, inner, limit, service: limit(inner) };
}
