import type { SpanContext } from '@opentelemetry/api';

/**
 * Reads the value of `traceparent`.
 *
 * @remarks
 * Source: W3C Trace Context, section 3.2. Lower case only; version `ff`, ids of zeros, and anything behind the flags of version `00` are
 * malformed. What a later version adds behind its flags is passed over.
 *
 * @returns The ids and the flags known here, sampled and random; or `undefined` for malformed text: it is advice from the peer.
 */
export function parseTraceParent(value: string): SpanContext | undefined {
  const match = value.length <= MAX_CHARS ? TRACE_PARENT.exec(value) : null;
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (NO_TRACE.test(traceId) || NO_TRACE.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & KNOWN_FLAGS, isRemote: true };
}

/** Writes the value of `traceparent`, of version `00`. */
export function formatTraceParent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${(traceFlags & KNOWN_FLAGS).toString(16)}`;
}

const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = /^0+$/;
/** Sampled, and random trace id. */
const KNOWN_FLAGS = 0b11;
const MAX_CHARS = 512;
