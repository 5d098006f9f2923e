/**
 * Counts what a peer does too much of, and says when it is too much: so many a second, and for a while more than that.
 *
 * @remarks
 * A bucket that fills by the second. Time is only looked at when the bucket seems empty.
 */
export class EventBudget {
  readonly #ratePerMs: number;
  readonly #burst: number;
  #left: number;
  #filledMs: number;
  #spent = 0;

  /**
   * @param perSecond - Events a second, greater than 0; `Infinity` for no limit.
   * @param burst - Events at once, at least 1.
   */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#ratePerMs = perSecond / 1_000;
    this.#burst = burst;
    this.#left = burst;
    this.#filledMs = nowMs;
  }

  /** Events so far. */
  get spent(): number {
    return this.#spent;
  }

  /** Takes one event. @param weight - As how many it counts. @returns Whether it is one too many. */
  isOverdrawnBy(nowMs: number, weight = 1): boolean {
    this.#spent++;
    if (this.#left < weight) this.#fill(nowMs);
    this.#left -= weight;
    return this.#left < 0;
  }

  /** Gives events back that were earned. */
  earn(events: number): void {
    this.#left = Math.min(this.#burst, this.#left + events);
  }

  #fill(nowMs: number): void {
    if (this.#ratePerMs === Number.POSITIVE_INFINITY) this.#left = this.#burst;
    else this.#left = Math.min(this.#burst, Math.max(0, this.#left) + (nowMs - this.#filledMs) * this.#ratePerMs);
    this.#filledMs = nowMs;
  }
}
