/** Tokens that come at a steady rate and are kept up to a limit. Pure: time is an argument. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #level: number;
  #atMs: number;

  /** @param perSecond - Tokens that come in a second, > 0. @param capacity - Most tokens that are kept; there from the start. */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    this.#capacity = capacity;
    this.#level = capacity;
    this.#atMs = nowMs;
  }

  /** Takes `count` tokens, if they are there. @param count - At most the capacity. */
  tryTake(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#level + ROUNDING < count) return false;
    this.#level -= count;
    return true;
  }

  /** @returns When `count` tokens are there, in whole milliseconds from now, at least 0. */
  waitMs(count: number, nowMs: number): number {
    this.#fill(nowMs);
    return Math.max(0, Math.ceil((count - this.#level - ROUNDING) / this.#perMs));
  }

  #fill(nowMs: number): void {
    this.#level = Math.min(this.#capacity, this.#level + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }
}

/** Sums of fractions come out a little short; nobody shall wait once more for that. */
const ROUNDING = 1e-6;
