import { serviceInput } from '@lamella/service-core';
import { layerCases, mockService, settle, type TestInput, TestMark, testInput } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { listenersOf } from '../../test/support/limit-setup.ts';
import type { SingleFlightLayerOptions } from './single-flight-layer.ts';
import { singleFlightLayer } from './single-flight-layer.ts';

type Input = TestInput<string>;

describe('singleFlightLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(singleFlightLayer({ key: ({ value }: Input) => value })));

  it.each(layerCases)('without a key: $name', ({ run }) => run(singleFlightLayer({ key: () => undefined })));

  it('makes one call for the same key while it is under way, and another one after that', async () => {
    const { inner, flights, service } = setup();
    const outputs = ['a', 'a', 'b', 'a'].map((value) => service.serve(testInput(value)));
    expect(inner.callCount).toBe(2);
    expect([flights.active, flights.joined]).toEqual([2, 2]);
    (await inner.nextCall()).respond('A');
    (await inner.nextCall()).respond('B');
    await expect(Promise.all(outputs)).resolves.toEqual(['A', 'A', 'B', 'A']);
    expect(flights.active).toBe(0);
    const next = service.serve(testInput('a'));
    (await inner.nextCall()).respond('A again');
    await expect(next).resolves.toBe('A again');
  });

  it('gives an error to all, the same object', async () => {
    const { inner, flights, service } = setup();
    const outputs = ['a', 'a'].map((value) => service.serve(testInput(value)));
    const error = new Error('no');
    (await inner.nextCall()).reject(error);
    const results = await Promise.allSettled(outputs);
    expect(results.map((result) => result.status === 'rejected' && result.reason === error)).toEqual([true, true]);
    expect(flights.active).toBe(0);
  });

  it('lets a caller who aborts leave alone, also the first one', async () => {
    const { inner, service } = setup();
    const first = testInput('a');
    const outputs = [service.serve(first), service.serve(testInput('a'))];
    const call = await inner.nextCall();
    first.scope.abort('enough');
    await expect(outputs[0]).rejects.toBe('enough');
    expect(call.input.scope.aborted).toBe(false);
    call.respond('A');
    await expect(outputs[1]).resolves.toBe('A');
  });

  it('aborts the call when the last has left, with that reason, and discards what it gives after all', async () => {
    const discard = vi.fn();
    const { inner, flights, service } = setup({ discard });
    const inputs = [testInput('a'), testInput('a')];
    const outputs = Promise.allSettled(inputs.map((input) => service.serve(input)));
    const call = await inner.nextCall();
    inputs[1]?.scope.abort('second left');
    inputs[0]?.scope.abort('first left');
    expect(call.input.scope.reason).toBe('first left');
    expect(flights.active).toBe(0);
    await outputs;

    const next = service.serve(testInput('a'));
    expect(inner.callCount).toBe(2);
    call.respond('late');
    await settle();
    expect(discard).toHaveBeenCalledExactlyOnceWith('late');
    (await inner.nextCall()).respond('A');
    await expect(next).resolves.toBe('A');
  });

  it('hears nothing of a late error that nobody waits for', async () => {
    const { inner, service } = setup();
    const input = testInput('a');
    const output = service.serve(input);
    const call = await inner.nextCall();
    input.scope.abort('enough');
    await expect(output).rejects.toBe('enough');
    call.reject(new Error('late'));
    await settle();
  });

  it('leaves no listener on the signal of a caller', async () => {
    const { inner, service } = setup();
    const controller = new AbortController();
    const outputs = [1, 2].map(() => service.serve(serviceInput('a', { signal: controller.signal })));
    (await inner.nextCall()).respond('A');
    await Promise.all(outputs);
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('lets share make the output of each caller, and says how many are to come', async () => {
    const { inner, service } = setup({ share: (output, rest) => `${output}${rest}` });
    const outputs = [1, 2, 3].map(() => service.serve(testInput('a')));
    (await inner.nextCall()).respond('A');
    await expect(Promise.all(outputs)).resolves.toEqual(['A2', 'A1', 'A0']);
  });

  it('rejects the caller for whom share throws, and only that one', async () => {
    const { inner, service } = setup({
      share: (output, rest) => {
        if (rest === 1) throw new Error('share');
        return output;
      },
    });
    const outputs = Promise.allSettled([1, 2].map(() => service.serve(testInput('a'))));
    (await inner.nextCall()).respond('A');
    expect((await outputs).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('frees the original where the caller who would have had it gets none', async () => {
    const freed: string[] = [];
    const { inner, service } = setup({
      share: (output, rest) => {
        if (rest === 0) throw new Error('share');
        return `${output}${rest}`;
      },
      discard: (output) => freed.push(output),
    });
    const outputs = Promise.allSettled([1, 2].map(() => service.serve(testInput('a'))));
    (await inner.nextCall()).respond('A');
    expect((await outputs).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(freed).toEqual(['A']);
  });

  it('shows no caller what is written in the call', async () => {
    const { inner, service } = setup();
    const inputs = [testInput('a'), testInput('a')];
    const outputs = inputs.map((input) => service.serve(input));
    const call = await inner.nextCall();
    call.input.extensions.insert(TestMark, 'shared');
    call.respond('A');
    await Promise.all(outputs);
    expect(inputs.map((input) => input.extensions.get(TestMark))).toEqual([undefined, undefined]);
  });

  it('has calls of their own for inputs beyond maxKeys', async () => {
    const { inner, flights, service } = setup({ maxKeys: 1 });
    const outputs = ['a', 'b', 'b', 'a'].map((value) => service.serve(testInput(value)));
    expect(inner.callCount).toBe(3);
    expect(flights.active).toBe(1);
    for (let call = 0; call < 3; call++) (await inner.nextCall()).respond('x');
    await Promise.all(outputs);
  });

  it('has calls of its own in each service', async () => {
    const flights = singleFlightLayer({ key: ({ value }: Input) => value });
    const [first, second] = [flights({ serve: async () => 1 }), flights({ serve: async () => 2 })];
    await expect(Promise.all([first.serve(testInput('a')), second.serve(testInput('a'))])).resolves.toEqual([1, 2]);
  });

  it('rejects when the key can not be told, and an input that is aborted already', async () => {
    const { service } = setup({
      key: () => {
        throw new Error('no key');
      },
    });
    await expect(service.serve(testInput('a'))).rejects.toThrow('no key');
    const input = testInput('a');
    input.scope.abort('enough');
    await expect(service.serve(input)).rejects.toBe('enough');
  });

  it.each([
    [{ key: undefined }, 'key must be a function, got undefined'],
    [{ share: 1 }, 'share must be a function, got number'],
    [{ discard: 1 }, 'discard must be a function, got number'],
    [{ maxKeys: 0 }, 'maxKeys must be an integer >= 1 or Infinity, got 0'],
  ])('refuses %o', (options, message) => {
    const make = () => singleFlightLayer({ key: () => 'a', ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Partial<SingleFlightLayerOptions<Input, string, string>> = {}) {
  const inner = mockService<Input, string>();
  const flights = singleFlightLayer<Input, string, string>({ key: ({ value }) => value, ...options });
  return { inner, flights, service: flights(inner) };
}
