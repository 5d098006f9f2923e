import type { Clock, ScopedLayer } from '@lamella/service-core';
import { abortScope, systemClock, TimeoutError } from '@lamella/service-core';
import { requirePositive } from '../shared/checks.ts';

/** Options of {@link timeoutLayer}. */
export interface TimeoutLayerOptions {
  /** Longest time the inner service may take, in milliseconds, greater than 0. `Infinity` sets no limit. */
  readonly timeoutMs: number;
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Rejects with a `TimeoutError` when the inner service is too slow, and aborts what it was asked for.
 *
 * @remarks
 * The inner service gets the input with a narrower scope. When the time is up that scope aborts with the error, and
 * the call rejects at once: a service that does not listen goes on by itself, its late failure is observed and its
 * late output disposed, if that has `Symbol.dispose` or `Symbol.asyncDispose`. If the caller aborts first, the call
 * rejects with the caller's reason, the same object; an input that is aborted already never reaches the inner service.
 *
 * The limit covers `serve` only: what still runs when the output has come, such as a body that streams, is not bounded
 * by it. It still hears when the caller aborts.
 *
 * @returns A layer for any input that carries a scope.
 * @throws UsageError `LML_ERR_USAGE` at construction when `timeoutMs` is not greater than 0. The service rejects with
 * TimeoutError `LML_ERR_TIMEOUT` (`limit: 'timeoutMs'`) when the time is up.
 *
 * @example
 * const service = stack(
 *   timeoutLayer({ timeoutMs: 250 }),
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function timeoutLayer(options: TimeoutLayerOptions): ScopedLayer {
  const { timeoutMs, clock = systemClock } = options;
  requirePositive('timeoutMs', timeoutMs);

  return (inner) => ({
    async serve(input) {
      input.scope.throwIfAborted();
      const scope = abortScope(input);
      const timer = clock.startTimer(timeoutMs, () => scope.abort(new TimeoutError({ limit: 'timeoutMs', timeoutMs })));
      try {
        return await scope.race(inner.serve(scope.input));
      } finally {
        timer.cancel();
        scope.close();
      }
    },
  });
}
