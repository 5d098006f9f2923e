import type { Scoped } from '@lamella/service-core';
import type { WebSocketClose } from './web-socket-close.ts';

/** A message: text, or bytes. */
export type WebSocketData = string | Uint8Array;

/** Options of {@link WebSocketConnection.send}. */
export interface WebSocketSendOptions {
  /** Whether to compress, where compression was agreed on and the message is long enough. Default true. */
  readonly compress?: boolean;
}

/**
 * An open WebSocket, of a server or of a client.
 *
 * @remarks
 * Source: RFC 6455. Messages are pulled: while nobody takes them, the peer has to wait, and with it its pings and its close frame.
 * Pings are answered by themselves. What is sent keeps its order.
 *
 * @example
 * // sends everything back
 * const echo = serviceFn(async (socket: WebSocketConnection) => {
 *   for await (const message of socket) await socket.send(message);
 * });
 */
export interface WebSocketConnection
  extends Scoped<WebSocketConnection, 'connection'>,
    AsyncIterable<WebSocketData>,
    AsyncDisposable {
  /** The subprotocol that was agreed on; `''` if none. */
  readonly protocol: string;
  /** Whether permessage-deflate was agreed on. */
  readonly isCompressed: boolean;
  /** `open`: messages may be sent. `closing`: a close frame has come or gone; `send` fails as soon as one has gone. `closed`: over. */
  readonly state: 'open' | 'closing' | 'closed';
  /** Bytes that wait because the peer does not take them, as far as they are known here. */
  readonly bufferedBytes: number;
  /** Resolves when the connection has ended, and says how. Never rejects. */
  readonly closed: Promise<WebSocketClose>;

  /**
   * Takes the next message. One call at a time.
   *
   * @remarks
   * A close frame of the peer is answered when all messages before it have been taken, and whoever took the last one has had a turn of
   * the event loop to answer it; after `closeTimeoutMs` at the latest.
   *
   * @returns The message, or `undefined` when the connection was closed by a close frame.
   * @throws WebSocketProtocolError if the peer broke a rule or a limit, WebSocketClosedError if it left without a close frame, or the
   * reason that the connection was destroyed with. Rejects with `signal.reason` if aborted; no message is lost by that.
   */
  receive(options?: { readonly signal?: AbortSignal }): Promise<WebSocketData | undefined>;

  /**
   * Sends a message. May be called again at once.
   *
   * @param data - Text is sent as UTF-8. Bytes may be sent to others as well, but not be changed any more.
   * @returns `undefined` to go on at once, or a promise to wait for before sending more. It rejects with a WebSocketClosedError if the
   * end of the connection has begun, with a LimitError if `maxBufferedBytes` are waiting; ignoring it is safe.
   */
  send(data: WebSocketData, options?: WebSocketSendOptions): Promise<void> | undefined;

  /**
   * Sends a ping with up to 125 bytes. The peer answers by itself; what matters of the answer is that it comes, see `pongTimeoutMs`.
   *
   * @returns What {@link send} returns.
   * @throws UsageError if there are more bytes.
   */
  ping(payload?: Uint8Array): Promise<void> | undefined;

  /**
   * Closes in good order: what was sent still arrives. Messages that come from now on are thrown away.
   *
   * @param code - 1000 to 1003, 1007 to 1014 or 3000 to 4999. Default 1000.
   * @param reason - At most 123 bytes as UTF-8. Default empty.
   * @returns The same as {@link closed}. After `closeTimeoutMs` the connection is destroyed.
   * @throws UsageError, at once, if the code or the reason may not be sent.
   */
  close(code?: number, reason?: string): Promise<WebSocketClose>;

  /** Ends now, without a close frame; with a reason, the peer sees a reset where the transport has one. */
  destroy(reason?: unknown): void;
}
