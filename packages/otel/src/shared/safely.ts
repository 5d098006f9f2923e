import { diag } from '@opentelemetry/api';

/**
 * Telemetry looks on: what goes wrong in it is told to the api's `diag`, and never to the call, which goes on without.
 *
 * @returns What `step` gives; `undefined` if it failed.
 */
export function safely<Value>(step: () => Value): Value | undefined {
  try {
    return step();
  } catch (error) {
    diag.error('lamella: a step of telemetry failed', error);
    return undefined;
  }
}
