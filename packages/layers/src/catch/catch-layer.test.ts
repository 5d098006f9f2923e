import { layerCases, mockService, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { CatchLayerOptions } from './catch-layer.ts';
import { catchLayer } from './catch-layer.ts';

describe('catchLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(catchLayer(rethrow)));

  it.each([
    ['synchronous', () => 'fallback'],
    ['asynchronous', async () => 'fallback'],
  ])('gives the output of a %s handler instead of an error', async (_kind, handler) => {
    const inner = mockService<TestInput<string>, string>();
    const output = catchLayer(handler)(inner).serve(testInput('ping'));
    (await inner.nextCall()).reject(new Error('no'));
    await expect(output).resolves.toBe('fallback');
  });

  it('shows the handler the error and the input', async () => {
    const { inner, service, seen } = setup();
    const input = testInput('ping');
    const error = new Error('no');
    const output = service.serve(input);
    (await inner.nextCall()).reject(error);
    await output;
    expect(seen).toEqual([[error, input]]);
    expect(seen[0]?.[1]).toBe(input);
  });

  it('catches what the inner service throws', async () => {
    const service = catchLayer(() => 'fallback')<string, string>({
      serve() {
        throw new Error('thrown');
      },
    });
    await expect(service.serve('ping')).resolves.toBe('fallback');
  });

  it('does not call the handler for outputs', async () => {
    const { inner, service, seen } = setup();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
    expect(seen).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('from the handler');
      },
    ],
    ['rejects with', () => Promise.reject(new Error('from the handler'))],
  ])('rejects with what the handler %s', async (_kind, handler) => {
    const inner = mockService<string, string>();
    const output = catchLayer<unknown, never>(handler)(inner).serve('ping');
    (await inner.nextCall()).reject(new Error('no'));
    await expect(output).rejects.toThrow('from the handler');
  });

  it('leaves the own cancellation of the caller alone', async () => {
    const { output, seen } = await aborted();
    await expect(output).rejects.toBe('caller gave up');
    expect(seen).toEqual([]);
  });

  it('catches the own cancellation of the caller too with includeCancellation', async () => {
    const { output, seen } = await aborted({ includeCancellation: true });
    await expect(output).resolves.toBe('fallback');
    expect(seen).toHaveLength(1);
  });

  it('refuses a handler that is not a function', () => {
    const make = () => catchLayer(undefined as never);
    expect(make).toThrow('handler must be a function, got undefined');
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

function setup(options?: CatchLayerOptions) {
  const inner = mockService<TestInput<string>, string>();
  const seen: [unknown, TestInput<string>][] = [];
  const layer = catchLayer((error, input: TestInput<string>) => {
    seen.push([error, input]);
    return 'fallback';
  }, options);
  return { inner, seen, service: layer(inner) };
}

async function aborted(options?: CatchLayerOptions) {
  const { inner, service, seen } = setup(options);
  const input = testInput('ping');
  const output = service.serve(input);
  const call = await inner.nextCall();
  input.scope.abort('caller gave up');
  call.reject(input.scope.reason);
  return { output, seen };
}

function rethrow(error: unknown): never {
  throw error;
}
