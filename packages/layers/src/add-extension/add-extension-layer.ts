import type { ExtensionKey, ExtensionStore, Scope, Service } from '@lamella/service-core';

/** An input whose store takes keys of scope `S`. */
export interface TakesExtension<in S extends Scope> {
  /** Side data of the input. */
  readonly extensions: ExtensionStore<S, never, never>;
}

/** A layer for inputs whose store takes keys of scope `S`, and which satisfy `RequiredInput`. */
export interface ExtensionLayer<in S extends Scope, in RequiredInput = unknown> {
  <Input extends RequiredInput & TakesExtension<S>, Output>(inner: Service<Input, Output>): Service<Input, Output>;
}

/**
 * Inserts the same value into the extensions of every input, before the inner service is called.
 *
 * @remarks
 * The value goes into the store that the input came with; whoever shares that store sees it too, also outside of this
 * layer. The newest entry of a key wins. Store facts, not resources. The promise of the inner service is returned as
 * it is.
 *
 * @param key - Names the value. An input whose store takes no keys of its scope does not compile.
 * @param value - Inserted for each input, the same object.
 * @returns A layer that keeps input and output.
 * @throws Nothing at construction. The service rejects with UsageError `LML_ERR_USAGE` when the store is sealed, and
 * with LimitError `LML_ERR_LIMIT` when it is full.
 *
 * @example
 * const Tenant: ExtensionKey<string, 'request'> = extensionKey('docs/tenant', { scope: 'request' });
 * const service = stack(
 *   addExtensionLayer(Tenant, 'acme'),
 *   serviceFn((input: ServiceInput<string>) => `${input.value} of ${input.extensions.get(Tenant)}`),
 * );
 * await service.serve(serviceInput('order')); // 'order of acme'
 *
 * @public
 */
export function addExtensionLayer<Value, S extends Scope>(
  key: ExtensionKey<Value, S>,
  value: Value,
): ExtensionLayer<S> {
  return (inner) => ({
    serve(input) {
      try {
        input.extensions.insert(key, value);
        return inner.serve(input);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}
