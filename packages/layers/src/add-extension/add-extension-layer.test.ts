import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import { layerCases, mockService, type TestInput, TestMark, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { addExtensionLayer } from './add-extension-layer.ts';

const Limits: ExtensionKey<{ readonly perMinute: number }, 'request'> = extensionKey('layers-test/limits', {
  scope: 'request',
});

describe('addExtensionLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(addExtensionLayer(Limits, { perMinute: 60 })));

  it('shows the inner service the value, the same object each time', async () => {
    const value = { perMinute: 60 };
    const inner = mockService<TestInput<string>, string>();
    const service = addExtensionLayer(Limits, value)(inner);
    for (let call = 0; call < 2; call++) {
      const output = service.serve(testInput('ping'));
      const { input, respond } = await inner.nextCall();
      expect(input.extensions.get(Limits)).toBe(value);
      respond('pong');
      await output;
    }
  });

  it('wins over an entry that was there, and keeps it', () => {
    const input = testInput('ping');
    input.extensions.insert(TestMark, 'old');
    void addExtensionLayer(TestMark, 'new')({ serve: async () => 'pong' }).serve(input);
    expect(input.extensions.get(TestMark)).toBe('new');
    expect(input.extensions.inspect()).toContain('old');
  });

  it('keeps what it adds to an attempt in that attempt', async () => {
    const input = testInput('ping');
    const attempt = input.fork({ extensions: input.extensions.fork('attempt') });
    await addExtensionLayer(TestMark, 'attempt')({ serve: async () => 'pong' }).serve(attempt);
    expect(attempt.extensions.get(TestMark)).toBe('attempt');
    expect(input.extensions.get(TestMark)).toBeUndefined();
  });

  it('returns the promise of the inner service as it is', () => {
    const promise = Promise.resolve('pong');
    const service = addExtensionLayer(TestMark, 'x')({ serve: (_input: TestInput<string>) => promise });
    expect(service.serve(testInput('ping'))).toBe(promise);
  });

  it('rejects when the store takes nothing any more, and does not call the inner service', async () => {
    const inner = mockService<TestInput<string>, string>();
    const input = testInput('ping');
    input.extensions.seal();
    await expect(addExtensionLayer(TestMark, 'x')(inner).serve(input)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    expect(inner.callCount).toBe(0);
  });
});
