import type { HttpRequest, HttpResponse } from '@lamella/http';
import { grpcStatusOf, httpTraceLayer } from '@lamella/http';
import type { Clock, Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { contextOf } from '../context/telemetry-context.ts';
import type { LogLevel, StructuredLogger } from '../log/structured-logger.ts';
import { isServerFailure } from '../rpc/rpc-status.ts';
import { cut } from '../shared/cut.ts';
import { errorType } from '../shared/error-type.ts';
import { ATTR } from '../shared/names.ts';
import { MatchedRoute } from './foreign-keys.ts';

/** Options of {@link requestLogLayer}. */
export interface RequestLogLayerOptions {
  /** Where entries go. */
  readonly logger: StructuredLogger;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Logs every request after its last byte, with the ids of its trace: put it inside of `httpServerTelemetryLayer`.
 *
 * @remarks
 * `info`; `warn` if the client went away, `error` if the service failed, or answered with 500 and more or a status of gRPC that is its own failure. The fields have the names that spans
 * have: method, path without query, route, status, that of a call of gRPC, `error.type`; and `duration_ms` and `response_bytes`.
 *
 * @throws UsageError if `logger` is none.
 *
 * @example
 * const service = stack(
 *   httpServerTelemetryLayer(),
 *   requestLogLayer({ logger: otelLogger() }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
 * );
 */
export function requestLogLayer(options: RequestLogLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { logger, clock } = options;
  if (typeof logger?.log !== 'function') throw new UsageError('logger must be an object with a function log');
  return httpTraceLayer<undefined>({
    onStart: () => undefined,
    onEnd(_state, { request, response, outcome, error, bodyBytes, durationMs }) {
      const status = response?.status;
      const grpcStatus = response && grpcStatusOf(response);
      const route = request.extensions.get(MatchedRoute);
      logger.log({
        level: levelOf(outcome, status, grpcStatus),
        message: `${cut(request.method)} ${cut(request.path)} ${status ?? outcome}${grpcStatus === undefined ? '' : ` ${grpcStatus}`}`,
        context: contextOf(request),
        fields: {
          [ATTR.method]: cut(request.method),
          [ATTR.urlPath]: cut(request.path),
          ...(route === undefined ? {} : { [ATTR.route]: route }),
          ...(status === undefined ? {} : { [ATTR.statusCode]: status }),
          ...(grpcStatus === undefined ? {} : { [ATTR.rpcStatusCode]: grpcStatus }),
          ...(outcome === 'complete' ? {} : { [ATTR.errorType]: errorType(error) }),
          duration_ms: durationMs,
          response_bytes: bodyBytes,
        },
      });
    },
    ...(clock === undefined ? {} : { clock }),
  });
}

function levelOf(
  outcome: 'complete' | 'aborted' | 'error',
  status: number | undefined,
  grpcStatus: string | undefined,
): LogLevel {
  if (outcome === 'aborted') return 'warn';
  if (outcome === 'error' || (status !== undefined && status >= 500)) return 'error';
  return grpcStatus !== undefined && isServerFailure(grpcStatus) ? 'error' : 'info';
}
