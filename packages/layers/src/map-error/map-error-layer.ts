import type { PolyLayer } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';

/**
 * Changes each error on its way out, except the caller's own cancellation.
 *
 * @remarks
 * What was aborted rejects with the reason that the caller gave, the same object; an error that is that reason is
 * never given to `map`. This holds for inputs that carry a `scope` or a `signal`; others can't be cancelled.
 *
 * @param map - Makes the error of the caller of the error of the inner service, synchronously; return the error
 * itself to leave it alone. Give a new error the old one as its `cause`. If `map` throws, the call rejects with that.
 * @returns A layer for any input and output.
 * @throws UsageError `LML_ERR_USAGE` at construction when `map` is not a function.
 *
 * @example
 * const service = stack(
 *   mapErrorLayer((cause) => new Error('the directory is down', { cause })),
 *   serviceFn((name: string) => Promise.reject(new Error(`no answer for ${name}`))),
 * );
 * await service.serve('ann'); // rejects: the directory is down
 *
 * @public
 */
export function mapErrorLayer(map: (error: unknown) => unknown): PolyLayer {
  requireFunction('map', map);

  return (inner) => ({
    async serve(input) {
      try {
        return await inner.serve(input);
      } catch (error) {
        throw isCancellation(input, error) ? error : map(error);
      }
    },
  });
}
