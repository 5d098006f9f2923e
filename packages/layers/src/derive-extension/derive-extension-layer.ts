import type { ExtensionKey, Scope } from '@lamella/service-core';
import type { ExtensionLayer } from '../add-extension/add-extension-layer.ts';
import { requireFunction } from '../shared/checks.ts';

/**
 * Inserts a value that is made of the input into the extensions of that input, before the inner service is called.
 *
 * @remarks
 * Like `addExtensionLayer` in all else; a function of its own, since a value may itself be a function.
 *
 * @param key - Names the value. An input whose store takes no keys of its scope does not compile.
 * @param derive - Makes the value, synchronously; `undefined` inserts nothing. If it throws, the call rejects with
 * that error.
 * @returns A layer that keeps input and output.
 * @throws UsageError `LML_ERR_USAGE` at construction when `derive` is not a function. The service rejects with
 * UsageError when the store is sealed, and with LimitError `LML_ERR_LIMIT` when it is full.
 *
 * @example
 * const Size: ExtensionKey<number, 'request'> = extensionKey('docs/size', { scope: 'request' });
 * const service = stack(
 *   deriveExtensionLayer(Size, (input: ServiceInput<string>) => input.value.length),
 *   serviceFn((input: ServiceInput<string>) => input.extensions.get(Size)),
 * );
 * await service.serve(serviceInput('four')); // 4
 *
 * @public
 */
export function deriveExtensionLayer<Value, S extends Scope, DeriveInput>(
  key: ExtensionKey<Value, S>,
  derive: (input: DeriveInput) => Value | undefined,
): ExtensionLayer<S, DeriveInput> {
  requireFunction('derive', derive);

  return (inner) => ({
    serve(input) {
      try {
        const value = derive(input);
        if (value !== undefined) input.extensions.insert(key, value);
        return inner.serve(input);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}
