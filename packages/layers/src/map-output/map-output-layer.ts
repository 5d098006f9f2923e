import type { Service } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';

/** A layer that gives `Output` where the service inside gives `InnerOutput`, for whichever input. */
export interface MapOutputLayer<in InnerOutput, out Output> {
  <Input>(inner: Service<Input, InnerOutput>): Service<Input, Output>;
}

/**
 * Changes each output on its way out.
 *
 * @remarks
 * Errors pass by. If `map` throws or rejects, the call rejects with that error; the output it was given is then
 * lost, so a map that may fail disposes of what the output holds.
 *
 * @param map - Makes the output of the caller of the output of the inner service; may be asynchronous, since the
 * layer waits for the inner service anyway.
 * @returns A layer that changes the type of the output and keeps that of the input.
 * @throws UsageError `LML_ERR_USAGE` at construction when `map` is not a function.
 *
 * @example
 * const service = stack(
 *   mapOutputLayer((length: number) => `${length} characters`),
 *   serviceFn((text: string) => text.length),
 * );
 * await service.serve('four'); // '4 characters'
 *
 * @public
 */
export function mapOutputLayer<InnerOutput, Output>(
  map: (output: InnerOutput) => Output | Promise<Output>,
): MapOutputLayer<InnerOutput, Output> {
  requireFunction('map', map);

  return (inner) => ({
    serve(input) {
      try {
        return inner.serve(input).then(map);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}
