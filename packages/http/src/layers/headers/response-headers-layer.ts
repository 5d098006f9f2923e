import type { Layer } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callChanged } from '../shared/call-inner.ts';
import type { HeaderChangesOptions } from './header-changes.ts';
import { headerChanges } from './header-changes.ts';

/** A response, and what it is the answer to. */
export interface AnsweredRequest {
  /** The request as the layer got it. */
  readonly request: HttpRequest;
  /** The response as the inner service gave it. */
  readonly response: HttpResponse;
}

/**
 * Changes the header fields of responses: removes, maps, sets, sets where missing, appends, in this order.
 *
 * @remarks
 * Functions get the request too, which makes copying a field from request to response a one-liner. The same fields are protected as in
 * `requestHeadersLayer`. A response that can't be changed because a function fails gives up its body.
 *
 * @throws UsageError if a name is no header name or is protected, or a value is no header value. The service rejects with UsageError if a
 * function gives such a value.
 *
 * @example
 * const service = stack(
 *   responseHeadersLayer({ set: { 'X-Content-Type-Options': 'nosniff', 'X-Echo': ({ request }) => request.headers.get('x-echo') } }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
 * );
 */
export function responseHeadersLayer(options: HeaderChangesOptions<AnsweredRequest>): Layer<HttpRequest, HttpResponse> {
  const change = headerChanges(options);
  return (inner) => ({
    serve: (request) =>
      callChanged(inner, request, (response) => {
        const changed = response.with({ headers: response.headers });
        change(changed.headers, { request, response });
        return changed;
      }),
  });
}
