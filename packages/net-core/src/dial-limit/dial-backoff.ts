/** How long a target is left alone after failures, all set and checked. */
export interface DialBackoffLimits {
  /** Wait after the first failure, before jitter, in milliseconds. */
  readonly minDelayMs: number;
  /** Longest wait, in milliseconds. */
  readonly maxDelayMs: number;
  /** What each further wait is multiplied with. */
  readonly factor: number;
  /** Share of the wait that is left to chance, from 0 to 1. */
  readonly jitterRatio: number;
  /** Source of chance, from 0 to less than 1. */
  readonly random: () => number;
}

/** Whether a target has failed, and when it may be tried again. Time is an argument. */
export class DialBackoff {
  readonly #limits: DialBackoffLimits;
  #failures = 0;
  #retryAtMs = 0;
  #error: unknown;

  constructor(limits: DialBackoffLimits) {
    this.#limits = limits;
  }

  /** Failures in a row; dials that ran side by side count once. */
  get failures(): number {
    return this.#failures;
  }

  /** The last failure. */
  get error(): unknown {
    return this.#error;
  }

  /** @returns When a dial may be tried, in milliseconds from now; 0: at once. */
  waitMs(nowMs: number): number {
    return this.#failures === 0 ? 0 : Math.max(0, this.#retryAtMs - nowMs);
  }

  /** Whether nothing is left to be remembered: a target that was left alone for long is like a new one. */
  isForgotten(nowMs: number): boolean {
    return this.#failures === 0 || nowMs >= this.#retryAtMs + this.#limits.maxDelayMs;
  }

  /** A dial has failed. @param failuresAtStart - What {@link failures} was when it started. */
  fail(error: unknown, failuresAtStart: number, nowMs: number): void {
    // Many dials that were under way when a target went down are one failure, not many.
    if (failuresAtStart !== this.#failures) return;
    if (this.isForgotten(nowMs)) this.#failures = 0;
    const { minDelayMs, maxDelayMs, factor, jitterRatio, random } = this.#limits;
    const fullMs = Math.min(maxDelayMs, minDelayMs * factor ** this.#failures);
    this.#failures++;
    this.#retryAtMs = nowMs + fullMs * (1 - jitterRatio * random());
    this.#error = error;
  }

  /** A dial has succeeded. */
  succeed(): void {
    this.#failures = 0;
    this.#error = undefined;
  }
}
