import { serviceFn } from '@lamella/service-core';
import { FakeClock, layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { timeoutLayer } from '../timeout/timeout-layer.ts';
import { noopLayer, optionalLayer } from './optional-layer.ts';

describe('optionalLayer', () => {
  it.each(layerCases)('with a layer: $name', ({ run }) =>
    run(optionalLayer(timeoutLayer({ timeoutMs: 250, clock: new FakeClock() }))),
  );

  it.each(layerCases)('without one: $name', ({ run }) => {
    // A service that does not throw, since nothing stands in between.
    const layer = optionalLayer(undefined);
    return run((inner) => layer(serviceFn((input) => inner.serve(input))));
  });

  it('is the layer itself, or gives the service itself', () => {
    const layer = timeoutLayer({ timeoutMs: 250 });
    expect(optionalLayer(layer)).toBe(layer);
    const service = serviceFn((text: string) => text);
    expect(noopLayer()(service)).toBe(service);
  });
});
