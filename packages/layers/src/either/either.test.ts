import { serviceFn } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { catchLayer } from '../catch/catch-layer.ts';
import { countInputLayer } from '../count-input/count-input-layer.ts';
import { eitherLayer } from './either-layer.ts';
import { eitherService } from './either-service.ts';

describe('eitherLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(eitherLayer(true, countInputLayer(), rethrowing())));

  it('is the first layer, or the second', () => {
    const [first, second] = [countInputLayer(), countInputLayer()];
    expect(eitherLayer(true, first, second)).toBe(first);
    expect(eitherLayer(false, first, second)).toBe(second);
  });
});

describe('eitherService', () => {
  it.each(layerCases)('as the first: $name', ({ run }) =>
    run((inner) => eitherService(() => true, inner, unreachable)),
  );

  it.each(layerCases)('as the second: $name', ({ run }) =>
    run((inner) => eitherService(() => false, unreachable, inner)),
  );

  it('asks for each input', async () => {
    const service = eitherService(
      (value: number) => value > 0,
      serviceFn((value: number) => value),
      serviceFn((value: number) => `not ${value}`),
    );
    await expect(Promise.all([1, -1].map((value) => service.serve(value)))).resolves.toEqual([1, 'not -1']);
  });

  it('rejects with what the choice throws', async () => {
    const choice = (): boolean => {
      throw new Error('choice');
    };
    await expect(eitherService(choice, unreachable, unreachable).serve('x')).rejects.toThrow('choice');
  });

  it('refuses a choice that is not a function', () => {
    expect(() => eitherService(undefined as never, unreachable, unreachable)).toThrow('isFirst must be a function');
  });
});

function rethrowing() {
  return catchLayer((error) => {
    throw error;
  });
}

const unreachable = serviceFn((_input: unknown): string => {
  throw new Error('must not be called');
});
