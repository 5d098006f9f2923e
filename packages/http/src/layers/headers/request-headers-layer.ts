import type { Layer } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import type { HeaderChangesOptions } from './header-changes.ts';
import { headerChanges } from './header-changes.ts';

/**
 * Changes the header fields of requests: removes, maps, sets, sets where missing, appends, in this order.
 *
 * @remarks
 * The inner service gets a request with headers of its own; the caller's request stays as it is. Fields of the framing and the way of a
 * message are protected: Connection, Content-Length, Expect, Host, HTTP2-Settings, Keep-Alive, Proxy-Connection, TE, Trailer,
 * Transfer-Encoding and Upgrade. Functions are called once per request and are not waited for.
 *
 * @throws UsageError if a name is no header name or is protected, or a value is no header value. The service rejects with UsageError,
 * before the inner service is called, if a function gives such a value.
 *
 * @example
 * const client = stack(
 *   requestHeadersLayer({ set: { 'User-Agent': 'shop/1.0', 'X-Path': (request) => request.path }, remove: ['Cookie'] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.headers.get('user-agent') ?? '')),
 * );
 */
export function requestHeadersLayer(options: HeaderChangesOptions<HttpRequest>): Layer<HttpRequest, HttpResponse> {
  const change = headerChanges(options);
  return (inner) => ({
    serve(request) {
      const changed = request.with({ headers: request.headers });
      try {
        change(changed.headers, request);
      } catch (error) {
        return Promise.reject(error);
      }
      return callInner(inner, changed);
    },
  });
}
