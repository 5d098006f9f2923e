import type { Context, Meter, MeterProvider } from '@opentelemetry/api';
import type { AttributeSource } from './attribute-source.ts';
import { BulkHistograms } from './bulk-histograms.ts';
import { DURATION_BOUNDS } from './names.ts';

/** A histogram of durations. */
export interface Durations {
  /**
   * Records how long something took.
   *
   * @param key - Tells the attributes from others.
   */
  record(seconds: number, key: string, source: AttributeSource, context: Context): void;
}

/** Durations of requests or calls under a name: counted here if the SDK takes them in bulk, else by an instrument of the SDK. */
export function durationsOf(meter: Meter, provider: MeterProvider, name: string, description: string): Durations {
  const unit = 's';
  const bulk = BulkHistograms.of(provider);
  if (bulk !== undefined) return bulk.histogram({ name, description, unit, bounds: DURATION_BOUNDS });
  const advice = { explicitBucketBoundaries: [...DURATION_BOUNDS] };
  const histogram = meter.createHistogram(name, { description, unit, advice });
  return {
    record: (seconds, _key, source, context) => histogram.record(seconds, source.metricAttributes(), context),
  };
}
