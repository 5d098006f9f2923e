import { fileURLToPath } from 'node:url';
import { grpcService } from '@lamella/grpc';
import type { HttpRequest } from '@lamella/http';
import { compressionLayer, csrfLayer, HttpResponse, responseHeadersLayer } from '@lamella/http';
import { concurrencyLimitLayer, hijackLayer } from '@lamella/layers';
import { otlpGrpcServices } from '@lamella/otel/otlp-grpc';
import { otlpReceiver } from '@lamella/otel/receiver';
import type { Clock, Service } from '@lamella/service-core';
import { matcherFn, stack } from '@lamella/service-core';
import type { ServerSentEvent } from '@lamella/web';
import { router, sseResponse, staticFilesService } from '@lamella/web';
import { MetricStore } from './metric-store.ts';
import { summaryOf } from './summary.ts';
import { TraceStore } from './trace-store.ts';

/** Options of {@link collectorService}. */
export interface CollectorOptions {
  readonly clock: Clock;
  /** Makes requests of a kind; @throws RangeError if there is no such kind. */
  readonly makeLoad: (kind: string) => void;
}

/** Takes traces and metrics by OTLP, over HTTP and gRPC on the same port, and shows them as a page that changes as they come. */
export function collectorService({ clock, makeLoad }: CollectorOptions): Service<HttpRequest, HttpResponse> {
  const traces = new TraceStore();
  const metrics = new MetricStore();
  const sink = {
    traces: (received: Parameters<TraceStore['add']>[0]) => traces.add(received),
    metrics: (received: Parameters<MetricStore['add']>[0]) => metrics.add(received),
  };

  async function* changes(): AsyncGenerator<ServerSentEvent> {
    for (let seen = ''; ; ) {
      const version = `${traces.version} ${metrics.version}`;
      if (version !== seen) yield { event: 'change', data: version };
      seen = version;
      await new Promise<void>((resolve) => clock.startTimer(500, resolve));
    }
  }

  const api = router()
    .get('/traces', () => fresh(traces.list().slice(0, SHOWN).map(summaryOf)))
    .get('/traces/:id', (_request, { id }) => {
      const trace = traces.get(id);
      return trace === undefined ? HttpResponse.from({ status: 404 }) : fresh(trace);
    })
    .get('/metrics', () => fresh(metrics.list()))
    .get('/changes', () => sseResponse(changes()))
    .post('/load/:kind', (_request, { kind }) => {
      try {
        makeLoad(kind);
      } catch (error) {
        if (error instanceof RangeError) return HttpResponse.from({ status: 404 });
        throw error;
      }
      return HttpResponse.from({ status: 202 });
    });

  return stack(
    concurrencyLimitLayer({ maxConcurrent: 500 }),
    hijackLayer(matcherFn(isOtlpOverGrpc), grpcService(otlpGrpcServices(sink))),
    hijackLayer(matcherFn(isOtlpOverHttp), otlpReceiver(sink)),
    csrfLayer(), // pages of other sites make no load here
    responseHeadersLayer({ set: SAFE_HEADERS }),
    compressionLayer(),
    router({ fallback: staticFilesService({ root: PUBLIC }) }).mount('/api', api),
  );
}

function fresh(value: unknown): HttpResponse {
  return HttpResponse.json(value, { headers: { 'Cache-Control': 'no-store' } });
}

function isOtlpOverGrpc({ path }: HttpRequest): boolean {
  return path.startsWith('/opentelemetry.proto.collector.');
}

function isOtlpOverHttp({ path }: HttpRequest): boolean {
  return path.startsWith('/v1/');
}

const PUBLIC = fileURLToPath(new URL('../../public', import.meta.url));
const SHOWN = 50;
const SAFE_HEADERS = {
  'Content-Security-Policy': "default-src 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
