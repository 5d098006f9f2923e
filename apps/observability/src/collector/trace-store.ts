import type { OtlpResourceSpans, OtlpSpan } from '@lamella/otel/receiver';
import { otlpAttributes } from '@lamella/otel/receiver';

/** A span, in the form in which pages get it. */
export interface StoredSpan {
  readonly id: string;
  /** `''`: it has none. */
  readonly parentId: string;
  readonly service: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Milliseconds since the Unix epoch, with fractions. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly atMs: number; readonly durationMs?: number }[];
}

/** All that is known of a trace. */
export interface StoredTrace {
  readonly id: string;
  readonly spans: readonly StoredSpan[];
  /** Spans that came when there was no room for more. */
  readonly dropped: number;
}

/** The latest traces, so many that memory is bounded: the oldest goes for a new one, and a trace keeps its first spans. */
export class TraceStore {
  readonly #traces = new Map<string, { spans: StoredSpan[]; dropped: number }>();
  readonly #maxTraces: number;
  readonly #maxSpans: number;
  #version = 0;

  constructor(maxTraces = 200, maxSpans = 200) {
    this.#maxTraces = maxTraces;
    this.#maxSpans = maxSpans;
  }

  /** Goes up with every change. */
  get version(): number {
    return this.#version;
  }

  add(received: readonly OtlpResourceSpans[]): void {
    for (const { resource, scopeSpans } of received) {
      const service = String(otlpAttributes(resource?.attributes ?? [])['service.name'] ?? 'unknown');
      for (const { spans } of scopeSpans) for (const span of spans) this.#keep(span, service);
    }
    this.#version++;
  }

  get(id: string): StoredTrace | undefined {
    const trace = this.#traces.get(id);
    if (trace === undefined) return undefined;
    return { id, spans: trace.spans.toSorted((one, other) => one.startMs - other.startMs), dropped: trace.dropped };
  }

  /** The latest ones first. */
  list(): readonly StoredTrace[] {
    const all = [...this.#traces.keys()].map((id) => this.get(id));
    return all.filter((trace) => trace !== undefined).reverse();
  }

  #keep(span: OtlpSpan, service: string): void {
    const { traceId } = span;
    if (traceId === undefined || span.spanId === undefined) return;
    const trace = this.#traces.get(traceId) ?? { spans: [], dropped: 0 };
    if (trace.spans.length < this.#maxSpans) trace.spans.push(storedSpan(span, service));
    else trace.dropped++;
    this.#traces.set(traceId, trace);
    for (const oldest of this.#traces.keys()) {
      if (this.#traces.size <= this.#maxTraces) break;
      this.#traces.delete(oldest);
    }
  }
}

function storedSpan(span: OtlpSpan, service: string): StoredSpan {
  const startMs = milliseconds(span.startTimeUnixNano);
  return {
    id: span.spanId ?? '',
    parentId: span.parentSpanId ?? '',
    service: cut(service),
    name: cut(span.name ?? ''),
    kind: span.kind ?? 0,
    startMs,
    durationMs: Math.max(0, milliseconds(span.endTimeUnixNano) - startMs),
    isError: span.status?.code === ERROR,
    attributes: Object.fromEntries(
      Object.entries(otlpAttributes(span.attributes.slice(0, MAX_PARTS))).map(([key, value]) => [
        cut(key),
        cut(String(value)),
      ]),
    ),
    events: span.events.slice(0, MAX_PARTS).map(({ name = '', timeUnixNano, attributes }) => {
      const durationMs = otlpAttributes(attributes)['lamella.phase.duration_ms'];
      return {
        name: cut(name),
        atMs: milliseconds(timeUnixNano),
        ...(typeof durationMs === 'number' ? { durationMs } : {}),
      };
    }),
  };
}

/** Nanoseconds as text go beyond what a number can hold, so they are divided before. */
function milliseconds(nanos = '0'): number {
  return Number(BigInt(nanos) / 1_000n) / 1_000;
}

/** Whoever may export may send what is as long as it likes. */
function cut(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

const ERROR = 2;
const MAX_PARTS = 50;
const MAX_LENGTH = 300;
