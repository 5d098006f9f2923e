// #region imports
import type { AbortScope, Clock, Extensions, Scoped, Service } from '@lamella/service-core';
import { isCancellation, isLamellaError, systemClock, UsageError } from '@lamella/service-core';
// #endregion imports

// #region options
/** Options of {@link retryOnceLayer}. */
export interface RetryOnceLayerOptions {
  /** Pause before the second try, in milliseconds, at least 0. Default 100. */
  readonly delayMs?: number;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}
// #endregion options

// #region type
/** Keeps the shape of any service whose input has the store of a request. */
export interface RetryOnceLayer {
  <Input extends Scoped<Input, 'request'>, Output>(inner: Service<Input, Output>): Service<Input, Output>;
}
// #endregion type

// #region layer
/** Serves an input a second time if the first try failed in a way that says that this is safe. */
export function retryOnceLayer(options: RetryOnceLayerOptions = {}): RetryOnceLayer {
  const { delayMs = 100, clock = systemClock } = options;
  if (!(delayMs >= 0)) throw new UsageError(`delayMs must be >= 0, got ${delayMs}`);

  return (inner) => ({
    async serve(input) {
      try {
        return await inner.serve(attemptOf(input));
      } catch (error) {
        if (isCancellation(input, error) || !isRetryable(error)) throw error;
      }
      await pause(delayMs, clock, input.scope);
      return inner.serve(attemptOf(input));
    },
  });
}
// #endregion layer

// #region helpers
/** Each try has a store of its own: what the first one wrote is not seen by the second. */
function attemptOf<Input extends Scoped<Input, 'request'>>(input: Input): Input {
  const extensions: Extensions<'request'> = input.extensions.fork('attempt');
  return input.fork({ extensions });
}

function isRetryable(error: unknown): boolean {
  return isLamellaError(error) && error.facts.retryable === true;
}

/** Waits; an abort ends the wait at once, with its reason. */
async function pause(delayMs: number, clock: Clock, scope: AbortScope): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = clock.startTimer(delayMs, resolve);
  const listener = scope.onAbort(reject);
  try {
    await promise;
  } finally {
    timer.cancel();
    listener.close();
  }
}
// #endregion helpers
