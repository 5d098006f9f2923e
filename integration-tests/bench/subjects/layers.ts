import {
  type HttpRequest,
  HttpResponse,
  requestHeadersLayer,
  responseHeadersLayer,
  sensitiveHeadersLayer,
} from '@lamella/http';
import {
  addExtensionLayer,
  catchLayer,
  concurrencyLimitLayer,
  deriveExtensionLayer,
  hijackLayer,
  mapInputLayer,
  timeoutLayer,
  traceLayer,
} from '@lamella/layers';
import type { ExtensionKey, Service } from '@lamella/service-core';
import { extensionKey, matcherFn, serviceFn, stack } from '@lamella/service-core';

const Path: ExtensionKey<string, 'request'> = extensionKey('bench/path', { scope: 'request' });
const Tenant: ExtensionKey<string, 'request'> = extensionKey('bench/tenant', { scope: 'request' });

/** Five layers that let everything pass: add-extension, map input, non-matching hijack, catch, trace hook. */
export function passThrough(service: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return stack(
    addExtensionLayer(Tenant, 'blue'),
    mapInputLayer((request: HttpRequest) => request),
    hijackLayer(
      matcherFn((request: HttpRequest) => request.method === 'PATCH'),
      serviceFn((_request: HttpRequest) => HttpResponse.from({ status: 405 })),
    ),
    catchLayer(() => HttpResponse.from({ status: 500 })),
    traceLayer<HttpRequest, HttpResponse>({ onStart: () => void started++ }),
    service,
  );
}

/** What a server in production has: timeout, concurrency limit, catch, access trace, add-extension. */
export function production(service: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return stack(
    timeoutLayer({ timeoutMs: 10_000 }),
    concurrencyLimitLayer({ maxConcurrent: 10_000 }),
    catchLayer(() => HttpResponse.from({ status: 500 })),
    traceLayer<HttpRequest, HttpResponse>({
      onEnd(end) {
        if (end.outcome === 'ok') statuses[end.output.status] = (statuses[end.output.status] ?? 0) + 1;
      },
    }),
    addExtensionLayer(Tenant, 'blue'),
    service,
  );
}

/** One layer, which adds nothing. */
export function one(service: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return stack(
    mapInputLayer((request: HttpRequest) => request),
    service,
  );
}

/** What a gateway may have: fifteen layers, five of which wait for the answer. */
export function fifteen(service: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return stack(
    timeoutLayer({ timeoutMs: 10_000 }), // waits
    concurrencyLimitLayer({ maxConcurrent: 10_000 }), // waits
    traceLayer<HttpRequest, HttpResponse>({ onStart: () => void started++ }), // waits
    catchLayer(() => HttpResponse.from({ status: 500 })), // waits
    responseHeadersLayer({ set: { 'X-Frame-Options': 'DENY' } }), // waits
    addExtensionLayer(Tenant, 'blue'),
    deriveExtensionLayer(Path, (request: HttpRequest) => request.target),
    sensitiveHeadersLayer({ names: ['X-Api-Key'] }),
    requestHeadersLayer({ set: { 'X-Tenant': 'blue' } }),
    ...refusals,
    mapInputLayer((request: HttpRequest) => request),
    mapInputLayer((request: HttpRequest) => request),
    mapInputLayer((request: HttpRequest) => request),
    service,
  );
}

/** Turns some methods away. */
const refusal = (method: string) =>
  hijackLayer(
    matcherFn((request: HttpRequest) => request.method === method),
    serviceFn((_request: HttpRequest) => HttpResponse.from({ status: 405 })),
  );
const refusals = [refusal('PATCH'), refusal('TRACE'), refusal('PUT')] as const;

let started = 0;
const statuses: Record<number, number> = {};
