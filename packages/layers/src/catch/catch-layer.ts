import type { Service } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';
import type { ServiceAlsoGiving } from '../shared/service-also-giving.ts';

/** Options of {@link catchLayer}. */
export interface CatchLayerOptions {
  /** Whether the caller's own cancellation goes to the handler too. Default false. */
  readonly includeCancellation?: boolean;
}

/** A layer that keeps the shape, for inputs that its handler understands and outputs that `Fallback` is one of. */
export interface CatchLayer<in HandlerInput, Fallback> {
  <Input extends HandlerInput, Output>(inner: ServiceAlsoGiving<Input, Output, Fallback>): Service<Input, Output>;
}

/**
 * Turns errors into outputs.
 *
 * @remarks
 * The caller's own cancellation, an error that is the very reason of the input's `scope` or `signal`, passes
 * unchanged: an aborted call has nobody left to answer. `includeCancellation` lifts that.
 *
 * What the handler gives must be an output of the inner service too, so the layer keeps the shape; to give something
 * else, widen the output inside of this layer, with `mapOutputLayer`.
 *
 * @param handler - Called with the error and the input; its result is the output. To leave an error alone, throw it
 * again.
 * @param options - See {@link CatchLayerOptions}.
 * @returns A layer that keeps input and output.
 * @throws UsageError `LML_ERR_USAGE` at construction when `handler` is not a function. The service rejects with
 * whatever the handler throws.
 *
 * @example
 * const service = stack(
 *   catchLayer((error, text: string) => `could not shout ${text}`),
 *   serviceFn((text: string) => (text === '' ? Promise.reject(new Error('silence')) : text.toUpperCase())),
 * );
 * await service.serve('hi'); // 'HI'
 * await service.serve(''); // 'could not shout '
 *
 * @public
 */
export function catchLayer<HandlerInput, Fallback>(
  handler: (error: unknown, input: HandlerInput) => Fallback | Promise<Fallback>,
  options: CatchLayerOptions = {},
): CatchLayer<HandlerInput, Fallback> {
  const { includeCancellation = false } = options;
  requireFunction('handler', handler);
  // Each application checks that the inner service gives `Fallback` too; `never` stands for that unknown output.
  const answer = handler as (error: unknown, input: HandlerInput) => Promise<never>;

  const recover = async <Input extends HandlerInput>(error: unknown, input: Input): Promise<never> => {
    if (!includeCancellation && isCancellation(input, error)) throw error;
    return await answer(error, input);
  };
  return (inner) => ({
    serve(input) {
      try {
        return inner.serve(input).then(undefined, (error: unknown) => recover(error, input));
      } catch (error) {
        return recover(error, input);
      }
    },
  });
}
