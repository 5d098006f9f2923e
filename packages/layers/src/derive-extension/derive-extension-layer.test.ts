import { layerCases, mockService, type TestInput, TestMark, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { deriveExtensionLayer } from './derive-extension-layer.ts';

describe('deriveExtensionLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(deriveExtensionLayer(TestMark, () => undefined)));

  it('shows the inner service the value that was made of its input', async () => {
    const inner = mockService<TestInput<string>, string>();
    const service = deriveExtensionLayer(TestMark, ({ value }: TestInput<string>) => `mark of ${value}`)(inner);
    const outputs = [service.serve(testInput('one')), service.serve(testInput('two'))];
    for (const value of ['one', 'two']) {
      const { input, respond } = await inner.nextCall();
      expect(input.extensions.get(TestMark)).toBe(`mark of ${value}`);
      respond('');
    }
    await Promise.all(outputs);
  });

  it('inserts nothing when there is nothing to insert', async () => {
    const input = testInput('ping');
    input.extensions.insert(TestMark, 'from the caller');
    await deriveExtensionLayer(TestMark, () => undefined)({ serve: async () => 'pong' }).serve(input);
    expect(input.extensions.get(TestMark)).toBe('from the caller');
  });

  it('returns the promise of the inner service as it is', () => {
    const promise = Promise.resolve('pong');
    const service = deriveExtensionLayer(TestMark, () => 'x')({ serve: (_input: TestInput<string>) => promise });
    expect(service.serve(testInput('ping'))).toBe(promise);
  });

  it('rejects with what the function throws, and does not call the inner service', async () => {
    const inner = mockService<TestInput<string>, string>();
    const service = deriveExtensionLayer(TestMark, () => {
      throw new Error('no mark');
    })(inner);
    await expect(service.serve(testInput('ping'))).rejects.toThrow('no mark');
    expect(inner.callCount).toBe(0);
  });

  it('refuses what is not a function', () => {
    const make = () => deriveExtensionLayer(TestMark, 'a value' as never);
    expect(make).toThrow('derive must be a function, got string');
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});
