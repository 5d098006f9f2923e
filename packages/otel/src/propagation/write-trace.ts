import type { Context, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { safely } from '../shared/safely.ts';
import { resolvePropagator } from './resolve-propagator.ts';

/** Side data of a message, as far as it carries a trace. */
export interface TraceCarrier {
  delete(name: string): boolean;
}

/**
 * Writes the trace of a context into a message. Never throws.
 *
 * @remarks
 * The message may be one that came in, passed on: `tracestate` tells of the `traceparent` that it came with, and goes with that. W3C Trace
 * Context, section 3.4.
 */
export function writeTrace<Carrier extends TraceCarrier>(
  context: Context,
  carrier: Carrier,
  setter: TextMapSetter<Carrier>,
  asked: TextMapPropagator | undefined,
): void {
  safely(() => {
    if (trace.getSpanContext(context) !== undefined) carrier.delete('tracestate');
    resolvePropagator(asked).inject(context, carrier, setter);
  });
}
