import type { Attributes } from '@opentelemetry/api';

/** What attributes of a metric can be had from. */
export interface AttributeSource {
  /** Makes them, where they are needed. */
  metricAttributes(): Attributes;
}
