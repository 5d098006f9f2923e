import type { Clock } from '@lamella/service-core';
import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import type { CollectionResult, HistogramMetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import type { BulkHistogram } from '../shared/bulk-histogram.ts';
import type { BulkHistograms } from '../shared/bulk-histograms.ts';
import { SCHEMA_URL, SCOPE_NAME } from '../shared/names.ts';

/** What of `@opentelemetry/sdk-metrics` is needed to name things as it does. */
export type MetricsModule = Pick<
  typeof import('@opentelemetry/sdk-metrics'),
  'AggregationTemporality' | 'DataPointType'
>;

/** Hands histograms to the one reader that collects them. */
export function bulkProducer(
  histograms: BulkHistograms,
  { AggregationTemporality, DataPointType }: MetricsModule,
  { temporality, clock }: { readonly temporality: 'cumulative' | 'delta'; readonly clock: Clock },
): MetricProducer {
  const isDelta = temporality === 'delta';
  const dataOf = (histogram: BulkHistogram, nowEpochMs: number): HistogramMetricData => {
    const { name, description, unit, bounds } = histogram.description;
    const endTime = hrTime(nowEpochMs);
    const series = isDelta ? histogram.delta(nowEpochMs) : histogram.cumulative();
    return {
      descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: series.map(({ attributes, startEpochMs, counts, count, sum, min, max }) => ({
        startTime: hrTime(startEpochMs),
        endTime,
        attributes,
        value: { buckets: { boundaries: [...bounds], counts }, count, sum, min, max },
      })),
    };
  };
  return {
    async collect(): Promise<CollectionResult> {
      const nowEpochMs = clock.epochMs();
      const metrics = Array.from(histograms, (histogram) => dataOf(histogram, nowEpochMs));
      const told = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
      const scope = { name: SCOPE_NAME, schemaUrl: SCHEMA_URL };
      const scopeMetrics = told.length === 0 ? [] : [{ scope, metrics: told }];
      return { resourceMetrics: { resource: NO_RESOURCE, scopeMetrics }, errors: [] };
    },
  };
}

/** The reader puts that of its SDK in its place. */
const NO_RESOURCE: CollectionResult['resourceMetrics']['resource'] = {
  attributes: {},
  merge: (other) => other ?? NO_RESOURCE,
  getRawAttributes: () => [],
};

function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1_000);
  return [seconds, Math.round((epochMs - seconds * 1_000) * 1e6)];
}
