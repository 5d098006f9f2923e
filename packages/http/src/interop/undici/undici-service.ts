import type { Service } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { dispatchOptions } from './dispatch-options.ts';
import type { DispatcherLike } from './dispatch-types.ts';
import { UndiciExchange } from './undici-exchange.ts';

/**
 * Makes a dispatcher of undici 6, 7 or 8 a service: an `Agent`, a `Pool`, a `ProxyAgent`, a `MockAgent`, or one with interceptors.
 *
 * @remarks
 * Bodies are pulled: a slow reader holds the dispatcher up. Fields of the connection (`Connection`, `Keep-Alive`,
 * `Transfer-Encoding`, `Expect` and the like) are undici's own business and are left out; `Upgrade` and CONNECT give
 * `response.upgraded`. Request trailers are not sent. What the dispatcher fails with is what the service rejects with.
 *
 * @example
 * import { Agent } from 'undici';
 * const service = undiciService(new Agent({ connections: 10 }));
 * const response = await service.serve(HttpRequest.from({ target: 'http://example.com/' }));
 */
export function undiciService(dispatcher: DispatcherLike): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      request.scope.throwIfAborted();
      const exchange = new UndiciExchange(request);
      try {
        dispatcher.dispatch(dispatchOptions(request), exchange.handler);
      } catch (error) {
        exchange.fail(error);
      }
      return exchange.response;
    },
  };
}
