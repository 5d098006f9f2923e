import type { Service } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';

/**
 * Sends each input to one of two services.
 *
 * @param isFirst - Which one an input is for.
 * @param first - Gets the inputs for which `isFirst` is true.
 * @param second - Gets the others.
 * @returns A service. The promise of the chosen one is returned as it is.
 * @throws UsageError `LML_ERR_USAGE` when `isFirst` is not a function. The service rejects with what `isFirst` throws.
 *
 * @example
 * const service = eitherService(
 *   (text: string) => text.length > 3,
 *   serviceFn((text: string) => text.length),
 *   serviceFn((text: string) => `short: ${text}`),
 * );
 * await service.serve('ping'); // 4
 * await service.serve('hi'); // 'short: hi'
 *
 * @public
 */
export function eitherService<Input, FirstOutput, SecondOutput>(
  isFirst: (input: Input) => boolean,
  first: Service<Input, FirstOutput>,
  second: Service<Input, SecondOutput>,
): Service<Input, FirstOutput | SecondOutput> {
  requireFunction('isFirst', isFirst);
  return {
    serve(input): Promise<FirstOutput | SecondOutput> {
      try {
        return isFirst(input) ? first.serve(input) : second.serve(input);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  };
}
