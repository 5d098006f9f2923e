import type { HttpRequest } from '@lamella/http';
import type { WebSocketData } from '../connection/web-socket-connection.ts';

/** A message on its way through a relay. */
export interface RelayedMessage {
  /** `up`: from the client to the server. `down`: the other way. */
  readonly direction: 'up' | 'down';
  /** The message as it came. */
  readonly data: WebSocketData;
  /** The request that asked for the WebSocket, with its extensions. */
  readonly request: HttpRequest;
}

/**
 * What shall become of a message: `pass` it on as it is, `drop` it, pass on other `data` in its place, or end the WebSocket on both
 * sides with a `close` frame.
 */
export type WebSocketInspection =
  | 'pass'
  | 'drop'
  | { readonly data: WebSocketData }
  | { readonly close: { readonly code: number; readonly reason?: string } };

/**
 * Looks at messages one by one, each direction by itself, in order.
 *
 * @remarks
 * While it works on a message, those behind it wait, and so does their sender. What it throws closes both sides with 1011.
 */
export type InspectWebSocket = (message: RelayedMessage) => WebSocketInspection | Promise<WebSocketInspection>;
