import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { createTraceState, isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import { isTracingSuppressed } from '../context/is-tracing-suppressed.ts';
import { formatBaggage, parseBaggage } from './baggage-text.ts';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';

/**
 * Reads and writes `traceparent`, `tracestate` and `baggage`, as W3C Trace Context and W3C Baggage say: what the layers use where no
 * propagator is registered.
 *
 * @remarks
 * What is malformed, doubled or too long counts as absent: a peer's advice never fails a request. `tracestate` is taken up to 512 characters
 * and 32 members, `baggage` up to 8,192 characters and 64 members.
 *
 * @example
 * w3cPropagator().fields(); // ['traceparent', 'tracestate', 'baggage']
 */
export function w3cPropagator(): TextMapPropagator {
  return W3C;
}

const W3C: TextMapPropagator = {
  inject(context: Context, carrier: unknown, setter: TextMapSetter<unknown>) {
    if (isTracingSuppressed(context)) return;
    const span = trace.getSpanContext(context);
    if (span !== undefined && isSpanContextValid(span)) {
      setter.set(carrier, 'traceparent', formatTraceParent(span));
      const state = span.traceState?.serialize() ?? '';
      if (state !== '') setter.set(carrier, 'tracestate', state);
    }
    const baggage = propagation.getBaggage(context);
    const text = baggage === undefined ? '' : formatBaggage(baggage);
    if (text !== '') setter.set(carrier, 'baggage', text);
  },

  extract(context: Context, carrier: unknown, getter: TextMapGetter<unknown>) {
    const parent = single(getter.get(carrier, 'traceparent'));
    const span = parent === undefined ? undefined : parseTraceParent(parent);
    let extracted = context;
    if (span !== undefined) {
      const state = joined(getter.get(carrier, 'tracestate'));
      if (state !== undefined && state.length <= MAX_STATE_CHARS) span.traceState = createTraceState(state);
      extracted = trace.setSpanContext(extracted, span);
    }
    const text = joined(getter.get(carrier, 'baggage'));
    const baggage = text === undefined ? undefined : parseBaggage(text);
    return baggage === undefined ? extracted : propagation.setBaggage(extracted, baggage);
  },

  fields: () => ['traceparent', 'tracestate', 'baggage'],
};

const OWN_FIELDS: string[] = W3C.fields();
Object.freeze(OWN_FIELDS);

/**
 * The same, as this package registers it. Nobody else has it, to make another one of it: so its list of fields, which is always the same, tells
 * that it is the registered one itself.
 */
export const ownPropagator: TextMapPropagator = { ...W3C, fields: () => OWN_FIELDS };

/** Two of them contradict each other. */
function single(value: string | string[] | undefined): string | undefined {
  if (!Array.isArray(value)) return value;
  return value.length === 1 ? value[0] : undefined;
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

const MAX_STATE_CHARS = 512;
