/** Kinds of telemetry that OTLP carries. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs';

/** A value of OTLP: one of these is set. 64-bit integers are decimal text, bytes base64. */
export interface OtlpValue {
  /** Text. */
  readonly stringValue?: string;
  /** True or false. */
  readonly boolValue?: boolean;
  /** An integer of 64 bits, as decimal text. */
  readonly intValue?: string;
  /** A number. */
  readonly doubleValue?: number;
  /** A list. */
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
  /** Values by name. */
  readonly kvlistValue?: { readonly values: readonly OtlpAttribute[] };
  /** Bytes, as base64. */
  readonly bytesValue?: string;
}

/** A name with its value. */
export interface OtlpAttribute {
  /** Name. */
  readonly key?: string;
  /** Value. */
  readonly value?: OtlpValue;
}

/** What telemetry is about: a process, a service. */
export interface OtlpResource {
  /** Its attributes, such as `service.name`. */
  readonly attributes: readonly OtlpAttribute[];
}

/** What has recorded it. */
export interface OtlpScope {
  /** Name of the library. */
  readonly name?: string;
  /** Version of the library. */
  readonly version?: string;
  /** More of it. */
  readonly attributes: readonly OtlpAttribute[];
}

/** Something that happened in a span. */
export interface OtlpSpanEvent {
  /** When, in nanoseconds since the Unix epoch, as decimal text. */
  readonly timeUnixNano?: string;
  /** What. */
  readonly name?: string;
  /** More of it. */
  readonly attributes: readonly OtlpAttribute[];
}

/** Another span that a span has to do with. */
export interface OtlpSpanLink {
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** 16 hexadecimal digits. */
  readonly spanId?: string;
  /** Text of `tracestate`. */
  readonly traceState?: string;
  /** More of it. */
  readonly attributes: readonly OtlpAttribute[];
}

/** A span. */
export interface OtlpSpan {
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** 16 hexadecimal digits. */
  readonly spanId?: string;
  /** Text of `tracestate`. */
  readonly traceState?: string;
  /** 16 hexadecimal digits; none, or empty: a root. */
  readonly parentSpanId?: string;
  /** Name. */
  readonly name?: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind?: number;
  /** Begin, in nanoseconds since the Unix epoch, as decimal text. */
  readonly startTimeUnixNano?: string;
  /** End, in nanoseconds since the Unix epoch, as decimal text. */
  readonly endTimeUnixNano?: string;
  /** Attributes. */
  readonly attributes: readonly OtlpAttribute[];
  /** What happened in it. */
  readonly events: readonly OtlpSpanEvent[];
  /** Others that it has to do with. */
  readonly links: readonly OtlpSpanLink[];
  /** How it ended; code 1 is OK, 2 an error. */
  readonly status?: { readonly code?: number; readonly message?: string };
}

/** A value, or a distribution, at a time. Which fields there are depends on the kind of the metric. */
export interface OtlpDataPoint {
  /** Since when it counts, in nanoseconds since the Unix epoch, as decimal text. */
  readonly startTimeUnixNano?: string;
  /** When it was read, in nanoseconds since the Unix epoch, as decimal text. */
  readonly timeUnixNano?: string;
  /** What it is the value of. */
  readonly attributes: readonly OtlpAttribute[];
  /** Gauges and sums: the value. */
  readonly asDouble?: number;
  /** Gauges and sums: the value, if it is an integer, as decimal text. */
  readonly asInt?: string;
  /** Distributions: how many, as decimal text. */
  readonly count?: string;
  /** Distributions: all of them together. */
  readonly sum?: number;
  /** Distributions: the smallest. */
  readonly min?: number;
  /** Distributions: the largest. */
  readonly max?: number;
  /** Histograms: how many between the bounds, as decimal text. */
  readonly bucketCounts?: readonly string[];
  /** Histograms: upper bounds, of all but the last. */
  readonly explicitBounds?: readonly number[];
  /** Exponential histograms: resolution. */
  readonly scale?: number;
  /** Exponential histograms: values of about zero, as decimal text. */
  readonly zeroCount?: string;
  /** Exponential histograms: positive values. */
  readonly positive?: { readonly offset?: number; readonly bucketCounts: readonly string[] };
  /** Exponential histograms: negative values. */
  readonly negative?: { readonly offset?: number; readonly bucketCounts: readonly string[] };
  /** Summaries: quantiles. */
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[];
}

/** The points of a metric. */
export interface OtlpPoints {
  /** One for each set of attributes. */
  readonly dataPoints: readonly OtlpDataPoint[];
  /** 1 since the last export, 2 since the start. */
  readonly aggregationTemporality?: number;
  /** Sums: whether it only grows. */
  readonly isMonotonic?: boolean;
}

/** A metric: one of `gauge`, `sum`, `histogram`, `exponentialHistogram` and `summary` is set. */
export interface OtlpMetric {
  /** Name. */
  readonly name?: string;
  /** For people. */
  readonly description?: string;
  /** Unit, by UCUM. */
  readonly unit?: string;
  /** A value that goes up and down. */
  readonly gauge?: OtlpPoints;
  /** A value that adds up. */
  readonly sum?: OtlpPoints;
  /** A distribution. */
  readonly histogram?: OtlpPoints;
  /** A distribution with buckets that grow. */
  readonly exponentialHistogram?: OtlpPoints;
  /** Quantiles. */
  readonly summary?: OtlpPoints;
}

/** A log record. */
export interface OtlpLogRecord {
  /** When it happened, in nanoseconds since the Unix epoch, as decimal text. */
  readonly timeUnixNano?: string;
  /** When it was seen, in nanoseconds since the Unix epoch, as decimal text. */
  readonly observedTimeUnixNano?: string;
  /** 1 to 24; 9 is INFO, 17 ERROR. */
  readonly severityNumber?: number;
  /** The level as the program names it. */
  readonly severityText?: string;
  /** The message. */
  readonly body?: OtlpValue;
  /** Attributes. */
  readonly attributes: readonly OtlpAttribute[];
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** 16 hexadecimal digits. */
  readonly spanId?: string;
  /** Name of the event, if it is one. */
  readonly eventName?: string;
}

/** Spans of one resource. */
export interface OtlpResourceSpans {
  /** What they are about. */
  readonly resource?: OtlpResource;
  /** By what has recorded them. */
  readonly scopeSpans: readonly {
    readonly scope?: OtlpScope;
    readonly spans: readonly OtlpSpan[];
    readonly schemaUrl?: string;
  }[];
}

/** Metrics of one resource. */
export interface OtlpResourceMetrics {
  /** What they are about. */
  readonly resource?: OtlpResource;
  /** By what has recorded them. */
  readonly scopeMetrics: readonly {
    readonly scope?: OtlpScope;
    readonly metrics: readonly OtlpMetric[];
    readonly schemaUrl?: string;
  }[];
}

/** Log records of one resource. */
export interface OtlpResourceLogs {
  /** What they are about. */
  readonly resource?: OtlpResource;
  /** By what has recorded them. */
  readonly scopeLogs: readonly {
    readonly scope?: OtlpScope;
    readonly logRecords: readonly OtlpLogRecord[];
    readonly schemaUrl?: string;
  }[];
}
