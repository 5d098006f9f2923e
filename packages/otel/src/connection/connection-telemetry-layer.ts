import type { Connection } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import type { TelemetryOptions } from '../shared/telemetry-options.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import { connectionInstruments } from './connection-instruments.ts';
import { ACCEPTED, serveTraced } from './served-connection.ts';

/**
 * Records the connections of a server: a span for each, from its accept to the end of its service, and the metrics
 * `lamella.connection.active`, `.duration` and `.io`.
 *
 * @remarks
 * Stands where bytes shall be counted: outside of TLS it counts those on the wire. Spans begin a trace of their own, since a connection
 * lives longer than any request; the spans of requests link to it. Its bytes are counted anew unless `byteCountLayer` has done so already.
 *
 * Events for `node:diagnostics_channel`: `lamella:connection.start`, `.end`, `.error`.
 *
 * @example
 * const server = stack(connectionTelemetryLayer(), httpServerLayer(), httpServerTelemetryLayer(), {
 *   serve: async (request: HttpRequest) => HttpResponse.text(request.path),
 * });
 */
export function connectionTelemetryLayer(options: TelemetryOptions = {}): Layer<Connection, void> {
  const source = new TelemetrySource(options, connectionInstruments);
  return (inner) => ({ serve: (connection) => serveTraced(source, ACCEPTED, inner, connection) });
}
