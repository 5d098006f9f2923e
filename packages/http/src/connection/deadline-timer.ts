import type { Clock, Timer } from '@lamella/service-core';

/**
 * One timer for a deadline that moves all the time.
 *
 * @remarks
 * A deadline that moves later costs nothing: when the timer elapses, it looks at the deadline and starts again for the rest.
 */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #deadlineMs: () => number;
  readonly #onDeadline: (nowMs: number) => void;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  /**
   * @param deadlineMs - The deadline now, on the monotonic clock; `Infinity` for none.
   * @param onDeadline - Called when it has passed.
   */
  constructor(clock: Clock, deadlineMs: () => number, onDeadline: (nowMs: number) => void) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#onDeadline = onDeadline;
  }

  /** The deadline may have moved. */
  update(nowMs: number): void {
    const deadlineMs = this.#deadlineMs();
    if (deadlineMs >= this.#timerAtMs || deadlineMs === Number.POSITIVE_INFINITY) return;
    this.#timer?.cancel();
    this.#timerAtMs = deadlineMs;
    this.#timer = this.#clock.startTimer(Math.max(0, deadlineMs - nowMs), () => this.#elapse());
  }

  /** Stops until the next {@link update}. */
  pause(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  /** Stops for good. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Number.NEGATIVE_INFINITY;
  }

  #elapse(): void {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#deadlineMs()) this.#onDeadline(nowMs);
    if (this.#timerAtMs === Number.POSITIVE_INFINITY) this.update(nowMs);
  }
}
