import type { Clock } from '@lamella/service-core';
import type { MeterProvider, TextMapPropagator, TracerProvider } from '@opentelemetry/api';

/** Options that all layers of this package have. */
export interface TelemetryOptions {
  /** Where spans go. Default: the tracer provider that is registered with `@opentelemetry/api`, also if that happens later. */
  readonly tracerProvider?: TracerProvider;
  /** Where metrics go. Default: the meter provider that is registered with `@opentelemetry/api`, also if that happens later. */
  readonly meterProvider?: MeterProvider;
  /** Source of time, for durations and spans. Default: the system clock. */
  readonly clock?: Clock;
}

/** Options of layers whose messages carry a trace from one process to the next. */
export interface PropagationOptions {
  /**
   * Reads and writes the trace in messages. Default: the propagator that is registered with `@opentelemetry/api`, else
   * {@link w3cPropagator}.
   */
  readonly propagator?: TextMapPropagator;
}
