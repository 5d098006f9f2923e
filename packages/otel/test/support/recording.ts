import { FakeClock } from '@lamella/service-core/testing';
import type { Attributes } from '@opentelemetry/api';
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TelemetryOptions } from '../../src/shared/telemetry-options.ts';

/** Providers whose exports stay in memory, and a clock that stands still. */
export class Recording {
  readonly clock: FakeClock = new FakeClock({ epochMs: EPOCH_MS });
  readonly tracerProvider: TracerProvider;
  readonly meterProvider: MeterProvider;
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#metrics, exportIntervalMillis: 3_600_000 });

  constructor(options: { readonly sampler?: Sampler } = {}) {
    const spanProcessors = [new SimpleSpanProcessor({ exporter: this.#spans })];
    this.tracerProvider = new TracerProvider({ spanProcessors, ...options });
    this.meterProvider = new MeterProvider({ readers: [this.#reader] });
  }

  /** Options for a layer. */
  get options(): Required<TelemetryOptions> {
    const { tracerProvider, meterProvider, clock } = this;
    return { tracerProvider, meterProvider, clock };
  }

  /** Spans that have ended, in the order of their end. */
  get spans(): readonly ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** The only span that has ended. */
  get span(): ReadableSpan {
    const [span, ...others] = this.spans;
    if (span === undefined || others.length > 0) throw new Error(`${this.spans.length} spans have ended, not 1`);
    return span;
  }

  /** Everything that is collected now, by name. */
  async metrics(): Promise<ReadonlyMap<string, MetricData>> {
    this.#metrics.reset();
    await this.#reader.forceFlush();
    const all = this.#metrics
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  }

  /** Values of a metric, with their attributes: numbers, or the counts and sums of histograms. */
  async points(name: string): Promise<readonly { readonly attributes: Attributes; readonly value: unknown }[]> {
    const points: readonly DataPoint<unknown>[] = (await this.metrics()).get(name)?.dataPoints ?? [];
    return points.map(({ attributes, value }) => {
      if (typeof value === 'number') return { attributes, value };
      const { count, sum } = value as Histogram; // what is no number is a histogram: the layers make no others
      return { attributes, value: { count, sum } };
    });
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.tracerProvider.shutdown(), this.meterProvider.shutdown()]);
  }
}

/** Times of spans are those of FakeClock: 2026-11-23T01:02:03Z. */
export const EPOCH_MS: number = Date.UTC(2026, 10, 23, 1, 2, 3);

/** A time of a span, in milliseconds since {@link EPOCH_MS}. */
export function sinceEpochMs([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1_000 + nanos / 1e6 - EPOCH_MS;
}
