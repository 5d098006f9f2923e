import type { TextMapPropagator } from '@opentelemetry/api';
import { propagation } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { resolvePropagator } from './resolve-propagator.ts';
import { ownPropagator, w3cPropagator } from './w3c-propagator.ts';

afterEach(() => propagation.disable());

describe('resolvePropagator', () => {
  it('gives the one that was asked for, else ours where none is registered', () => {
    const asked: TextMapPropagator = { ...w3cPropagator() };
    expect(resolvePropagator(asked)).toBe(asked);
    expect(resolvePropagator(undefined)).toBe(w3cPropagator());
  });

  it('needs no way through the api to ours, where startTelemetry has registered it', () => {
    propagation.setGlobalPropagator(ownPropagator);
    expect(resolvePropagator(undefined)).toBe(w3cPropagator());
  });

  it.each<[string, TextMapPropagator]>([
    ['is ours', w3cPropagator()],
    ['is made of ours', { ...w3cPropagator(), inject: () => {} }],
    [
      'names the fields that ours names',
      { inject: () => {}, extract: (base) => base, fields: () => w3cPropagator().fields() },
    ],
  ])('gives the registered one, though it %s', (_, registered) => {
    propagation.setGlobalPropagator(registered);
    const found = resolvePropagator(undefined);
    expect(found).toBe(propagation); // which is the one that is registered
  });

  it("hands lists out that are the caller's own", () => {
    w3cPropagator().fields().length = 0;
    expect(w3cPropagator().fields()).toEqual(['traceparent', 'tracestate', 'baggage']);
  });
});
