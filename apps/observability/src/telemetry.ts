import type { OtlpTransport } from '@lamella/otel/otlp';
import { otlpMetricExporter, otlpTraceExporter } from '@lamella/otel/otlp';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** Where the spans and metrics of a service go: options of its layers. */
export interface ServiceTelemetry {
  readonly tracerProvider: TracerProvider;
  readonly meterProvider: MeterProvider;
  /** Hands over what is left. */
  readonly shutdown: () => Promise<void>;
}

/**
 * Telemetry for one of several services that share a process, each under its own name. A process with one service needs none of this:
 * `startTelemetry` of `@lamella/otel/node` does all of it in a call.
 */
export async function serviceTelemetry(name: string, transport: OtlpTransport): Promise<ServiceTelemetry> {
  const resource = resourceFromAttributes({ 'service.name': name });
  const spans = new BatchSpanProcessor({ exporter: await otlpTraceExporter(transport), scheduledDelayMillis: 300 });
  const reader = new PeriodicExportingMetricReader({
    exporter: await otlpMetricExporter(transport),
    exportIntervalMillis: 1_000,
    exportTimeoutMillis: 1_000,
  });
  const tracerProvider = new TracerProvider({ resource, spanProcessors: [spans] });
  const meterProvider = new MeterProvider({ resource, readers: [reader] });
  return {
    tracerProvider,
    meterProvider,
    shutdown: async () => {
      await Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]);
    },
  };
}
