import type { Clock, Timer } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';

/** What becomes of a connection that is too old. */
export interface AgeWatchListener {
  /** It has reached its age. */
  onAge(): void;
  /** The grace behind that is over, too. */
  onGraceEnd(reason: ClosedError): void;
}

/** Watches the age of a connection that may be busy for longer than that. */
export class AgeWatch {
  #timer: Timer;

  /**
   * @param endOfAgeMs - On the monotonic clock; may have passed.
   * @param graceMs - In milliseconds; `Infinity` for no end.
   */
  constructor(clock: Clock, endOfAgeMs: number, graceMs: number, listener: AgeWatchListener) {
    const leftMs = Math.max(0, endOfAgeMs - clock.nowMs());
    this.#timer = clock.startTimer(leftMs, () => {
      listener.onAge();
      if (graceMs === Number.POSITIVE_INFINITY) return;
      this.#timer = clock.startTimer(graceMs, () => {
        listener.onGraceEnd(new ClosedError('the connection has reached its age, and the grace behind it is over'));
      });
    });
  }

  cancel(): void {
    this.#timer.cancel();
  }
}
