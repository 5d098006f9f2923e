import type { OtlpDataPoint, OtlpMetric, OtlpResourceMetrics } from '@lamella/otel/receiver';
import { otlpAttributes } from '@lamella/otel/receiver';
import { Increases, pointAtMs, pointValue } from './increases.ts';
import { quantileOf } from './quantile.ts';

/** A line of a plot. */
export interface Series {
  readonly metric: string;
  readonly service: string;
  /** What it is the value of, such as `GET 200 /offers/:item`. */
  readonly labels: string;
  /** What the values are. */
  readonly unit: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/** The latest values of metrics: of distributions the 95th percentile, of what only grows how much it does in a second. */
export class MetricStore {
  readonly #series = new Map<string, Series & { readonly points: { atMs: number; value: number }[] }>();
  readonly #increases: Increases;
  readonly #maxSeries: number;
  readonly #maxPoints: number;
  #version = 0;

  constructor(maxSeries = 100, maxPoints = 120) {
    this.#maxSeries = maxSeries;
    this.#maxPoints = maxPoints;
    this.#increases = new Increases(maxSeries);
  }

  /** Goes up with every change. */
  get version(): number {
    return this.#version;
  }

  add(received: readonly OtlpResourceMetrics[]): void {
    for (const { resource, scopeMetrics } of received) {
      const service = String(otlpAttributes(resource?.attributes ?? [])['service.name'] ?? 'unknown').slice(0, 100);
      const metrics = scopeMetrics.flatMap((scope) => scope.metrics);
      let atMs = 0;
      for (const metric of metrics) {
        for (const point of pointsOf(metric)) {
          this.#addPoint(service, metric, point);
          atMs = Math.max(atMs, pointAtMs(point));
        }
      }
      this.#increases.exported(service, atMs);
    }
    this.#version++;
  }

  list(): readonly Series[] {
    return [...this.#series.values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }

  #addPoint(service: string, metric: OtlpMetric, point: OtlpDataPoint): void {
    const { name = '', unit = '' } = metric;
    const place = { metric: name.slice(0, 100), service, labels: labelsOf(point), unit };
    const goesUpAndDown = metric.gauge !== undefined || (metric.sum !== undefined && metric.sum.isMonotonic !== true);
    if (goesUpAndDown) this.#push(place, point, pointValue(point));
    const increase = goesUpAndDown ? undefined : this.#increases.take(service, keyOf(place), point);
    if (increase === undefined) return;
    const { seconds, count, value, buckets } = increase;
    if (metric.sum !== undefined) this.#push({ ...place, unit: 'per second' }, point, value / seconds);
    else {
      this.#push({ ...place, metric: `${place.metric} rate`, unit: 'per second' }, point, count / seconds);
      const slow = quantileOf(0.95, point.explicitBounds ?? [], buckets);
      const [factor, shown] = unit === 's' ? [1_000, 'ms'] : [1, unit];
      if (slow !== undefined) this.#push({ ...place, unit: `${shown}, 95 %` }, point, slow * factor);
    }
  }

  #push(place: Omit<Series, 'points'>, point: OtlpDataPoint, value: number): void {
    const key = keyOf(place);
    const known = this.#series.get(key);
    if (known === undefined && this.#series.size >= this.#maxSeries) return; // those that came first stay
    const series = known ?? { ...place, points: [] };
    series.points.push({ atMs: pointAtMs(point), value });
    if (series.points.length > this.#maxPoints) series.points.shift();
    this.#series.set(key, series);
  }
}

function pointsOf({ gauge, sum, histogram }: OtlpMetric): readonly OtlpDataPoint[] {
  return (gauge ?? sum ?? histogram)?.dataPoints ?? [];
}

function keyOf({ metric, service, labels }: Pick<Series, 'metric' | 'service' | 'labels'>): string {
  return `${service} ${metric} ${labels}`;
}

/** Values that tell series apart, in the order of their names; where a server is says nothing here. */
function labelsOf({ attributes }: OtlpDataPoint): string {
  const values = Object.entries(otlpAttributes(attributes)).filter(([name]) => !LEFT_OUT.test(name));
  const texts = values.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => String(value));
  return [...new Set(texts)].join(' ').slice(0, 200);
}

const LEFT_OUT = /^(?:server\.|url\.|network\.|rpc\.system)/;
