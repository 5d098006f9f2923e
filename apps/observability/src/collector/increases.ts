import type { OtlpDataPoint } from '@lamella/otel/receiver';

/** What was added to a count between two exports. */
export interface Increase {
  /** Time between them. */
  readonly seconds: number;
  /** Of distributions. */
  readonly count: number;
  /** Of sums. */
  readonly value: number;
  /** Of histograms, by bucket. */
  readonly buckets: readonly number[];
}

/** Remembers what counts stood at, to tell what comes to them: exports tell what there was since the start. */
export class Increases {
  readonly #last = new Map<string, OtlpDataPoint>();
  readonly #exportedAtMs = new Map<string, number>();
  readonly #maxSeries: number;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** @returns `undefined` where nothing is known of before, and where a process has begun anew. */
  take(service: string, key: string, point: OtlpDataPoint): Increase | undefined {
    const last = this.#last.get(key);
    if (last === undefined && this.#last.size >= this.#maxSeries) return undefined;
    this.#last.set(key, point);
    if (last !== undefined && last.startTimeUnixNano !== point.startTimeUnixNano) return undefined;
    // A count that is new since the last export of its service was at 0 then.
    const lastAtMs = last === undefined ? this.#exportedAtMs.get(service) : pointAtMs(last);
    if (lastAtMs === undefined || pointAtMs(point) <= lastAtMs) return undefined;
    const before = last?.bucketCounts ?? [];
    return {
      seconds: (pointAtMs(point) - lastAtMs) / 1_000,
      count: Number(point.count ?? 0) - Number(last?.count ?? 0),
      value: pointValue(point) - (last === undefined ? 0 : pointValue(last)),
      buckets: (point.bucketCounts ?? []).map((count, index) => Number(count) - Number(before[index] ?? 0)),
    };
  }

  /** A service has exported everything that it had to tell at that time. */
  exported(service: string, atMs: number): void {
    if (this.#exportedAtMs.has(service) || this.#exportedAtMs.size < this.#maxSeries) {
      this.#exportedAtMs.set(service, atMs);
    }
  }
}

/** The value of a point of a sum or a gauge. */
export function pointValue({ asDouble, asInt }: OtlpDataPoint): number {
  return asDouble ?? Number(asInt ?? 0);
}

/** When a point was read, in milliseconds since the Unix epoch. */
export function pointAtMs({ timeUnixNano = '0' }: OtlpDataPoint): number {
  return Number(BigInt(timeUnixNano) / 1_000_000n);
}
