import { decodeOtlpJson } from '../codec/decode-otlp-json.ts';
import { decodeOtlpProtobuf } from '../codec/decode-otlp-protobuf.ts';
import type { OtlpRejection } from '../codec/encode-otlp-answer.ts';
import { OTLP_REQUESTS } from '../codec/otlp-messages.ts';
import type { OtlpResourceLogs, OtlpResourceMetrics, OtlpResourceSpans, OtlpSignal } from './otlp-data.ts';

/** What a sink says: nothing if it took all, else how many it did not take. */
export type OtlpVerdict = OtlpRejection | undefined | void;

/** What becomes of telemetry that a receiver gets. A kind without a function is taken, and dropped. */
export interface OtlpSink {
  /** Takes spans. What it throws becomes an answer that says that it failed. */
  readonly traces?: (spans: readonly OtlpResourceSpans[]) => OtlpVerdict | Promise<OtlpVerdict>;
  /** Takes metrics. */
  readonly metrics?: (metrics: readonly OtlpResourceMetrics[]) => OtlpVerdict | Promise<OtlpVerdict>;
  /** Takes log records. */
  readonly logs?: (logs: readonly OtlpResourceLogs[]) => OtlpVerdict | Promise<OtlpVerdict>;
}

/** Reads an export, and hands it to a sink. @throws OtlpError if it is malformed; whatever the sink throws. */
export async function takeExport(
  sink: OtlpSink,
  signal: OtlpSignal,
  bytes: Uint8Array,
  format: 'protobuf' | 'json',
): Promise<OtlpRejection | undefined> {
  const table = OTLP_REQUESTS[signal];
  const message: OtlpExport =
    format === 'json' ? decodeOtlpJson(table, UTF8.decode(bytes)) : decodeOtlpProtobuf(table, bytes);
  const verdict = await give(sink, signal, message);
  return verdict === undefined ? undefined : verdict;
}

/** What the tables make of a message: one of these lists is there, whose type they say. */
interface OtlpExport {
  readonly resourceSpans?: readonly OtlpResourceSpans[];
  readonly resourceMetrics?: readonly OtlpResourceMetrics[];
  readonly resourceLogs?: readonly OtlpResourceLogs[];
}

function give(sink: OtlpSink, signal: OtlpSignal, message: OtlpExport): OtlpVerdict | Promise<OtlpVerdict> {
  if (signal === 'traces') return sink.traces?.(message.resourceSpans ?? []);
  if (signal === 'metrics') return sink.metrics?.(message.resourceMetrics ?? []);
  return sink.logs?.(message.resourceLogs ?? []);
}

const UTF8 = new TextDecoder('utf-8');
