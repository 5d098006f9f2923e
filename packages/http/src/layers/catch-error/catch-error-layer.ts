import type { Layer } from '@lamella/service-core';
import { isCancellation, tellFailure, UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { reasonPhrase } from '../../message/status.ts';
import { errorResponse } from '../../server/error-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireFunction } from '../shared/option-checks.ts';

/** Options of {@link catchErrorLayer}. */
export interface CatchErrorLayerOptions {
  /**
   * Status for an error, 400 to 599, or `undefined` for the usual one. Default: the usual one of `errorResponse`, 500 for what is not known.
   */
  readonly statusOf?: (error: unknown, request: HttpRequest) => number | undefined;
  /** Makes the response. Default: `application/problem+json` (RFC 9457) with the status and its title, and nothing of the error. */
  readonly respond?: (status: number, error: unknown, request: HttpRequest) => HttpResponse;
  /** Hears of every error that becomes a response. Default: `console.error` for status 500 and above. */
  readonly onError?: (error: unknown, request: HttpRequest, status: number) => void;
}

/**
 * Turns errors of the inner service into responses that tell nothing of the inside.
 *
 * @remarks
 * The request's own cancellation passes unchanged: nobody is left to answer. What happens after the response has come, in its body, is no
 * error of the service; the server breaks the response off. If a function of the options fails, that goes to `console.error`, and the
 * answer is 500.
 *
 * @throws UsageError if an option is no function.
 *
 * @example
 * const service = stack(
 *   catchErrorLayer({ statusOf: (error) => (error instanceof RangeError ? 422 : undefined) }),
 *   serviceFn((request: HttpRequest) => Promise.reject<HttpResponse>(new RangeError(request.path))),
 * );
 */
export function catchErrorLayer(options: CatchErrorLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { statusOf = () => undefined, respond = problem, onError = reportOnConsole } = options;
  requireFunction('statusOf', statusOf);
  requireFunction('respond', respond);
  requireFunction('onError', onError);

  const answer = (error: unknown, request: HttpRequest): HttpResponse => {
    try {
      const status = statusOf(error, request) ?? errorResponse(error).status;
      if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
        throw new UsageError(`statusOf must give 400 to 599, got ${status}`);
      }
      onError(error, request, status);
      return respond(status, error, request);
    } catch (failure) {
      console.error('lamella: catchErrorLayer failed to answer an error:', failure, error);
      return problem(500);
    }
  };

  return (inner) => ({
    serve: (request) =>
      callInner(inner, request).catch((error: unknown) => {
        if (isCancellation(request, error)) throw error;
        return answer(error, request);
      }),
  });
}

/** RFC 9457 section 4.2.1: a type of its own would say no more than the status. */
function problem(status: number): HttpResponse {
  const title = reasonPhrase(status);
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' };
  return HttpResponse.json(title === '' ? { status } : { title, status }, { status, headers });
}

function reportOnConsole(error: unknown, request: HttpRequest, status: number): void {
  if (status >= 500) tellFailure(`${request.method} ${request.target.slice(0, 200)}`, error);
}
