import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { OtlpExporter } from '../otlp/otlp-exporter.ts';
import type { OtlpExporterOptions } from '../otlp/otlp-exporter-options.ts';
import { otlpLogExporter, otlpMetricExporter, otlpTraceExporter } from '../otlp/otlp-exporters.ts';
import { otlpOverHttp } from '../otlp/otlp-over-http.ts';
import type { OtlpTransport } from '../otlp/otlp-transport.ts';
import type { OtlpSignal } from '../receiver/otlp-data.ts';
import { BulkHistograms } from '../shared/bulk-histograms.ts';
import { installed } from '../shared/installed.ts';
import { bulkProducer } from './bulk-producer.ts';
import type { Environment } from './otlp-environment.ts';
import { durationOf, isByOtlp, otlpEnvironment } from './otlp-environment.ts';
import { unfailingExporter } from './unfailing-exporter.ts';

/** An exporter, whatever it exports. */
export type ClientExporter = Pick<OtlpExporter<unknown>, 'signal' | 'counts' | 'destroy'>;

/** What of an SDK exports by a client of Lamella. */
export interface ClientExporters {
  readonly configuration: Partial<NodeSDKConfiguration>;
  readonly exporters: readonly ClientExporter[];
  /** What the reader of metrics collects beside its SDK, if there is one: of use only where nobody changes how the SDK aggregates. */
  readonly histograms: BulkHistograms | undefined;
}

/** Makes exporters for every signal that goes to a collector by OTLP. */
export async function clientExporters(
  client: Service<HttpRequest, HttpResponse>,
  options: OtlpExporterOptions,
  env: Environment,
): Promise<ClientExporters> {
  const exporters: ClientExporter[] = [];
  const configuration: Partial<NodeSDKConfiguration> = {};
  let histograms: BulkHistograms | undefined;
  const optionsOf = (signal: OtlpSignal): OtlpExporterOptions => {
    const { timeoutMs } = otlpEnvironment(env, signal);
    return timeoutMs === undefined ? options : { timeoutMs, ...options };
  };
  if (isByOtlp(env, 'traces')) {
    const exporter = await otlpTraceExporter(await transportOf(client, env, 'traces'), optionsOf('traces'));
    configuration.traceExporter = unfailingExporter(exporter);
    exporters.push(exporter);
  }
  if (isByOtlp(env, 'metrics')) {
    const sdkMetrics = await installed('@opentelemetry/sdk-metrics', () => import('@opentelemetry/sdk-metrics'));
    const asked = env['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE']?.trim().toLowerCase();
    const temporality = asked === 'delta' ? 'delta' : 'cumulative';
    const exporter = await otlpMetricExporter(await transportOf(client, env, 'metrics'), {
      ...optionsOf('metrics'),
      temporality,
    });
    const exportIntervalMillis = durationOf(env, 'OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000;
    const askedTimeoutMs = durationOf(env, 'OTEL_METRIC_EXPORT_TIMEOUT') ?? 30_000;
    const exportTimeoutMillis = Math.min(exportIntervalMillis, askedTimeoutMs);
    histograms = new BulkHistograms(systemClock);
    const metricProducers = [bulkProducer(histograms, sdkMetrics, { temporality, clock: systemClock })];
    configuration.metricReaders = [
      new sdkMetrics.PeriodicExportingMetricReader({
        exporter: {
          ...unfailingExporter(exporter),
          selectAggregationTemporality: (type) => exporter.selectAggregationTemporality(type),
        },
        exportIntervalMillis,
        exportTimeoutMillis,
        metricProducers,
      }),
    ];
    exporters.push(exporter);
  }
  if (isByOtlp(env, 'logs')) {
    const { BatchLogRecordProcessor } = await installed(
      '@opentelemetry/sdk-logs',
      () => import('@opentelemetry/sdk-logs'),
    );
    const exporter = await otlpLogExporter(await transportOf(client, env, 'logs'), optionsOf('logs'));
    const scheduledDelayMillis = durationOf(env, 'OTEL_BLRP_SCHEDULE_DELAY');
    const delay = scheduledDelayMillis === undefined ? {} : { scheduledDelayMillis };
    configuration.logRecordProcessors = [
      new BatchLogRecordProcessor({ exporter: unfailingExporter(exporter), ...delay }),
    ];
    exporters.push(exporter);
  }
  return { configuration, exporters, histograms };
}

async function transportOf(
  client: Service<HttpRequest, HttpResponse>,
  env: Environment,
  signal: OtlpSignal,
): Promise<OtlpTransport> {
  const { protocol, url, headers, compression } = otlpEnvironment(env, signal);
  if (protocol === 'grpc') {
    const { otlpOverGrpc } = await installed('@lamella/grpc', () => import('../otlp-grpc/otlp-over-grpc.ts'));
    return otlpOverGrpc(client, { url, metadata: lowerCase(headers), compression });
  }
  const format = protocol === 'http/json' ? 'json' : 'protobuf';
  return otlpOverHttp(client, { urls: { [signal]: url }, format, headers, compression });
}

/** Names of metadata. */
function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
