import { layerCases, mockService } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { mapOutputLayer } from './map-output-layer.ts';

describe('mapOutputLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(mapOutputLayer((output: string) => output)));
  it.each(layerCases)('with an asynchronous map: $name', ({ run }) =>
    run(mapOutputLayer(async (output: string) => output)),
  );

  it.each([
    ['synchronous', (output: string) => output.length],
    ['asynchronous', async (output: string) => output.length],
  ])('gives the caller the changed output of a %s map', async (_kind, map) => {
    const inner = mockService<string, string>();
    const output = mapOutputLayer(map)(inner).serve('ping');
    (await inner.nextCall()).respond('four');
    await expect(output).resolves.toBe(4);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('bad output');
      },
    ],
    ['rejects with', () => Promise.reject(new Error('bad output'))],
  ])('rejects with what the map %s', async (_kind, map) => {
    const inner = mockService<string, string>();
    const output = mapOutputLayer<string, string>(map)(inner).serve('ping');
    (await inner.nextCall()).respond('pong');
    await expect(output).rejects.toThrow('bad output');
  });

  it('does not give errors to the map', async () => {
    const inner = mockService<string, string>();
    const seen: unknown[] = [];
    const output = mapOutputLayer((value: string) => seen.push(value))(inner).serve('ping');
    (await inner.nextCall()).reject(new Error('no'));
    await expect(output).rejects.toThrow('no');
    expect(seen).toEqual([]);
  });

  it('refuses a map that is not a function', () => {
    const make = () => mapOutputLayer('text' as never);
    expect(make).toThrow('map must be a function, got string');
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});
