import type { AbortScope } from '../scope/abort-scope.ts';
import type { Clock } from './clock.ts';

/**
 * Waits. Rejects with the reason of `scope` as soon as that aborts; leaves no timer and no listener either way.
 *
 * @param delayMs - How long, in milliseconds.
 *
 * @example
 * const clock = systemClock;
 * const scope = new AbortScope();
 * await sleep(clock, 10, scope);
 */
export function sleep(clock: Clock, delayMs: number, scope: AbortScope): Promise<void> {
  return new Promise((resolve, reject) => {
    if (scope.aborted) return reject(scope.reason);
    const timer = clock.startTimer(delayMs, () => {
      listener.close();
      resolve();
    });
    const listener = scope.onAbort((reason) => {
      timer.cancel();
      reject(reason);
    });
  });
}
