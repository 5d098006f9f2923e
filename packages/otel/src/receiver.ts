// Receiving

export type { OtlpRejection } from './codec/encode-otlp-answer.ts';
export type { OtlpCollectionOptions, OtlpReceived } from './receiver/otlp-collection.ts';
export { OtlpCollection } from './receiver/otlp-collection.ts';
export type { OtlpReceiverOptions } from './receiver/otlp-receiver.ts';
export { otlpReceiver } from './receiver/otlp-receiver.ts';
export type { OtlpSink, OtlpVerdict } from './receiver/otlp-sink.ts';

// What is received

export { otlpAttributes } from './receiver/otlp-attributes.ts';
export type {
  OtlpAttribute,
  OtlpDataPoint,
  OtlpLogRecord,
  OtlpMetric,
  OtlpPoints,
  OtlpResource,
  OtlpResourceLogs,
  OtlpResourceMetrics,
  OtlpResourceSpans,
  OtlpScope,
  OtlpSignal,
  OtlpSpan,
  OtlpSpanEvent,
  OtlpSpanLink,
  OtlpValue,
} from './receiver/otlp-data.ts';
