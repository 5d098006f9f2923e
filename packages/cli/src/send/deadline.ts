import type { Clock, Timer } from '@lamella/service-core';
import { systemClock, TimeoutError } from '@lamella/service-core';

/** The end of the time that an attempt may take; none if that is not bounded. */
export class Deadline {
  readonly #timeoutMs: number | undefined;
  readonly #clock: Clock;
  #controller = new AbortController();
  #timer: Timer | undefined;

  constructor(timeoutMs: number | undefined, clock: Clock = systemClock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Begins anew. @returns A signal that aborts with a TimeoutError. */
  start(): AbortSignal {
    this.#controller = new AbortController();
    this.extend(0);
    return this.#controller.signal;
  }

  /** Gives all the time again, from `afterMs` milliseconds on. */
  extend(afterMs: number): void {
    this.cancel();
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return;
    const controller = this.#controller;
    const error = new TimeoutError({ limit: '--max-time', timeoutMs });
    this.#timer = this.#clock.startTimer(timeoutMs + afterMs, () => controller.abort(error));
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
