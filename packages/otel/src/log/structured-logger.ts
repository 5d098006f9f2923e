import type { AnyValue, Context, LoggerProvider } from '@opentelemetry/api';
import { context, isSpanContextValid, logs, SeverityNumber, trace } from '@opentelemetry/api';
import type { Traceable } from '../context/telemetry-context.ts';
import { contextOf } from '../context/telemetry-context.ts';
import { SCOPE_NAME } from '../shared/names.ts';

/** How much a log entry matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What is written to a log. */
export interface LogEntry {
  /** How much it matters. */
  readonly level: LogLevel;
  /** For people. */
  readonly message: string;
  /** For machines. Default: none. */
  readonly fields?: Readonly<Record<string, AnyValue>>;
  /** OpenTelemetry context whose trace it belongs to. Default: the active one. */
  readonly context?: Context;
}

/** Where log entries go: pino, OpenTelemetry, or something of one's own. */
export interface StructuredLogger {
  /** Takes an entry. Must not throw. */
  readonly log: (entry: LogEntry) => void;
}

/** The names of a trace in log entries, as OpenTelemetry wants them in formats of others. */
export interface TraceFields {
  /** 32 hexadecimal digits. */
  readonly trace_id: string;
  /** 16 hexadecimal digits. */
  readonly span_id: string;
  /** Two hexadecimal digits; `01`: sampled. */
  readonly trace_flags: string;
}

/**
 * The ids of the span of a context, for log entries.
 *
 * @param of - Default: the active context.
 * @returns Nothing (an empty object) if there is no span.
 *
 * @example
 * traceFields(); // {} outside of every request
 */
export function traceFields(of: Context = context.active()): TraceFields | Readonly<Record<never, never>> {
  const span = trace.getSpanContext(of);
  if (span === undefined || !isSpanContextValid(span)) return {};
  const { traceId, spanId, traceFlags } = span;
  return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, '0') };
}

/** The part of a pino logger that {@link pinoLogger} calls. */
export interface PinoLike {
  /** Writes an entry that matters to those who look for a fault. */
  debug(fields: object, message: string): void;
  /** Writes an entry that tells what happens. */
  info(fields: object, message: string): void;
  /** Writes an entry that somebody should see. */
  warn(fields: object, message: string): void;
  /** Writes an entry about something that went wrong. */
  error(fields: object, message: string): void;
}

/**
 * Writes log entries by pino, with the ids of their trace.
 *
 * @param pino - Any pino logger, or what has its methods.
 *
 * @example
 * const logger = pinoLogger({ debug() {}, info: (fields, message) => console.log(message, fields), warn() {}, error() {} });
 * logger.log({ level: 'info', message: 'started', fields: { port: 8080 } }); // prints: started { port: 8080 }
 */
export function pinoLogger(pino: PinoLike): StructuredLogger {
  return {
    log: ({ level, message, fields, context: of }) => pino[level]({ ...fields, ...traceFields(of) }, message),
  };
}

/** Options of {@link otelLogger}. */
export interface OtelLoggerOptions {
  /** Where records go. Default: the logger provider that is registered with `@opentelemetry/api`, also if that happens later. */
  readonly loggerProvider?: LoggerProvider;
}

/**
 * Writes log entries as records of OpenTelemetry, which belong to the span of their context.
 *
 * @example
 * otelLogger().log({ level: 'warn', message: 'almost full', fields: { percent: 93 } });
 */
export function otelLogger({ loggerProvider }: OtelLoggerOptions = {}): StructuredLogger {
  return {
    log({ level, message, fields, context: of = context.active() }) {
      const logger = (loggerProvider ?? logs.getLoggerProvider()).getLogger(SCOPE_NAME);
      logger.emit({
        severityNumber: SEVERITY[level],
        severityText: level.toUpperCase(),
        body: message,
        context: of,
        ...(fields === undefined ? {} : { attributes: fields }),
      });
    },
  };
}

/**
 * A logger whose entries belong to the trace of a request.
 *
 * @example
 * const service = serviceFn((request: HttpRequest) => {
 *   loggerFor(request, otelLogger()).log({ level: 'info', message: 'asked', fields: { path: request.path } });
 *   return HttpResponse.text('hello');
 * });
 */
export function loggerFor(input: Traceable, logger: StructuredLogger): StructuredLogger {
  const own = contextOf(input);
  return { log: (entry) => logger.log({ context: own, ...entry }) };
}

const SEVERITY: Readonly<Record<LogLevel, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};
