/** How a field of OTLP is written. 64-bit integers become decimal text, ids hexadecimal text, other bytes base64, as in OTLP/JSON. */
export type OtlpScalar =
  | 'string'
  | 'bool'
  | 'double'
  | 'bytes'
  | 'id'
  | 'fixed64'
  | 'sfixed64'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'uint32'
  | 'sint32'
  | 'enum';

/** A field of a message. */
export interface OtlpField {
  /** Name in OTLP/JSON, and in what is decoded. */
  readonly name: string;
  readonly type: OtlpScalar | (() => OtlpMessage);
  readonly isRepeated: boolean;
}

/** The fields of a message by their numbers. */
export type OtlpMessage = ReadonlyMap<number, OtlpField>;

type Row = readonly [number: number, name: string, type: OtlpField['type'], repeated?: 'repeated'];

function message(...rows: readonly Row[]): OtlpMessage {
  return new Map(
    rows.map(([number, name, type, repeated]) => [number, { name, type, isRepeated: repeated !== undefined }]),
  );
}

// Source: opentelemetry-proto 1.x: common, resource, trace, metrics and logs. What is read is what has a row here.

const anyValue: OtlpMessage = message(
  [1, 'stringValue', 'string'],
  [2, 'boolValue', 'bool'],
  [3, 'intValue', 'int64'],
  [4, 'doubleValue', 'double'],
  [5, 'arrayValue', () => arrayValue],
  [6, 'kvlistValue', () => keyValueList],
  [7, 'bytesValue', 'bytes'],
);
const keyValue = message([1, 'key', 'string'], [2, 'value', () => anyValue]);
const arrayValue = message([1, 'values', () => anyValue, 'repeated']);
const keyValueList = message([1, 'values', () => keyValue, 'repeated']);

const attributes = (number: number, name = 'attributes'): Row => [number, name, () => keyValue, 'repeated'];
const dropped = (number: number, name = 'droppedAttributesCount'): Row => [number, name, 'uint32'];

const scope = message([1, 'name', 'string'], [2, 'version', 'string'], attributes(3), dropped(4));
const resource = message(attributes(1), dropped(2));
const schemaUrl: Row = [3, 'schemaUrl', 'string'];

const spanEvent = message([1, 'timeUnixNano', 'fixed64'], [2, 'name', 'string'], attributes(3), dropped(4));
const spanLink = message(
  [1, 'traceId', 'id'],
  [2, 'spanId', 'id'],
  [3, 'traceState', 'string'],
  attributes(4),
  dropped(5),
  [6, 'flags', 'fixed32'],
);
const spanStatus = message([2, 'message', 'string'], [3, 'code', 'enum']);
const span = message(
  [1, 'traceId', 'id'],
  [2, 'spanId', 'id'],
  [3, 'traceState', 'string'],
  [4, 'parentSpanId', 'id'],
  [5, 'name', 'string'],
  [6, 'kind', 'enum'],
  [7, 'startTimeUnixNano', 'fixed64'],
  [8, 'endTimeUnixNano', 'fixed64'],
  attributes(9),
  dropped(10),
  [11, 'events', () => spanEvent, 'repeated'],
  dropped(12, 'droppedEventsCount'),
  [13, 'links', () => spanLink, 'repeated'],
  dropped(14, 'droppedLinksCount'),
  [15, 'status', () => spanStatus],
  [16, 'flags', 'fixed32'],
);
const scopeSpans = message([1, 'scope', () => scope], [2, 'spans', () => span, 'repeated'], schemaUrl);
const resourceSpans = message(
  [1, 'resource', () => resource],
  [2, 'scopeSpans', () => scopeSpans, 'repeated'],
  schemaUrl,
);

