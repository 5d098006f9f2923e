// Exporters

export { observeOtlpExporters } from './otlp/observe-otlp-exporters.ts';
export type { OtlpExporter, OtlpExporterCounts, OtlpExportResult, OtlpKind } from './otlp/otlp-exporter.ts';
export type { OtlpExporterOptions } from './otlp/otlp-exporter-options.ts';
export type {
  OtlpLogBatch,
  OtlpMetricBatch,
  OtlpMetricExporter,
  OtlpMetricExporterOptions,
  OtlpSpanBatch,
} from './otlp/otlp-exporters.ts';
export { otlpLogExporter, otlpMetricExporter, otlpTraceExporter } from './otlp/otlp-exporters.ts';

// Ways to a collector

export type { OtlpOverHttpOptions } from './otlp/otlp-over-http.ts';
export { otlpOverHttp } from './otlp/otlp-over-http.ts';
export type { OtlpAttempt, OtlpOutcome, OtlpTransport } from './otlp/otlp-transport.ts';

// Errors

export type { OtlpErrorCode } from './errors.ts';
export { OtlpError } from './errors.ts';
export type { OtlpSignal } from './receiver/otlp-data.ts';
