import type { Histogram, Meter, MeterProvider } from '@opentelemetry/api';
import { ActiveCounts } from '../shared/active-counts.ts';
import type { Durations } from '../shared/durations.ts';
import { durationsOf } from '../shared/durations.ts';
import { METRIC } from '../shared/names.ts';

/** The metrics of one side of HTTP. */
export interface HttpInstruments {
  readonly duration: Durations;
  readonly active: ActiveCounts;
  readonly requestBodySize: Histogram;
  readonly responseBodySize: Histogram;
}

/** Metrics of servers. */
export function httpServerInstruments(meter: Meter, provider: MeterProvider): HttpInstruments {
  const active = {
    name: METRIC.serverActiveRequests,
    description: 'Number of active HTTP server requests.',
    unit: '{request}',
  };
  return {
    duration: durationsOf(meter, provider, METRIC.serverRequestDuration, 'Duration of HTTP server requests.'),
    active: ActiveCounts.of(provider, meter, active),
    requestBodySize: sizeOf(meter, METRIC.serverRequestBodySize, 'Size of HTTP server request bodies.'),
    responseBodySize: sizeOf(meter, METRIC.serverResponseBodySize, 'Size of HTTP server response bodies.'),
  };
}

/** Metrics of clients. */
export function httpClientInstruments(meter: Meter, provider: MeterProvider): HttpInstruments {
  const active = {
    name: METRIC.clientActiveRequests,
    description: 'Number of active HTTP requests.',
    unit: '{request}',
  };
  return {
    duration: durationsOf(meter, provider, METRIC.clientRequestDuration, 'Duration of HTTP client requests.'),
    active: ActiveCounts.of(provider, meter, active),
    requestBodySize: sizeOf(meter, METRIC.clientRequestBodySize, 'Size of HTTP client request bodies.'),
    responseBodySize: sizeOf(meter, METRIC.clientResponseBodySize, 'Size of HTTP client response bodies.'),
  };
}

function sizeOf(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, { description, unit: 'By' });
}