const exemplar = message(
  [2, 'timeUnixNano', 'fixed64'],
  [3, 'asDouble', 'double'],
  [4, 'spanId', 'id'],
  [5, 'traceId', 'id'],
  [6, 'asInt', 'sfixed64'],
  attributes(7, 'filteredAttributes'),
);
const times: readonly Row[] = [
  [2, 'startTimeUnixNano', 'fixed64'],
  [3, 'timeUnixNano', 'fixed64'],
];
const numberPoint = message(
  ...times,
  [4, 'asDouble', 'double'],
  [5, 'exemplars', () => exemplar, 'repeated'],
  [6, 'asInt', 'sfixed64'],
  attributes(7),
  [8, 'flags', 'uint32'],
);
const histogramPoint = message(
  ...times,
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'bucketCounts', 'fixed64', 'repeated'],
  [7, 'explicitBounds', 'double', 'repeated'],
  [8, 'exemplars', () => exemplar, 'repeated'],
  attributes(9),
  [10, 'flags', 'uint32'],
  [11, 'min', 'double'],
  [12, 'max', 'double'],
);
const buckets = message([1, 'offset', 'sint32'], [2, 'bucketCounts', 'uint64', 'repeated']);
const exponentialPoint = message(
  attributes(1),
  ...times,
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'scale', 'sint32'],
  [7, 'zeroCount', 'fixed64'],
  [8, 'positive', () => buckets],
  [9, 'negative', () => buckets],
  [10, 'flags', 'uint32'],
  [11, 'exemplars', () => exemplar, 'repeated'],
  [12, 'min', 'double'],
  [13, 'max', 'double'],
  [14, 'zeroThreshold', 'double'],
);
const quantile = message([1, 'quantile', 'double'], [2, 'value', 'double']);
const summaryPoint = message(
  ...times,
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'quantileValues', () => quantile, 'repeated'],
  attributes(7),
  [8, 'flags', 'uint32'],
);
const points = (point: OtlpMessage, ...rows: readonly Row[]): OtlpMessage =>
  message([1, 'dataPoints', () => point, 'repeated'], ...rows);
const temporality: Row = [2, 'aggregationTemporality', 'enum'];
const gauge = points(numberPoint);
const sum = points(numberPoint, temporality, [3, 'isMonotonic', 'bool']);
const histogram = points(histogramPoint, temporality);
const exponentialHistogram = points(exponentialPoint, temporality);
const summary = points(summaryPoint);
const metric = message(
  [1, 'name', 'string'],
  [2, 'description', 'string'],
  [3, 'unit', 'string'],
  [5, 'gauge', () => gauge],
  [7, 'sum', () => sum],
  [9, 'histogram', () => histogram],
  [10, 'exponentialHistogram', () => exponentialHistogram],
  [11, 'summary', () => summary],
  attributes(12, 'metadata'),
);
const scopeMetrics = message([1, 'scope', () => scope], [2, 'metrics', () => metric, 'repeated'], schemaUrl);
const resourceMetrics = message(
  [1, 'resource', () => resource],
  [2, 'scopeMetrics', () => scopeMetrics, 'repeated'],
  schemaUrl,
);

const logRecord = message(
  [1, 'timeUnixNano', 'fixed64'],
  [2, 'severityNumber', 'enum'],
  [3, 'severityText', 'string'],
  [5, 'body', () => anyValue],
  attributes(6),
  dropped(7),
  [8, 'flags', 'fixed32'],
  [9, 'traceId', 'id'],
  [10, 'spanId', 'id'],
  [11, 'observedTimeUnixNano', 'fixed64'],
  [12, 'eventName', 'string'],
);
const scopeLogs = message([1, 'scope', () => scope], [2, 'logRecords', () => logRecord, 'repeated'], schemaUrl);
const resourceLogs = message([1, 'resource', () => resource], [2, 'scopeLogs', () => scopeLogs, 'repeated'], schemaUrl);

/** The messages that telemetry arrives in. */
export const OTLP_REQUESTS: Readonly<Record<'traces' | 'metrics' | 'logs', OtlpMessage>> = {
  traces: message([1, 'resourceSpans', () => resourceSpans, 'repeated']),
  metrics: message([1, 'resourceMetrics', () => resourceMetrics, 'repeated']),
  logs: message([1, 'resourceLogs', () => resourceLogs, 'repeated']),
};
