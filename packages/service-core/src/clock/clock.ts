/**
 * Time, as services and drivers see it. Nobody else in Lamella reads a clock or sets a timer.
 *
 * @remarks
 * Pass a fake in tests (`FakeClock` of `service-core/testing`), and hours pass in an instant.
 */
export interface Clock {
  /** Reads the monotonic time. @returns Milliseconds on a clock that never jumps; only differences mean something. */
  readonly nowMs: () => number;
  /**
   * Reads the monotonic time, cheaply.
   *
   * @returns The same as `nowMs`, but up to 50 ms behind: costs next to nothing, and is good enough for deadlines of a second and more.
   * It stands still while the event loop is blocked.
   */
  readonly coarseNowMs: () => number;
  /** Reads the time of the day, which may jump. @returns Milliseconds since the Unix epoch. */
  readonly epochMs: () => number;
  /**
   * Calls `onElapsed` once, never before `delayMs` has passed.
   *
   * @param delayMs - In milliseconds, at least 0; `Infinity` never elapses.
   */
  readonly startTimer: (delayMs: number, onElapsed: () => void) => Timer;
}

/** A running timer of a {@link Clock}. */
export interface Timer {
  /** Stops the timer; does nothing once it has elapsed. */
  cancel(): void;
}
