import type { Clock, Layer } from '@lamella/service-core';
import { abortScope, systemClock, TimeoutError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { reasonPhrase } from '../../message/status.ts';
import { requireOneOf, requirePositive } from '../shared/option-checks.ts';
import { deadlineBody } from './deadline-body.ts';

/** Options of {@link httpTimeoutLayer}. */
export interface HttpTimeoutLayerOptions {
  /** Longest time up to the response, in milliseconds, greater than 0; `Infinity` sets no limit. */
  readonly timeoutMs: number;
  /** What a request is answered with whose time is up: 408, 503 or 504. Default 504. */
  readonly status?: 408 | 503 | 504;
  /** Longest time from the response to the end of its body, in milliseconds, greater than 0. Default `Infinity`: none. */
  readonly bodyTimeoutMs?: number;
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Answers requests that take too long, and aborts what is done for them.
 *
 * @remarks
 * `timeoutMs` covers `serve` of the inner service, which usually reads the request in it. Its signal aborts with a TimeoutError; a late
 * response is given up. 504 suits what waits for somebody else, 503 a server that is too busy, 408 a client that is too slow; clients may
 * send a request that got 408 again by themselves.
 *
 * The body of a response is covered by `bodyTimeoutMs` alone, which has no default: event streams and downloads may last. When it
 * elapses, the body fails with TimeoutError (`bodyTimeoutMs`) and what makes it is cancelled; since the head is on its way, the server breaks the
 * response off. For a body that makes no progress the engine has limits of its own.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const service = stack(
 *   httpTimeoutLayer({ timeoutMs: 5_000, bodyTimeoutMs: 60_000 }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
 * );
 */
export function httpTimeoutLayer(options: HttpTimeoutLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { timeoutMs, status = 504, bodyTimeoutMs = Number.POSITIVE_INFINITY, clock = systemClock } = options;
  requirePositive('timeoutMs', timeoutMs);
  requirePositive('bodyTimeoutMs', bodyTimeoutMs);
  requireOneOf('status', status, [408, 503, 504]);

  const limited = (response: HttpResponse): HttpResponse => {
    if (bodyTimeoutMs === Number.POSITIVE_INFINITY || response.body.isEmpty) return response;
    const late = (): TimeoutError =>
      new TimeoutError({
        limit: 'bodyTimeoutMs',
        timeoutMs: bodyTimeoutMs,
        facts: { layer: 'timeout', phase: 'body' },
      });
    return response.with({ body: deadlineBody(response.body, bodyTimeoutMs, clock, late) });
  };

  return (inner) => ({
    async serve(request) {
      request.scope.throwIfAborted();
      const scope = abortScope(request);
      let elapsed: TimeoutError | undefined;
      const timer = clock.startTimer(timeoutMs, () => {
        elapsed = new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { layer: 'timeout' } });
        scope.abort(elapsed);
      });
      try {
        return limited(await scope.race(inner.serve(scope.input)));
      } catch (error) {
        if (elapsed === undefined || error !== elapsed) throw error;
        return HttpResponse.text(`${status} ${reasonPhrase(status)}\n`, { status });
      } finally {
        timer.cancel();
        scope.close();
      }
    },
  });
}
