import { diag } from '@opentelemetry/api';

/**
 * Telemetry looks on: what goes wrong in it is told to the api's `diag`, and never to the call, which goes on without.
 *
 * @param step - What is done, with `input`: steps of every request are no closures.
 * @returns What `step` gives; `undefined` if it failed.
 */
export function safely<Value>(step: () => Value): Value | undefined;
export function safely<Value, Input>(step: (input: Input) => Value, input: Input): Value | undefined;
export function safely<Value, Input>(step: (input?: Input) => Value, input?: Input): Value | undefined {
  try {
    return step(input);
  } catch (error) {
    tellFailure(error);
    return undefined;
  }
}

/** Tells a failure of telemetry. */
export function tellFailure(error: unknown): void {
  diag.error('lamella: a step of telemetry failed', error);
}
