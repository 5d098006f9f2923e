import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { isCancellation, tellFailure } from '@lamella/service-core';
import { requireFunction } from '../shared/option-checks.ts';
import type { Problem } from './problem.ts';
import { problemResponse } from './problem.ts';
import { problemOf } from './problem-of.ts';

/** Options of {@link problemLayer}. */
export interface ProblemLayerOptions {
  /** The problem for an error, or `undefined` for the usual one of `problemOf`. Default: the usual one. */
  readonly toProblem?: (error: unknown, request: HttpRequest) => Problem | undefined;
  /** Hears of every error that becomes a response. Default: `console.error` for status 500 and above. */
  readonly onError?: (error: unknown, request: HttpRequest, status: number) => void;
}

/**
 * Turns errors of the inner service into responses with `application/problem+json`.
 *
 * @remarks
 * Source: RFC 9457. The request's own cancellation passes unchanged: nobody is left to answer. If a function of the options fails, or
 * makes no valid problem, that goes to `console.error`, and the answer is 500 without a word of it.
 *
 * @throws UsageError if an option is no function.
 *
 * @example
 * const service = stack(
 *   problemLayer({ toProblem: (error) => (error instanceof RangeError ? { status: 422 } : undefined) }),
 *   serviceFn((request: HttpRequest) => Promise.reject<HttpResponse>(new RangeError(request.path))),
 * );
 */
export function problemLayer(options: ProblemLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { toProblem = () => undefined, onError = reportOnConsole } = options;
  requireFunction('toProblem', toProblem);
  requireFunction('onError', onError);

  const answer = (error: unknown, request: HttpRequest): HttpResponse => {
    try {
      const problem = toProblem(error, request) ?? problemOf(error);
      const response = problemResponse(problem);
      onError(error, request, problem.status);
      return response;
    } catch (failure) {
      console.error('lamella: problemLayer failed to answer an error:', failure, error);
      return problemResponse({ status: 500 });
    }
  };

  return (inner) => ({
    async serve(request) {
      try {
        return await inner.serve(request);
      } catch (error) {
        if (isCancellation(request, error)) throw error;
        return answer(error, request);
      }
    },
  });
}

function reportOnConsole(error: unknown, request: HttpRequest, status: number): void {
  if (status >= 500) tellFailure(`${request.method} ${request.target.slice(0, 200)}`, error);
}
