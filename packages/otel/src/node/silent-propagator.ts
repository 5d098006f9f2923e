import type { TextMapPropagator } from '@opentelemetry/api';
import { w3cPropagator } from '../propagation/w3c-propagator.ts';

/**
 * Takes no trace, and hands none on. It names the fields that it is silent about, since layers use `w3cPropagator` where the registered propagator has
 * none: that is how the api looks when nothing is registered.
 */
export const silentPropagator: TextMapPropagator = {
  inject: () => {},
  extract: (context) => context,
  fields: () => w3cPropagator().fields(),
};
