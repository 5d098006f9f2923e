import { UsageError } from '@lamella/service-core';
import type { OtlpLogRecord, OtlpMetric, OtlpResource, OtlpScope, OtlpSpan } from './otlp-data.ts';
import type { OtlpSink } from './otlp-sink.ts';

/** Something that was received, with what it is about and what has recorded it. */
export interface OtlpReceived<Item> {
  /** The span, metric or log record. */
  readonly item: Item;
  /** What it is about. */
  readonly resource: OtlpResource | undefined;
  /** What has recorded it. */
  readonly scope: OtlpScope | undefined;
  /** Version of the conventions that its names are of. */
  readonly schemaUrl: string | undefined;
}

/** Options of {@link OtlpCollection}. */
export interface OtlpCollectionOptions {
  /** Most spans, metrics and log records each that are kept, an integer of at least 1; the oldest go. Default 10_000. */
  readonly maxItems?: number;
}

/**
 * Keeps what a receiver gets in memory, for tests and small tools.
 *
 * @example
 * const received = new OtlpCollection();
 * const collector = httpClientOn(otlpReceiver(received.sink));
 * // ... and when something was sent to it:
 * received.spans.map(({ item }) => item.name);
 */
export class OtlpCollection {
  /** What to give to a receiver. */
  readonly sink: OtlpSink;
  readonly #maxItems: number;
  readonly #spans: OtlpReceived<OtlpSpan>[] = [];
  readonly #metrics: OtlpReceived<OtlpMetric>[] = [];
  readonly #logs: OtlpReceived<OtlpLogRecord>[] = [];

  /** @throws UsageError if an option is out of its range. */
  constructor(options: OtlpCollectionOptions = {}) {
    const { maxItems = 10_000 } = options;
    if (!(Number.isInteger(maxItems) && maxItems >= 1)) {
      throw new UsageError(`maxItems must be an integer of at least 1, got ${maxItems}`);
    }
    this.#maxItems = maxItems;
    this.sink = {
      traces: (all) => {
        for (const { resource, scopeSpans } of all) {
          for (const { scope, spans, schemaUrl } of scopeSpans) add(this.#spans, spans, { resource, scope, schemaUrl });
        }
        this.#trim(this.#spans);
      },
      metrics: (all) => {
        for (const { resource, scopeMetrics } of all) {
          for (const { scope, metrics, schemaUrl } of scopeMetrics) {
            add(this.#metrics, metrics, { resource, scope, schemaUrl });
          }
        }
        this.#trim(this.#metrics);
      },
      logs: (all) => {
        for (const { resource, scopeLogs } of all) {
          for (const { scope, logRecords, schemaUrl } of scopeLogs) {
            add(this.#logs, logRecords, { resource, scope, schemaUrl });
          }
        }
        this.#trim(this.#logs);
      },
    };
  }

  /** Spans, in the order in which they came. */
  get spans(): readonly OtlpReceived<OtlpSpan>[] {
    return this.#spans;
  }

  /** Metrics, in the order in which they came: the same one again with each export. */
  get metrics(): readonly OtlpReceived<OtlpMetric>[] {
    return this.#metrics;
  }

  /** Log records, in the order in which they came. */
  get logRecords(): readonly OtlpReceived<OtlpLogRecord>[] {
    return this.#logs;
  }

  /** Forgets everything. */
  clear(): void {
    for (const list of [this.#spans, this.#metrics, this.#logs]) list.length = 0;
  }

  /** Once for an export: to move all that is kept for every scope in it would take time by both. */
  #trim(list: unknown[]): void {
    if (list.length > this.#maxItems) list.splice(0, list.length - this.#maxItems);
  }
}

function add<Item>(list: OtlpReceived<Item>[], items: readonly Item[], about: Omit<OtlpReceived<Item>, 'item'>): void {
  for (const item of items) list.push({ item, ...about });
}
