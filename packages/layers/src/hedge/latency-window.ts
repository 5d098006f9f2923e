/** The latencies of the last 256 calls, and a percentile of them. Pure. */
export class LatencyWindow {
  readonly #ratio: number;
  readonly #minSamples: number;
  readonly #samples = new Float64Array(SAMPLES);
  #count = 0;
  #percentileMs: number | undefined;

  /**
   * @param ratio - Which percentile, greater than 0, less than 1.
   * @param minSamples - How many calls there must have been before it is told.
   */
  constructor(ratio: number, minSamples: number) {
    this.#ratio = ratio;
    this.#minSamples = minSamples;
  }

  /** The percentile, at most 15 calls old; `undefined` as long as too little is known. */
  get percentileMs(): number | undefined {
    return this.#percentileMs;
  }

  add(latencyMs: number): void {
    this.#samples[this.#count++ % SAMPLES] = latencyMs;
    if (this.#count < this.#minSamples) return;
    // Sorted now and then: once for a call would cost more than the call.
    if (this.#percentileMs !== undefined && this.#count % CALLS_PER_SORT !== 0) return;
    const known = this.#samples.slice(0, Math.min(this.#count, SAMPLES)).sort();
    this.#percentileMs = known[Math.min(known.length - 1, Math.floor(known.length * this.#ratio))];
  }
}

const SAMPLES = 256;
const CALLS_PER_SORT = 16;
