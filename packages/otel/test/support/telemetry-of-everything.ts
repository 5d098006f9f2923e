import { ROOT_CONTEXT, SeverityNumber, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OtlpLogBatch, OtlpMetricBatch, OtlpSpanBatch } from '../../src/otlp.ts';

/** Some of everything that OTLP can carry, as an SDK has it. */
export interface TelemetryOfEverything {
  readonly spans: OtlpSpanBatch;
  readonly metrics: OtlpMetricBatch;
  readonly logs: OtlpLogBatch;
}

/** Records two spans with events and links, each kind of metric, and a log record. */
export async function telemetryOfEverything(): Promise<TelemetryOfEverything> {
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const spans = new InMemorySpanExporter();
  const tracer = new TracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  }).getTracer('test', '1.2', { schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' });
  const parent = tracer.startSpan('GET /', {
    kind: SpanKind.SERVER,
    startTime: [1_700_000_000, 123_456_789],
    attributes: { text: 'ä', yes: true, whole: 7, negative: -7, part: 1.5, list: ['a', 'b'], numbers: [1, 2] },
  });
  parent.addEvent('lamella.queue', { 'lamella.phase.duration_ms': 2.5 }, [1_700_000_000, 200_000_000]);
  const links = [{ context: parent.spanContext(), attributes: { why: 'because' } }];
  const child = tracer.startSpan('child', { links }, trace.setSpan(ROOT_CONTEXT, parent));
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'broken' });
  child.end();
  parent.end([1_700_000_001, 0]);

  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  const views = [{ instrumentName: 'growing', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const }];
  const meter = new MeterProvider({ resource, readers: [reader], views }).getMeter('test');
  meter.createCounter('counter', { unit: '{item}', description: 'Items.' }).add(3, { kind: 'a' });
  meter.createUpDownCounter('level').add(-1.5);
  meter.createGauge('gauge').record(0.25);
  meter.createHistogram('histogram', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5);
  for (const value of [0, 4, 1_000]) meter.createHistogram('growing').record(value);
  await reader.forceFlush();
  const [collected] = metrics.getMetrics();
  if (collected === undefined) throw new Error('nothing was collected');

  const logs = new InMemoryLogRecordExporter();
  new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: logs })] })
    .getLogger('test')
    .emit({
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      body: { text: 'almost full', nested: { percent: 93 }, bytes: new Uint8Array([1, 255]) },
      timestamp: [1_700_000_000, 5],
      attributes: { shelf: 7 },
      context: trace.setSpan(ROOT_CONTEXT, parent),
    });
  return { spans: spans.getFinishedSpans(), metrics: collected, logs: logs.getFinishedLogRecords() };
}
