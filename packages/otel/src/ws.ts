export { WebSocketContext } from './web-socket/traced-web-socket.ts';
export { webSocketClientTelemetry, webSocketTelemetryLayer } from './web-socket/web-socket-telemetry-layer.ts';
