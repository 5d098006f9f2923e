import type { AbortScope, Clock } from '@lamella/service-core';

/**
 * Requests under way for what is missing or stale: others for the same wait for the first one instead of going as well.
 *
 * @remarks
 * Whoever waits looks into the store afterwards; if nothing is there for it, it goes by itself. Where the first one has left before it
 * brought anything, one of those who waited takes its place. A wait is bounded by time, so that a slow body holds nobody up for ever.
 */
export class Flights {
  readonly #clock: Clock;
  readonly #flights = new Map<string, Set<(hasLeft: boolean) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Starts a flight.
   *
   * @returns Its end, told whether the one who flew has left before it was over; `undefined` if one is under way already.
   */
  start(key: string): ((hasLeft: boolean) => void) | undefined {
    if (this.#flights.has(key)) return undefined;
    const waiting = new Set<(hasLeft: boolean) => void>();
    this.#flights.set(key, waiting);
    return (hasLeft) => {
      this.#forget(key, waiting);
      for (const wake of waiting) wake(hasLeft);
    };
  }

  /**
   * Waits for the flight under way, if there is one.
   *
   * @param timeoutMs - Longest wait, in milliseconds, greater than 0.
   * @returns Whether the one who flew has left before it was over.
   * @throws The reason, if `scope` is aborted meanwhile.
   */
  async wait(key: string, scope: AbortScope, timeoutMs: number): Promise<boolean> {
    const waiting = this.#flights.get(key);
    if (waiting === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#clock.startTimer(timeoutMs, () => {
      // Nor does it hold up who comes later: its body may never be read at all.
      this.#forget(key, waiting);
      resolve(false);
    });
    waiting.add(resolve);
    try {
      return await scope.race(promise);
    } finally {
      timer.cancel();
      waiting.delete(resolve);
    }
  }

  #forget(key: string, waiting: ReadonlySet<unknown>): void {
    if (this.#flights.get(key) === waiting) this.#flights.delete(key);
  }
}
