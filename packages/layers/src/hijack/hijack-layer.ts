import type { Matcher, Service } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';
import type { ServiceAlsoGiving } from '../shared/service-also-giving.ts';

/** Options of {@link hijackLayer}. */
export interface HijackLayerOptions<in Input, in Captures> {
  /**
   * Called with what the matcher captured, before the other service: the place to store captures, such as in the
   * extensions of the input. If it throws, the call rejects with that error. Default: captures are dropped.
   */
  readonly onMatch?: (input: Input, captures: Captures) => void;
}

/** A layer that keeps the shape, for inputs that its matcher understands and outputs that `HijackOutput` is one of. */
export interface HijackLayer<in HijackInput, HijackOutput> {
  <Input extends HijackInput, Output>(inner: ServiceAlsoGiving<Input, Output, HijackOutput>): Service<Input, Output>;
}

/**
 * Sends inputs that match to another service; all others go on to the inner one.
 *
 * @remarks
 * The promise of whichever service was chosen is returned as it is. A matcher that throws makes the call reject. What
 * the other service gives must be an output of the inner one too, so the layer keeps the shape.
 *
 * @param matcher - Chooses the inputs. It writes nothing; see {@link HijackLayerOptions.onMatch}.
 * @param service - Gets the inputs that match.
 * @param options - See {@link HijackLayerOptions}.
 * @returns A layer that keeps input and output.
 * @throws UsageError `LML_ERR_USAGE` at construction when `matcher`, `service` or `onMatch` is not what its type says.
 *
 * @example
 * const service = stack(
 *   hijackLayer(matcherFn((path: string) => path === '/health'), serviceFn(() => 'fine')),
 *   serviceFn((path: string) => `page ${path}`),
 * );
 * await service.serve('/health'); // 'fine'
 * await service.serve('/home'); // 'page /home'
 *
 * @public
 */
export function hijackLayer<HijackInput, Captures, HijackOutput>(
  matcher: Matcher<HijackInput, Captures>,
  service: Service<HijackInput, HijackOutput>,
  options: HijackLayerOptions<HijackInput, Captures> = {},
): HijackLayer<HijackInput, HijackOutput> {
  const { onMatch } = options;
  requireFunction('matcher.match', matcher?.match);
  requireFunction('service.serve', service?.serve);
  if (onMatch !== undefined) requireFunction('onMatch', onMatch);
  // Each application checks that the inner service gives `HijackOutput` too; `never` stands for that unknown output.
  const other = service as Service<HijackInput, never>;

  return (inner) => ({
    serve(input) {
      try {
        const captures = matcher.match(input);
        if (captures === undefined) return inner.serve(input);
        onMatch?.(input, captures);
        return other.serve(input);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}
