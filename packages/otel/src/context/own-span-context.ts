import type { Span, SpanContext } from '@opentelemetry/api';

/** The ids of a span, without anything that the span holds. */
export function ownSpanContext(span: Span): SpanContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, traceFlags };
}
