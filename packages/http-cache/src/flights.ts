import type { AbortScope, Clock } from '@lamella/service-core';

/**
 * Requests under way for what is not stored: others for the same wait for the first one instead of going as well.
 *
 * @remarks
 * Whoever waits looks into the store afterwards; if nothing is there for it, it goes by itself. A wait is bounded by time, so that
 * a slow body holds nobody up for ever.
 */
export class Flights {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #flights = new Map<string, Set<() => void>>();

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Starts a flight. @returns Its end, or `undefined` if one is under way already. */
  start(key: string): (() => void) | undefined {
    if (this.#flights.has(key)) return undefined;
    const waiting = new Set<() => void>();
    this.#flights.set(key, waiting);
    return () => {
      this.#forget(key, waiting);
      for (const wake of waiting) wake();
    };
  }

  /** Waits for the flight under way, if there is one. @throws The reason, if `scope` is aborted meanwhile. */
  async wait(key: string, scope: AbortScope): Promise<void> {
    const waiting = this.#flights.get(key);
    if (waiting === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.startTimer(this.#timeoutMs, () => {
      // Nor does it hold up who comes later: its body may never be read at all.
      this.#forget(key, waiting);
      resolve();
    });
    waiting.add(resolve);
    try {
      await scope.race(promise);
    } finally {
      timer.cancel();
      waiting.delete(resolve);
    }
  }

  #forget(key: string, waiting: ReadonlySet<() => void>): void {
    if (this.#flights.get(key) === waiting) this.#flights.delete(key);
  }
}
