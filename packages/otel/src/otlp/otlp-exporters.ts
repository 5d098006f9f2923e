import type {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { installed } from '../shared/installed.ts';
import { requireOneOf } from '../shared/option-checks.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import type { OtlpExporterOptions } from './otlp-exporter-options.ts';
import type { OtlpTransport } from './otlp-transport.ts';

/** Spans, as an SDK gives them. */
export type OtlpSpanBatch = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0];
/** Metrics, as an SDK gives them. */
export type OtlpMetricBatch = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];
/** Log records, as an SDK gives them. */
export type OtlpLogBatch = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0];

/** Options of {@link otlpMetricExporter}. */
export interface OtlpMetricExporterOptions extends OtlpExporterOptions {
  /** Whether counts are told since the start, or since the last export. Default `'cumulative'`. */
  readonly temporality?: 'cumulative' | 'delta';
}

/** Exports metrics. Made by {@link otlpMetricExporter}. */
export interface OtlpMetricExporter extends OtlpExporter<OtlpMetricBatch> {
  /** What SDKs ask: 1 since the start, 0 since the last export. */
  selectAggregationTemporality(instrumentType: string): 0 | 1;
}

/**
 * Makes an exporter of spans, for the `BatchSpanProcessor` of an SDK.
 *
 * @remarks
 * A collector that is down, slow or refuses costs memory for `maxQueuedExports` batches, and nothing else: what can't be handed over in
 * `timeoutMs` is dropped and counted.
 *
 * @throws UsageError if an option is out of its range, or `@opentelemetry/otlp-transformer` is not installed.
 *
 * @example
 * async function exporter(client: Service<HttpRequest, HttpResponse>): Promise<OtlpExporter<OtlpSpanBatch>> {
 *   return otlpTraceExporter(otlpOverHttp(client), { timeoutMs: 5_000 });
 * }
 */
export async function otlpTraceExporter(
  transport: OtlpTransport,
  options: OtlpExporterOptions = {},
): Promise<OtlpExporter<OtlpSpanBatch>> {
  const { JsonTraceSerializer, ProtobufTraceSerializer } = await serializers();
  const serializer = transport.format === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  const kind = {
    signal: 'traces' as const,
    serialize: (spans: OtlpSpanBatch) => serializer.serializeRequest(spans),
    count: (spans: OtlpSpanBatch) => spans.length,
    rejectionOf(answer: Uint8Array) {
      const { rejectedSpans, errorMessage } = serializer.deserializeResponse(answer).partialSuccess ?? {};
      return rejection(rejectedSpans, errorMessage);
    },
  };
  return new OtlpExporter(kind, transport, options);
}

/**
 * Makes an exporter of log records, for the `BatchLogRecordProcessor` of an SDK; otherwise like {@link otlpTraceExporter}.
 *
 * @throws UsageError if an option is out of its range, or `@opentelemetry/otlp-transformer` is not installed.
 */
export async function otlpLogExporter(
  transport: OtlpTransport,
  options: OtlpExporterOptions = {},
): Promise<OtlpExporter<OtlpLogBatch>> {
  const { JsonLogsSerializer, ProtobufLogsSerializer } = await serializers();
  const serializer = transport.format === 'json' ? JsonLogsSerializer : ProtobufLogsSerializer;
  const kind = {
    signal: 'logs' as const,
    serialize: (records: OtlpLogBatch) => serializer.serializeRequest(records),
    count: (records: OtlpLogBatch) => records.length,
    rejectionOf(answer: Uint8Array) {
      const { rejectedLogRecords, errorMessage } = serializer.deserializeResponse(answer).partialSuccess ?? {};
      return rejection(rejectedLogRecords, errorMessage);
    },
  };
  return new OtlpExporter(kind, transport, options);
}

/**
 * Makes an exporter of metrics, for the `PeriodicExportingMetricReader` of an SDK; otherwise like {@link otlpTraceExporter}.
 *
 * @throws UsageError if an option is out of its range, or `@opentelemetry/otlp-transformer` is not installed.
 */
export async function otlpMetricExporter(
  transport: OtlpTransport,
  options: OtlpMetricExporterOptions = {},
): Promise<OtlpMetricExporter> {
  const { temporality = 'cumulative' } = options;
  requireOneOf('temporality', temporality, ['cumulative', 'delta']);
  const { JsonMetricsSerializer, ProtobufMetricsSerializer } = await serializers();
  const serializer = transport.format === 'json' ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const kind = {
    signal: 'metrics' as const,
    serialize: (metrics: OtlpMetricBatch) => serializer.serializeRequest(metrics),
    count: countPoints,
    rejectionOf(answer: Uint8Array) {
      const { rejectedDataPoints, errorMessage } = serializer.deserializeResponse(answer).partialSuccess ?? {};
      return rejection(rejectedDataPoints, errorMessage);
    },
  };
  return new MetricExporter(kind, transport, options, temporality);
}

/** Loaded when it is needed: the other entries do without it. */
function serializers(): Promise<typeof import('@opentelemetry/otlp-transformer')> {
  return installed('@opentelemetry/otlp-transformer', () => import('@opentelemetry/otlp-transformer'));
}

class MetricExporter extends OtlpExporter<OtlpMetricBatch> implements OtlpMetricExporter {
  readonly #temporality: 'cumulative' | 'delta';

  constructor(
    kind: ConstructorParameters<typeof OtlpExporter<OtlpMetricBatch>>[0],
    transport: OtlpTransport,
    options: OtlpExporterOptions,
    temporality: 'cumulative' | 'delta',
  ) {
    super(kind, transport, options);
    this.#temporality = temporality;
  }

  /** What goes up and down is told as it stands, whatever the others do. */
  selectAggregationTemporality(instrumentType: string): 0 | 1 {
    return this.#temporality === 'delta' && !/UP_DOWN_COUNTER|GAUGE/.test(instrumentType) ? 0 : 1;
  }
}

function countPoints({ scopeMetrics }: OtlpMetricBatch): number {
  let count = 0;
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) count += dataPoints.length;
  return count;
}

/** JSON has 64-bit integers as text. */
function rejection(rejected: unknown, message: string | undefined): { rejected: number; message: string } {
  const count = Number(rejected ?? 0);
  return {
    rejected: Number.isFinite(count) ? Math.max(0, count) : 0,
    message: message || 'the collector took only a part',
  };
}
