import type { Layer } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { ProxyAuthUser } from '../auth/auth-user.ts';
import type { BasicAuthLayerOptions } from '../auth/basic-auth-layer.ts';
import { basicLayer } from '../auth/basic-auth-layer.ts';

/**
 * Lets requests in whose Proxy-Authorization names a user and the right password, and answers all others with 407. RFC 9110 section 11.7.
 *
 * @remarks
 * The same as `basicAuthLayer`, one hop earlier: the inner service finds the user under {@link ProxyAuthUser}, and does not see the
 * field, which is not for whoever comes next. Serves CONNECT too.
 *
 * @throws UsageError if an option is invalid, or there is not exactly one of `users` and `verify`.
 *
 * @example
 * const layer = proxyAuthLayer({ users: [{ name: 'ann', password: 'secret' }] });
 */
export function proxyAuthLayer(options: BasicAuthLayerOptions): Layer<HttpRequest, HttpResponse> {
  return basicLayer(options, {
    field: 'proxy-authorization',
    status: 407,
    key: ProxyAuthUser,
    realm: 'proxy',
    onward,
  });
}

function onward(request: HttpRequest): HttpRequest {
  const rest = request.with({ headers: request.headers });
  rest.headers.delete('proxy-authorization');
  return rest;
}
