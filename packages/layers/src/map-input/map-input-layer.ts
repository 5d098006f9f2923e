import type { Service } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';

/** A layer that takes `Input` where the service inside takes `InnerInput`, for whichever output. */
export interface MapInputLayer<out InnerInput, in Input> {
  <Output>(inner: Service<InnerInput, Output>): Service<Input, Output>;
}

/**
 * Changes each input on its way in.
 *
 * @remarks
 * `map` is synchronous, so that the layer can return the promise of the inner service as it is. If it throws, the
 * call rejects with that error and the inner service is not called. A map that makes a new scoped input carries the
 * cancellation over with `fork`, or the inner service hears of no abort.
 *
 * @param map - Makes the input of the inner service of the input of the caller.
 * @returns A layer that changes the type of the input and keeps that of the output.
 * @throws UsageError `LML_ERR_USAGE` at construction when `map` is not a function.
 *
 * @example
 * const service = stack(
 *   mapInputLayer((text: string) => text.length),
 *   serviceFn((length: number) => length * 2),
 * );
 * await service.serve('four'); // 8
 *
 * @public
 */
export function mapInputLayer<Input, InnerInput>(map: (input: Input) => InnerInput): MapInputLayer<InnerInput, Input> {
  requireFunction('map', map);

  return (inner) => ({
    serve(input) {
      try {
        return inner.serve(map(input));
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}
