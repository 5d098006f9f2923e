import type { Attributes } from '@opentelemetry/api';
import type { AttributeSource } from './attribute-source.ts';

/** What a {@link BulkHistogram} is shown as. */
export interface HistogramDescription {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Upper bounds of all buckets but the last, ascending; each belongs to its bucket. */
  readonly bounds: readonly number[];
}

/** What was recorded with one set of attributes. */
export interface HistogramSeries {
  readonly attributes: Attributes;
  readonly startEpochMs: number;
  /** One more than there are bounds. */
  readonly counts: number[];
  count: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * A histogram that counts by itself, and is handed to an SDK when that collects.
 *
 * @remarks
 * An instrument of an SDK sorts attributes and writes them as text for every value, which costs more than all else that is done for a small
 * request. Here the caller has a key for them.
 */
export class BulkHistogram {
  readonly description: HistogramDescription;
  #series = new Map<string, HistogramSeries>();
  #startEpochMs: number;

  /** @param startEpochMs - Since when it counts. */
  constructor(description: HistogramDescription, startEpochMs: number) {
    this.description = description;
    this.#startEpochMs = startEpochMs;
  }

  /**
   * Counts one value; what is negative or no number is passed over, as SDKs do it.
   *
   * @param key - Tells the attributes from others.
   * @param source - Asked where the key is new.
   */
  record(value: number, key: string, source: AttributeSource): void {
    if (!(value >= 0)) return;
    const series = this.#series.get(key) ?? this.#add(key, source);
    const { bounds } = this.description;
    let bucket = 0;
    // From below: most requests are short.
    for (; bucket < bounds.length; bucket++) if (value <= (bounds[bucket] ?? 0)) break;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.count++;
    series.sum += value;
    if (value < series.min) series.min = value;
    if (value > series.max) series.max = value;
  }

  /** Everything since the start. */
  cumulative(): HistogramSeries[] {
    return Array.from(this.#series.values(), (series) => ({ ...series, counts: [...series.counts] }));
  }

  /** Everything since the last time, and forgets it. @param nowEpochMs - From when on it counts anew. */
  delta(nowEpochMs: number): HistogramSeries[] {
    const series = [...this.#series.values()];
    this.#series = new Map();
    this.#startEpochMs = nowEpochMs;
    return series;
  }

  #add(key: string, source: AttributeSource): HistogramSeries {
    // What is more than an SDK would keep goes where an SDK would put it.
    const isFull = this.#series.size >= MAX_SERIES - 1;
    const name = isFull ? OVERFLOW : key;
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    const series: HistogramSeries = {
      attributes: isFull ? { [OVERFLOW]: true } : source.metricAttributes(),
      startEpochMs: this.#startEpochMs,
      counts: new Array<number>(this.description.bounds.length + 1).fill(0),
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
    };
    this.#series.set(name, series);
    return series;
  }
}

/** Sets of attributes of one histogram: the default limit of SDKs, and their attribute for what is beyond it. */
const MAX_SERIES = 2_000;
const OVERFLOW = 'otel.metric.overflow';
