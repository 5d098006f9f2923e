import type { OtlpSignal } from '../receiver/otlp-data.ts';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a signal is exported, as the environment says. */
export interface OtlpEnvironment {
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** Whole URL for HTTP, place of the server for gRPC. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'none' | 'gzip';
  /** In milliseconds; `undefined`: not said, or nothing that could be meant. */
  readonly timeoutMs: number | undefined;
}

/**
 * Reads `OTEL_EXPORTER_OTLP_*`, and the variables of the signal, which count more.
 *
 * @remarks
 * Source: opentelemetry.io/docs/specs/otel/protocol/exporter. A value that makes no sense counts as absent.
 */
export function otlpEnvironment(env: Environment, signal: OtlpSignal): OtlpEnvironment {
  const own = (name: string): string | undefined => text(env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`]);
  const either = (name: string): string | undefined => own(name) ?? text(env[`OTEL_EXPORTER_OTLP_${name}`]);
  const asked = either('PROTOCOL');
  const protocol = asked === 'grpc' || asked === 'http/json' ? asked : 'http/protobuf';
  const shared = text(env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  const timeoutMs = Number(either('TIMEOUT') ?? Number.NaN);
  return {
    protocol,
    url: protocol === 'grpc' ? grpcUrl(own('ENDPOINT') ?? shared) : (own('ENDPOINT') ?? below(shared, signal)),
    headers: { ...headers(env['OTEL_EXPORTER_OTLP_HEADERS']), ...headers(own('HEADERS')) },
    compression: either('COMPRESSION') === 'gzip' ? 'gzip' : 'none',
    timeoutMs: timeoutMs > 0 && timeoutMs < Number.POSITIVE_INFINITY ? timeoutMs : undefined,
  };
}

/** Whether a signal goes to a collector by OTLP: it does unless the environment says something else. */
export function isByOtlp(env: Environment, signal: OtlpSignal): boolean {
  const exporters = text(env[`OTEL_${signal.toUpperCase()}_EXPORTER`]);
  return exporters === undefined || exporters === 'otlp';
}

/** Whether the environment says that there shall be no SDK. */
export function isDisabled(env: Environment): boolean {
  return text(env['OTEL_SDK_DISABLED'])?.toLowerCase() === 'true';
}

/** A number of milliseconds. @returns `undefined` if there is none that is greater than 0. */
export function durationOf(env: Environment, name: string): number | undefined {
  const value = Number(text(env[name]) ?? Number.NaN);
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : undefined;
}

function below(url: string | undefined, signal: OtlpSignal): string {
  return `${(url ?? 'http://localhost:4318').replace(/\/$/, '')}/v1/${signal}`;
}

/** A place of a server may come without a scheme. */
function grpcUrl(url = 'http://localhost:4317'): string {
  return /^https?:\/\//.test(url) ? url : `http://${url}`;
}

/** `name=value,name=value`, percent-encoded. */
function headers(list = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of list.split(',')) {
    const at = entry.indexOf('=');
    const name = entry.slice(0, Math.max(0, at)).trim();
    if (name !== '') found[decoded(name)] = decoded(entry.slice(at + 1).trim());
  }
  return found;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}
