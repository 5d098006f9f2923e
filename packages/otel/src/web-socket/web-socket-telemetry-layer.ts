import type { Layer } from '@lamella/service-core';
import type { WebSocketConnection } from '@lamella/ws';
import { safely } from '../shared/safely.ts';
import { serveInContext, startServe } from '../shared/serve-in-context.ts';
import type { TelemetryOptions } from '../shared/telemetry-options.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import { traceWebSocket } from './traced-web-socket.ts';
import { webSocketInstruments } from './web-socket-instruments.ts';

/**
 * Records the WebSockets of a server: a span for each, from its begin to its end, with its messages counted and its close code; and the metrics
 * `lamella.websocket.active`, `.duration`, `.messages` and `.io`.
 *
 * @remarks
 * For the `handler` of `webSocketService`. The span begins a trace of its own, since a WebSocket outlives its request, and links to the span of the
 * handshake if `httpServerTelemetryLayer` has recorded it. The context is in the store of the WebSocket ({@link WebSocketContext}).
 *
 * Close codes 1000, 1001 and 1005 are the ends that were meant; any other is an error, and 1006 without one is a peer that has left.
 *
 * Events for `node:diagnostics_channel`: `lamella:websocket.server.start`, `.end`, `.error`.
 *
 * @example
 * const service = webSocketService({
 *   handler: stack(
 *     webSocketTelemetryLayer(),
 *     serviceFn(async (socket: WebSocketConnection) => {
 *       for await (const message of socket) await socket.send(message);
 *     }),
 *   ),
 * });
 */
export function webSocketTelemetryLayer(options: TelemetryOptions = {}): Layer<WebSocketConnection, void> {
  const source = new TelemetrySource(options, webSocketInstruments);
  return (inner) => ({
    serve(socket) {
      const traced = safely(() => traceWebSocket(socket, 'server', source));
      return traced === undefined ? startServe(inner, socket) : serveInContext(traced.context, inner, traced.socket);
    },
  });
}

/**
 * Makes a function that records the WebSockets of a client, as {@link webSocketTelemetryLayer} does it for servers.
 *
 * @remarks
 * Events for `node:diagnostics_channel`: `lamella:websocket.client.start`, `.end`, `.error`.
 *
 * @returns Takes an open WebSocket, and gives the one to use in its place.
 *
 * @example
 * const withTelemetry = webSocketClientTelemetry();
 * async function chat(client: Service<HttpRequest, HttpResponse>): Promise<void> {
 *   const socket = withTelemetry(await connectWebSocket(client, { url: 'ws://chat.example/room' }));
 *   await socket.send('hello');
 *   await socket.close();
 * }
 */
export function webSocketClientTelemetry(
  options: TelemetryOptions = {},
): (socket: WebSocketConnection) => WebSocketConnection {
  const source = new TelemetrySource(options, webSocketInstruments);
  return (socket) => safely(() => traceWebSocket(socket, 'client', source))?.socket ?? socket;
}
