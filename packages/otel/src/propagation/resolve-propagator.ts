import type { TextMapPropagator } from '@opentelemetry/api';
import { propagation } from '@opentelemetry/api';
import { ownPropagator, w3cPropagator } from './w3c-propagator.ts';

/** The one that was asked for, else the registered one, else ours. */
export function resolvePropagator(asked: TextMapPropagator | undefined): TextMapPropagator {
  if (asked !== undefined) return asked;
  // The api as a propagator is the registered one; without one it has no fields. Where that is ours, the way through the api can be spared.
  const fields = propagation.fields();
  return fields.length === 0 || fields === OWN_FIELDS ? w3cPropagator() : propagation;
}

const OWN_FIELDS: readonly string[] = ownPropagator.fields();
