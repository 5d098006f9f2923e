import { layerCases, mockService, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { mapInputLayer } from './map-input-layer.ts';

describe('mapInputLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(mapInputLayer((input: TestInput<string>) => input)));
  it.each(layerCases)('with a forked input: $name', ({ run }) =>
    run(mapInputLayer((input: TestInput<string>) => input.fork({}))),
  );

  it('gives the inner service the changed input', async () => {
    const inner = mockService<number, string>();
    const output = mapInputLayer((text: string) => text.length)(inner).serve('four');
    const call = await inner.nextCall();
    expect(call.input).toBe(4);
    call.respond('done');
    await expect(output).resolves.toBe('done');
  });

  it('returns the promise of the inner service as it is', () => {
    const promise = Promise.resolve('pong');
    const service = mapInputLayer((input: TestInput<string>) => input)({ serve: () => promise });
    expect(service.serve(testInput('ping'))).toBe(promise);
  });

  it('rejects with what the map throws, and does not call the inner service', async () => {
    const inner = mockService<string, string>();
    const service = mapInputLayer((): string => {
      throw new Error('bad input');
    })(inner);
    await expect(service.serve('x')).rejects.toThrow('bad input');
    expect(inner.callCount).toBe(0);
  });

  it('refuses a map that is not a function', () => {
    const make = () => mapInputLayer(undefined as never);
    expect(make).toThrow('map must be a function, got undefined');
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});
