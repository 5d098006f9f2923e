import type { Service } from '@lamella/service-core';
import type { Attemptable } from '../attempt/attempt.ts';
import { requireCount, requireFunction, requireOptionalFunction } from '../shared/checks.ts';
import { disposeOutput, quietDiscard } from '../shared/dispose-output.ts';
import type { ServiceAlsoGiving } from '../shared/service-also-giving.ts';
import { Flight } from './flight.ts';

/** Options of {@link singleFlightLayer}. */
export interface SingleFlightLayerOptions<in Input = unknown, in SeenOutput = unknown, out GivenOutput = never> {
  /** What makes two inputs the same; an input whose key is `undefined` has a call of its own. */
  readonly key: (input: Input) => string | undefined;
  /**
   * Makes the output of one caller, such as a response with a body of its own. `rest` says how many are still to come: the
   * one with 0 may have the original. Default: all get the same output, which must then be a value that nobody uses up.
   */
  readonly share?: (output: SeenOutput, rest: number) => GivenOutput;
  /** Frees an output that came when everybody had left; not waited for. Default: disposes it, if it can be. */
  readonly discard?: (output: SeenOutput) => unknown;
  /** Most calls under way that can be joined, an integer of at least 1; beyond that each input has its own. Default 10_000. */
  readonly maxKeys?: number;
}

/** The layer that {@link singleFlightLayer} makes: a layer for inputs that have a key, and gauges. */
export interface SingleFlightLayer<in KeyInput, in SeenOutput, GivenOutput> {
  <Input extends KeyInput & Attemptable<Input>, Output extends SeenOutput>(
    inner: ServiceAlsoGiving<Input, Output, GivenOutput>,
  ): Service<Input, Output>;
  /** Calls under way that can be joined. */
  readonly active: number;
  /** Inputs that joined a call so far. */
  readonly joined: number;
}

/**
 * Makes one call for inputs with the same key that come while it is under way, and gives its outcome to all of them.
 *
 * @remarks
 * The call is made with the input that came first, in a scope that belongs to nobody: a caller who aborts leaves alone,
 * and only when the last has left the call is aborted, with that reason. Its `attempt` store belongs to nobody either:
 * what is written there none of the callers sees.
 *
 * An error is given to all, the same object. When the call has ended, the next input makes another one: this is no cache.
 * Each service that the layer is applied to has calls of its own.
 *
 * @returns A layer for any request, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects as the shared call
 * does, with the caller's reason if aborted, and with what `key` or `share` throws.
 *
 * @example
 * let calls = 0;
 * const service = stack(
 *   singleFlightLayer({ key: (input: ServiceInput<string>) => input.value }),
 *   serviceFn((input: ServiceInput<string>) => `${input.value} ${++calls}`),
 * );
 * const inputs = ['a', 'a', 'b'].map((value) => serviceInput(value));
 * await Promise.all(inputs.map((input) => service.serve(input))); // ['a 1', 'a 1', 'b 2']
 *
 * @public
 */
export function singleFlightLayer<KeyInput = unknown, SeenOutput = unknown, GivenOutput = never>(
  options: SingleFlightLayerOptions<KeyInput, SeenOutput, GivenOutput>,
): SingleFlightLayer<KeyInput, SeenOutput, GivenOutput> {
  const { key: keyOf, share, discard = disposeOutput, maxKeys = 10_000 } = options;
  requireFunction('key', keyOf);
  requireOptionalFunction('share', share);
  requireFunction('discard', discard);
  requireCount('maxKeys', maxKeys, 1);
  const release = quietDiscard(discard);
  let active = 0;
  let joined = 0;

  const layer = <Input extends KeyInput & Attemptable<Input>, Output extends SeenOutput>(
    inner: ServiceAlsoGiving<Input, Output, GivenOutput>,
  ): Service<Input, Output> => {
    const flights = new Map<string, Flight<Output>>();
    return {
      serve(input) {
        try {
          input.scope.throwIfAborted();
          const key = keyOf(input);
          const known = key === undefined ? undefined : flights.get(key);
          if (known !== undefined) {
            joined++;
            return known.join(input.scope);
          }
          if (key === undefined || active >= maxKeys) return inner.serve(input);
          const flight = new Flight<Output>({
            start: (scope) => inner.serve(input.fork({ scope, extensions: input.extensions.fork('attempt') })),
            // `ServiceAlsoGiving` has checked that what `share` makes is an output of the inner service.
            share: (output, rest) => (share === undefined ? output : share(output, rest)) as Output,
            discard: release,
            onClosed: () => {
              active--;
              flights.delete(key);
            },
          });
          active++;
          flights.set(key, flight);
          const output = flight.join(input.scope);
          flight.start();
          return output;
        } catch (error) {
          return Promise.reject(error);
        }
      },
    };
  };
  return Object.defineProperties(layer, {
    active: { enumerable: true, get: () => active },
    joined: { enumerable: true, get: () => joined },
  }) as SingleFlightLayer<KeyInput, SeenOutput, GivenOutput>; // the lines above define what the interface adds
}
