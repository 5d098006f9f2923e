import type { ExtensionKey, Scope, Scoped, Service } from '@lamella/service-core';
import { abortScope, ClosedError, extensionKey } from '@lamella/service-core';
import type { TakesExtension } from '../add-extension/add-extension-layer.ts';

/** Ends a call from inside. */
export interface CallAborter {
  /**
   * Rejects the call with `reason` at once, and aborts everything that runs for it. Does nothing when the call has ended.
   *
   * @param reason - Default: a `ClosedError`.
   */
  readonly abort: (reason?: unknown) => void;
}

/** The aborter of a request, for {@link abortableLayer}. */
export const RequestAborter: ExtensionKey<CallAborter, 'request'> = extensionKey('layers/request-aborter', {
  scope: 'request',
});

/** The aborter of a connection, for {@link abortableLayer}; requests find the one of the connection they came in by. */
export const ConnectionAborter: ExtensionKey<CallAborter, 'connection'> = extensionKey('layers/connection-aborter', {
  scope: 'connection',
});

/** A layer for any scoped input whose store takes keys of scope `S`. */
export interface AbortableLayer<in S extends Scope> {
  <Input extends Scoped<Input> & TakesExtension<S>, Output>(inner: Service<Input, Output>): Service<Input, Output>;
}

/**
 * Lets code inside end the call that it runs in, from as deep as it is: by an aborter in the extensions.
 *
 * @remarks
 * The call rejects at once with the reason; a service that does not listen goes on by itself, and its late output is
 * disposed. Around the service of a connection, with `ConnectionAborter`, a handler of requests can so drop the
 * connection instead of answering.
 *
 * @param key - Where the aborter is put: `RequestAborter`, `ConnectionAborter`, or one of your own.
 * @returns A layer that keeps input and output.
 * @throws Nothing at construction. The service rejects with the reason given to `abort`.
 *
 * @example
 * const service = stack(
 *   abortableLayer(RequestAborter),
 *   serviceFn((input: ServiceInput<string>) => {
 *     if (input.value === '') input.extensions.get(RequestAborter)?.abort(new Error('nothing to say'));
 *     return input.value.toUpperCase();
 *   }),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function abortableLayer<S extends Scope>(key: ExtensionKey<CallAborter, S>): AbortableLayer<S> {
  return (inner) => ({
    async serve(input) {
      input.scope.throwIfAborted();
      const scope = abortScope(input);
      let isOver = false;
      const abort = (reason: unknown = new ClosedError('the call was ended from inside')): void => {
        if (!isOver) scope.abort(reason);
      };
      try {
        scope.input.extensions.insert(key, { abort });
        return await scope.race(inner.serve(scope.input));
      } finally {
        isOver = true;
        scope.close();
      }
    },
  });
}
