/** Counts what happened over the last `windowMs`, in ten steps. Pure: time is an argument. */
export class SlidingCount {
  readonly #stepMs: number;
  readonly #startMs: number;
  readonly #counts = new Float64Array(STEPS);
  #step = 0;

  constructor(windowMs: number, nowMs: number) {
    this.#stepMs = windowMs / STEPS;
    this.#startMs = nowMs;
  }

  /** Counts one. */
  add(nowMs: number): void {
    const index = this.#slide(nowMs);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** How many there were in the window. */
  total(nowMs: number): number {
    this.#slide(nowMs);
    let total = 0;
    for (const count of this.#counts) total += count;
    return total;
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0);
  }

  /** Empties the steps that have left the window. @returns Where the present step is counted. */
  #slide(nowMs: number): number {
    const nowStep = Math.floor((nowMs - this.#startMs) / this.#stepMs);
    const last = Math.min(nowStep, this.#step + STEPS);
    while (this.#step < last) this.#counts[++this.#step % STEPS] = 0;
    this.#step = Math.max(this.#step, nowStep);
    return this.#step % STEPS;
  }
}

const STEPS = 10;
