import type { Context } from '@opentelemetry/api';
import { createContextKey } from '@opentelemetry/api';

/** Whether what is done now shall leave no trace: SDKs say so of what they send themselves, or else an export would never end. */
export function isTracingSuppressed(context: Context): boolean {
  return context.getValue(suppressTracingKey) === true;
}

/** The key of the SDKs, which know each other by its name. */
export const suppressTracingKey: symbol = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
