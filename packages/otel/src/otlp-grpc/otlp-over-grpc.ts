import type { GrpcMetadataInit } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError, grpcClient } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { OtlpOutcome, OtlpTransport } from '../otlp/otlp-transport.ts';
import { untraced } from '../otlp/untraced.ts';
import { requireOneOf } from '../shared/option-checks.ts';
import { LogsService, MetricsService, TraceService } from './otlp-services.ts';
import { retryDelayMs } from './retry-delay.ts';

/** Options of {@link otlpOverGrpc}. */
export interface OtlpOverGrpcOptions {
  /** Where the collector is. Default `'http://localhost:4317'`. */
  readonly url?: string;
  /** How exports are compressed. Default `'none'`. */
  readonly compression?: 'none' | 'gzip';
  /** Metadata for every call, such as a key for the collector. Default: none. */
  readonly metadata?: GrpcMetadataInit;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * A way to a collector over gRPC, by a client of Lamella that speaks HTTP/2; or by a service, without any network.
 *
 * @param client - Such as an `HttpClient` with `http2()` among its protocols.
 * @throws UsageError if an option is invalid.
 *
 * @example
 * async function exporter(client: Service<HttpRequest, HttpResponse>): Promise<OtlpExporter<OtlpSpanBatch>> {
 *   return otlpTraceExporter(otlpOverGrpc(client, { url: 'https://collector.example:4317', compression: 'gzip' }));
 * }
 */
export function otlpOverGrpc(
  client: Service<HttpRequest, HttpResponse>,
  options: OtlpOverGrpcOptions = {},
): OtlpTransport {
  const { url = 'http://localhost:4317', compression = 'none', metadata, clock = systemClock } = options;
  requireOneOf('compression', compression, ['none', 'gzip']);
  const quiet: Service<HttpRequest, HttpResponse> = { serve: (request) => client.serve(untraced(request)) };
  const shared = { url, clock, ...(compression === 'gzip' ? { encoding: 'gzip' as const } : {}) };
  const clients = {
    traces: grpcClient(quiet, TraceService, shared),
    metrics: grpcClient(quiet, MetricsService, shared),
    logs: grpcClient(quiet, LogsService, shared),
  };
  return {
    format: 'protobuf',
    async send({ signal, bytes, timeoutMs, scope }): Promise<OtlpOutcome> {
      try {
        // Exporters try again themselves: they know how long it pays.
        const call = {
          timeoutMs,
          parent: { scope },
          retry: false as const,
          ...(metadata === undefined ? {} : { metadata }),
        };
        return { type: 'taken', answer: await clients[signal].export(bytes, call) };
      } catch (error) {
        if (!(error instanceof GrpcStatusError)) throw error;
        return outcomeOf(error);
      }
    },
  };
}

function outcomeOf(error: GrpcStatusError): OtlpOutcome {
  const { status, message } = error;
  const retryAfterMs = retryDelayMs(error.details);
  const isBusy = BUSY.has(status) || (status === GrpcStatus.RESOURCE_EXHAUSTED && retryAfterMs !== undefined);
  return isBusy ? { type: 'busy', message, retryAfterMs } : { type: 'refused', message };
}

/** What the specification calls retryable; RESOURCE_EXHAUSTED is only if the collector says when. */
const BUSY: ReadonlySet<number> = new Set([
  GrpcStatus.CANCELLED,
  GrpcStatus.DEADLINE_EXCEEDED,
  GrpcStatus.ABORTED,
  GrpcStatus.OUT_OF_RANGE,
  GrpcStatus.UNAVAILABLE,
  GrpcStatus.DATA_LOSS,
]);
