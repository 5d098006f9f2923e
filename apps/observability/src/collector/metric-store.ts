import type { OtlpDataPoint, OtlpMetric, OtlpResourceMetrics } from '@lamella/otel/receiver';
import { otlpAttributes } from '@lamella/otel/receiver';
import { quantileOf } from './quantile.ts';

/** A line of a plot. */
export interface Series {
  readonly metric: string;
  readonly service: string;
  /** What it is the value of, such as `GET /offers/:item 200`. */
  readonly labels: string;
  /** What the values are. */
  readonly unit: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/** The latest values of metrics: of distributions the 95th percentile, of what only grows how much it does in a second. */
export class MetricStore {
  readonly #series = new Map<string, Series & { points: { atMs: number; value: number }[] }>();
  /** The last export of what adds up, to tell what has come since. */
  readonly #last = new Map<string, OtlpDataPoint>();
  readonly #maxSeries: number;
  readonly #maxPoints: number;
  #version = 0;

  constructor(maxSeries = 100, maxPoints = 120) {
    this.#maxSeries = maxSeries;
    this.#maxPoints = maxPoints;
  }

  /** Goes up with every change. */
  get version(): number {
    return this.#version;
  }

  add(received: readonly OtlpResourceMetrics[]): void {
    for (const { resource, scopeMetrics } of received) {
      const service = String(otlpAttributes(resource?.attributes ?? [])['service.name'] ?? 'unknown');
      for (const { metrics } of scopeMetrics) for (const metric of metrics) this.#addMetric(service, metric);
    }
    this.#version++;
  }

  list(): readonly Series[] {
    return [...this.#series.values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }

  #addMetric(service: string, metric: OtlpMetric): void {
    const { name = '', unit = '' } = metric;
    for (const point of metric.histogram?.dataPoints ?? []) {
      const place = { metric: name, service, labels: labelsOf(point) };
      const since = this.#since(keyOf(place), point);
      if (since === undefined) continue;
      const isSeconds = unit === 's';
      const value = quantileOf(0.95, point.explicitBounds ?? [], since.buckets);
      if (value !== undefined) {
        this.#push(
          { ...place, unit: isSeconds ? 'ms, 95 %' : `${unit}, 95 %` },
          point,
          isSeconds ? value * 1_000 : value,
        );
      }
      this.#push({ ...place, metric: `${name} rate`, unit: 'per second' }, point, since.count / since.seconds);
    }
    for (const point of metric.sum?.dataPoints ?? []) {
      const place = { metric: name, service, labels: labelsOf(point) };
      if (metric.sum?.isMonotonic !== true) this.#push({ ...place, unit }, point, numberOf(point));
      else {
        const since = this.#since(keyOf(place), point);
        if (since !== undefined) this.#push({ ...place, unit: 'per second' }, point, since.value / since.seconds);
      }
    }
    for (const point of metric.gauge?.dataPoints ?? []) {
      this.#push({ metric: name, service, labels: labelsOf(point), unit }, point, numberOf(point));
    }
  }

  /** What has been added since the last export; `undefined` at the first one, and where a process has begun anew. */
  #since(key: string, point: OtlpDataPoint) {
    const last = this.#last.get(key);
    if (last === undefined && this.#last.size >= this.#maxSeries) return undefined;
    this.#last.set(key, point);
    if (last === undefined || last.startTimeUnixNano !== point.startTimeUnixNano) return undefined;
    const seconds = (atMs(point) - atMs(last)) / 1_000;
    if (!(seconds > 0)) return undefined;
    const before = last.bucketCounts ?? [];
    return {
      seconds,
      count: Number(point.count ?? 0) - Number(last.count ?? 0),
      value: numberOf(point) - numberOf(last),
      buckets: (point.bucketCounts ?? []).map((count, index) => Number(count) - Number(before[index] ?? 0)),
    };
  }

  #push(place: Omit<Series, 'points'>, point: OtlpDataPoint, value: number): void {
    const key = keyOf(place);
    const known = this.#series.get(key);
    if (known === undefined && this.#series.size >= this.#maxSeries) return; // those that came first stay
    const series = known ?? { ...place, points: [] };
    series.points.push({ atMs: atMs(point), value });
    if (series.points.length > this.#maxPoints) series.points.shift();
    this.#series.set(key, series);
  }
}

function keyOf({ metric, service, labels }: Pick<Series, 'metric' | 'service' | 'labels'>): string {
  return `${service} ${metric} ${labels}`;
}

/** Values that tell series apart, in the order of their names; where a server is says nothing here. */
function labelsOf({ attributes }: OtlpDataPoint): string {
  const values = Object.entries(otlpAttributes(attributes)).filter(([name]) => !LEFT_OUT.test(name));
  const text = values.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => String(value));
  return text.join(' ').slice(0, 200);
}

function numberOf({ asDouble, asInt }: OtlpDataPoint): number {
  return asDouble ?? Number(asInt ?? 0);
}

function atMs({ timeUnixNano = '0' }: OtlpDataPoint): number {
  return Number(BigInt(timeUnixNano) / 1_000_000n);
}

const LEFT_OUT = /^(?:server\.|url\.|network\.|rpc\.system)/;
