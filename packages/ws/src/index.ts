// Server and client

export type { ConnectWebSocketOptions } from './client/connect-web-socket.ts';
export { connectWebSocket } from './client/connect-web-socket.ts';
export type { WebSocketServiceOptions } from './server/web-socket-service.ts';
export { webSocketService } from './server/web-socket-service.ts';

// Open WebSockets

export { connectionFromWebSocket } from './connection/connection-from-web-socket.ts';
export type { WebSocketClose } from './connection/web-socket-close.ts';
export type { WebSocketConnection, WebSocketData, WebSocketSendOptions } from './connection/web-socket-connection.ts';
export type { WebSocketLimits, WebSocketOptions, WebSocketTimeouts } from './connection/web-socket-options.ts';

// Relays

export type { InspectWebSocket, RelayedMessage, WebSocketInspection } from './relay/web-socket-inspection.ts';
export type { WebSocketJoin, WebSocketRelay, WebSocketRelayOptions } from './relay/web-socket-relay.ts';
export { webSocketRelay } from './relay/web-socket-relay.ts';

// Handshakes

export type { DeflateBudget, DeflateReservation } from './handshake/deflate-budget.ts';
export { deflateBudget } from './handshake/deflate-budget.ts';
export type { WebSocketDeflateOptions } from './handshake/deflate-negotiation.ts';
export type { OriginPolicy } from './handshake/origin-policy.ts';

// Errors

export type {
  WebSocketClosedErrorOptions,
  WebSocketHandshakeErrorCode,
  WebSocketHandshakeErrorOptions,
  WebSocketProtocolErrorCode,
} from './errors.ts';
export { WebSocketClosedError, WebSocketHandshakeError, WebSocketProtocolError } from './errors.ts';
