import type { Service } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';
import { isCancellation } from '../shared/is-cancellation.ts';

/** Options of {@link catchLayer}. */
export interface CatchLayerOptions {
  /** Whether the caller's own cancellation goes to the handler too. Default false. */
  readonly includeCancellation?: boolean;
}

/** A layer that may answer with `Fallback` instead of an error, for inputs that its handler understands. */
export interface CatchLayer<in HandlerInput, out Fallback> {
  <Input extends HandlerInput, Output>(inner: Service<Input, Output>): Service<Input, Output | Fallback>;
}

/**
 * Turns errors into outputs.
 *
 * @remarks
 * The caller's own cancellation, an error that is the very reason of the input's `scope` or `signal`, passes
 * unchanged: an aborted call has nobody left to answer. `includeCancellation` lifts that.
 *
 * @param handler - Called with the error and the input; its result is the output. To leave an error alone, throw it again.
 * @param options - See {@link CatchLayerOptions}.
 * @returns A layer whose output is that of the inner service or that of the handler.
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

  return (inner) => ({
    async serve(input) {
      try {
        return await inner.serve(input);
      } catch (error) {
        if (!includeCancellation && isCancellation(input, error)) throw error;
        return await handler(error, input);
      }
    },
  });
}
