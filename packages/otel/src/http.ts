// Servers and clients

export type { HttpClientTelemetryOptions } from './http/http-client-telemetry-layer.ts';
export { httpClientTelemetryLayer } from './http/http-client-telemetry-layer.ts';
export type { HttpServerTelemetryOptions } from './http/http-server-telemetry-layer.ts';
export { httpServerTelemetryLayer } from './http/http-server-telemetry-layer.ts';
export type { HttpTelemetryOptions, RouteOf } from './http/http-telemetry-options.ts';
export { defaultKnownMethods } from './http/known-methods.ts';

// Logs, and the connections of clients

export type { RequestLogLayerOptions } from './http/request-log-layer.ts';
export { requestLogLayer } from './http/request-log-layer.ts';
export { observeHttpClient } from './resources/observe-http-client.ts';
