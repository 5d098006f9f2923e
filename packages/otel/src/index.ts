// What belongs to which trace

export type { Traceable } from './context/telemetry-context.ts';
export { contextOf, inTraceOf, TelemetryContext } from './context/telemetry-context.ts';
export { w3cPropagator } from './propagation/w3c-propagator.ts';

// Connections

export { connectionTelemetryLayer } from './connection/connection-telemetry-layer.ts';
export { connectorTelemetryLayer } from './connection/connector-telemetry-layer.ts';
export { AcceptedConnectionSpan, DialledConnectionSpan, UpgradeSpan } from './context/connection-spans.ts';

export { observeResources } from './resources/observe-resources.ts';

// Logs

export type {
  LogEntry,
  LogLevel,
  OtelLoggerOptions,
  PinoLike,
  StructuredLogger,
  TraceFields,
} from './log/structured-logger.ts';
export { loggerFor, otelLogger, pinoLogger, traceFields } from './log/structured-logger.ts';

// Options and events of all layers

export type { OperationEvent, OperationOutcome } from './shared/operation.ts';
export type { PropagationOptions, TelemetryOptions } from './shared/telemetry-options.ts';
