import type { PolyLayer } from '@lamella/service-core';

/** The layer that {@link countInputLayer} makes: a layer, and its counts. */
export interface CountInputLayer extends PolyLayer {
  /** Calls so far. */
  readonly total: number;
  /** Calls under way now. */
  readonly active: number;
}

/**
 * Counts calls: how many there were, and how many are under way.
 *
 * @remarks
 * The counts belong to the layer: services that it is applied to share them. Costs one promise for each call.
 *
 * @returns A layer that keeps input and output, with its counts.
 * @throws Nothing.
 *
 * @example
 * const count = countInputLayer();
 * const service = stack(
 *   count,
 *   serviceFn((text: string) => text.length),
 * );
 * const output = service.serve('ping');
 * count.active; // 1
 * await output; // 4
 * [count.total, count.active]; // [1, 0]
 *
 * @public
 */
export function countInputLayer(): CountInputLayer {
  let total = 0;
  let active = 0;
  const afterOutput = <Output>(output: Output): Output => {
    active--;
    return output;
  };
  const afterError = (error: unknown): never => {
    active--;
    throw error;
  };

  const layer: PolyLayer = (inner) => ({
    serve(input) {
      total++;
      active++;
      try {
        return inner.serve(input).then(afterOutput, afterError);
      } catch (error) {
        active--;
        return Promise.reject(error);
      }
    },
  });
  return Object.defineProperties(layer, {
    total: { enumerable: true, get: () => total },
    active: { enumerable: true, get: () => active },
  }) as CountInputLayer; // the lines above define what the interface adds
}
