/** The dials of the last second: at most so many start within any one second. Time is an argument. */
export class DialWindow {
  readonly #maximum: number;
  readonly #startsMs: number[] = []; // in order

  /** @param maximum - Most starts within any second; `Infinity` counts nothing. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** @returns When the next dial may start, in milliseconds from now; 0: at once. */
  waitMs(nowMs: number): number {
    if (this.#maximum === Number.POSITIVE_INFINITY) return 0;
    const isOver = (startMs: number): boolean => startMs + WINDOW_MS <= nowMs;
    const firstKept = this.#startsMs.findIndex((startMs) => !isOver(startMs));
    this.#startsMs.splice(0, firstKept < 0 ? this.#startsMs.length : firstKept);
    const [oldestMs] = this.#startsMs;
    if (oldestMs === undefined || this.#startsMs.length < this.#maximum) return 0;
    return oldestMs + WINDOW_MS - nowMs;
  }

  /** A dial starts. */
  note(nowMs: number): void {
    if (this.#maximum !== Number.POSITIVE_INFINITY) this.#startsMs.push(nowMs);
  }
}

const WINDOW_MS = 1_000;
