import type { HttpClient } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import type { Lifecycle } from '@lamella/service-core';
import { tlsConnectLayer } from '@lamella/tls';
import type { ServerTelemetry } from './server-telemetry.ts';
import { noTelemetry } from './server-telemetry.ts';
import { telemetryNotes } from './telemetry-notes.ts';

/** What telemetry needs of the server that it is about. */
export interface ServerTelemetryParts {
  /** For `service.name`, unless `OTEL_SERVICE_NAME` says another. */
  readonly name: string;
  readonly lifecycle: Lifecycle;
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
}

/**
 * Records a server, and hands what was recorded to a collector by OTLP. Without one, nothing of OpenTelemetry is loaded.
 *
 * @param collector - URL; nothing, or an empty one, turns it off. The other `OTEL_*` variables count as well.
 */
export async function startServerTelemetry(
  collector: string | undefined,
  { name, lifecycle, note }: ServerTelemetryParts,
): Promise<ServerTelemetry> {
  const isOff = process.env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  if (collector === undefined || collector === '' || isOff) return noTelemetry;
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector;
  const [api, node, general, http, grpc, ws] = await Promise.all([
    import('@opentelemetry/api'),
    import('@lamella/otel/node'),
    import('@lamella/otel'),
    import('@lamella/otel/http'),
    import('@lamella/otel/grpc'),
    import('@lamella/otel/ws'),
  ]);
  api.diag.setLogger(telemetryNotes(note), { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporting = exportClient();
  await node.startTelemetry({
    serviceName: process.env['OTEL_SERVICE_NAME'] ?? `lamella ${name}`,
    lifecycle,
    client: exporting,
    exports: { timeoutMs: EXPORT_TIMEOUT_MS },
  });
  return {
    connection: general.connectionTelemetryLayer(),
    server: http.httpServerTelemetryLayer(),
    client: http.httpClientTelemetryLayer(),
    connector: general.connectorTelemetryLayer(),
    webSocket: ws.webSocketTelemetryLayer(),
    call: grpc.grpcServerTelemetryLayer(),
    close: () => exporting.destroy(),
  };
}

/** No part of the lifecycle: it ends after everything that it may tell of. */
function exportClient(): HttpClient {
  const isGrpc = process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] === 'grpc';
  return createHttpClient({
    connector: tcpConnector(),
    tls: tlsConnectLayer(),
    protocols: isGrpc ? [http2()] : [http2(), http1()],
  });
}

/** A server that ends does not wait longer for a collector that does not answer. */
const EXPORT_TIMEOUT_MS = 5_000;
