import type { Service } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';

/** Calls the inner service without a step of its own; what that throws becomes a rejection, since `serve` never throws. */
export function callInner(inner: Service<HttpRequest, HttpResponse>, request: HttpRequest): Promise<HttpResponse> {
  try {
    return inner.serve(request);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** {@link callInner}, with a request and a response that are changed on the way; one reaction to the inner promise. */
export function callChanged(
  inner: Service<HttpRequest, HttpResponse>,
  request: HttpRequest,
  change: (response: HttpResponse) => HttpResponse,
): Promise<HttpResponse> {
  return callInner(inner, request).then((response) => changedOrDisposed(response, change));
}

/** Changes a response; one that nobody is going to get because of a failure gives up what it holds. */
export function changedOrDisposed(
  response: HttpResponse,
  change: (response: HttpResponse) => HttpResponse,
): HttpResponse {
  try {
    return change(response);
  } catch (error) {
    response[Symbol.dispose]();
    throw error;
  }
}
