import type { Clock, Layer } from '@lamella/service-core';
import { failureSink, isCancellation, systemClock } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { isBodyless } from '../../message/status.ts';
import { callInner, changedOrDisposed } from '../shared/call-inner.ts';
import { requireFunction } from '../shared/option-checks.ts';
import { watchedBody } from '../shared/watched-body.ts';

/** How an exchange has ended, as {@link httpTraceLayer} tells of it. */
export interface HttpExchangeEnd {
  /** The request as the layer got it. Its body is not to be read. */
  readonly request: HttpRequest;
  /** The response; `undefined` if there was none. Its body is not to be read. */
  readonly response: HttpResponse | undefined;
  /**
   * `'complete'`: the body of the response was read to its end, or there is none. `'aborted'`: the request was cancelled, or the body given
   * up, before that. `'error'`: the service, or the body, failed.
   */
  readonly outcome: 'complete' | 'aborted' | 'error';
  /** What it failed with, or was aborted with; `undefined` if it is complete. */
  readonly error: unknown;
  /** Bytes of the body of the response that were read. */
  readonly bodyBytes: number;
  /** Time from the start to the response, in milliseconds, or to the failure if there was no response. */
  readonly responseMs: number;
  /** Time from the start to the end, in milliseconds. */
  readonly durationMs: number;
}

/** Options of {@link httpTraceLayer}. Hooks are not waited for. `State` is what belongs to one exchange, such as a span. */
export interface HttpTraceLayerOptions<State> {
  /** Called before the inner service; gives the state of the exchange. */
  readonly onStart: (request: HttpRequest) => State;
  /** Called when the response has come, before its body. Default: nothing. */
  readonly onResponse?: (state: State, response: HttpResponse, request: HttpRequest) => void;
  /** Called once, at the end of the exchange: after the last byte of the response was read. Default: nothing. */
  readonly onEnd?: (state: State, end: HttpExchangeEnd) => void;
  /** Hears what a hook throws. Default: `console.error`. */
  readonly onHookError?: (error: unknown) => void;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Tells of every exchange: when it begins, when the response has come, and when its body has ended, in whichever way.
 *
 * @remarks
 * What `traceLayer` of `layers` is for any service, with the part that only HTTP has: a response goes on after `serve` has ended.
 * The end comes exactly once; a body that nobody reads or cancels ends when the engine gives it up. A response to HEAD and one
 * without content by its status are complete when they have come. Hooks look on: what they throw never reaches the exchange. If
 * `onStart` throws, the exchange goes on without the other hooks.
 *
 * @throws UsageError if a hook is no function.
 *
 * @example
 * const layer = httpTraceLayer({
 *   onStart: (request) => `${request.method} ${request.path}`,
 *   onEnd: (name, { outcome, bodyBytes, durationMs }) => console.log(name, outcome, bodyBytes, durationMs),
 * });
 */
export function httpTraceLayer<State>(options: HttpTraceLayerOptions<State>): Layer<HttpRequest, HttpResponse> {
  const { onStart, onResponse, onEnd, onHookError, clock = systemClock } = options;
  requireFunction('onStart', onStart);
  for (const [name, hook] of Object.entries({ onResponse, onEnd, onHookError }))
    if (hook !== undefined) requireFunction(name, hook);
  const tell = failureSink(onHookError, () => 'a hook of httpTraceLayer', 'onHookError');

  return (inner) => ({
    serve(request) {
      const startMs = clock.nowMs();
      let state: State;
      try {
        state = onStart(request);
      } catch (error) {
        tell(error);
        return callInner(inner, request);
      }
      let responseMs: number | undefined;
      let bodyBytes = 0;
      const end = (outcome: HttpExchangeEnd['outcome'], error: unknown, response?: HttpResponse): void => {
        const durationMs = clock.nowMs() - startMs;
        const told = { request, response, outcome, error, bodyBytes, responseMs: responseMs ?? durationMs, durationMs };
        if (onEnd !== undefined) attempt(() => onEnd(state, told), tell);
      };

      const watched = (response: HttpResponse): HttpResponse => {
        responseMs = clock.nowMs() - startMs;
        if (onResponse !== undefined) attempt(() => onResponse(state, response, request), tell);
        if (onEnd === undefined) return response;
        if (hasNoContent(request, response)) {
          end('complete', undefined, response);
          return response;
        }
        const body = watchedBody(response.body, {
          onChunk(chunk) {
            bodyBytes += chunk.length;
          },
          onEnd(outcome, error) {
            if (outcome === 'complete') end('complete', undefined, response);
            else end(outcome === 'cancelled' || isCancellation(request, error) ? 'aborted' : 'error', error, response);
          },
        });
        return response.with({ body });
      };

      return callInner(inner, request).then(
        (response) => changedOrDisposed(response, watched),
        (error: unknown) => {
          end(isCancellation(request, error) ? 'aborted' : 'error', error);
          throw error;
        },
      );
    },
  });
}

function hasNoContent({ method }: HttpRequest, { status, body }: HttpResponse): boolean {
  return method === 'HEAD' || isBodyless(status) || body.isEmpty;
}

function attempt(step: () => void, tell: (error: unknown) => void): void {
  try {
    step();
  } catch (error) {
    tell(error);
  }
}
