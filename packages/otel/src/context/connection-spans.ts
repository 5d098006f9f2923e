import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { SpanContext } from '@opentelemetry/api';

/**
 * The span of the connection that a request came in by, for links: ids only, so that nothing of it is kept. Written by
 * `connectionTelemetryLayer`.
 */
export const AcceptedConnectionSpan: ExtensionKey<SpanContext, 'connection'> = extensionKey('otel/accepted-span', {
  scope: 'connection',
});

/** The span of the connect that made the connection which a request went out by. Written by `connectorTelemetryLayer`. */
export const DialledConnectionSpan: ExtensionKey<SpanContext, 'connection'> = extensionKey('otel/dialled-span', {
  scope: 'connection',
  prefer: 'egress',
});

/** The span of the request that a connection was upgraded by, or that opened a tunnel. Written by the layers for HTTP. */
export const UpgradeSpan: ExtensionKey<SpanContext, 'connection'> = extensionKey('otel/upgrade-span', {
  scope: 'connection',
});
