import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { WebSocketConnection } from '../connection/web-socket-connection.ts';
import { WebSocketDriver } from '../connection/web-socket-driver.ts';
import type { FullWebSocketOptions, WebSocketOptions } from '../connection/web-socket-options.ts';
import { fullWebSocketOptions } from '../connection/web-socket-options.ts';
import { webSocketSettings } from '../connection/web-socket-settings.ts';
import type { Deflate } from '../framing/deflate.ts';
import { acceptKey } from '../handshake/accept-key.ts';
import type { FullDeflateOptions, WebSocketDeflateOptions } from '../handshake/deflate-negotiation.ts';
import { acceptDeflate, deflateOptionsOf } from '../handshake/deflate-negotiation.ts';
import type { OriginPolicy } from '../handshake/origin-policy.ts';
import { originCheck } from '../handshake/origin-policy.ts';
import { requireSubprotocols } from '../handshake/subprotocols.ts';
import { checkHandshake, refuse } from './check-handshake.ts';

/** Options of {@link webSocketService}: `handler` or `onConnection`, and what may be left out. */
export interface WebSocketServiceOptions extends WebSocketOptions {
  /** Serves each WebSocket. When it is done, the WebSocket is closed with 1000; when it fails, with 1011. */
  readonly handler?: Service<WebSocketConnection, void>;
  /** The same as a function, which also gets the request that asked for the WebSocket. */
  readonly onConnection?: (socket: WebSocketConnection, request: HttpRequest) => Promise<void> | void;
  /** Subprotocols, the one liked best first; the first that the client offers is taken, or none. Default: none. */
  readonly protocols?: readonly string[];
  /** Which web pages may connect. Default `'same-origin'`. */
  readonly origins?: OriginPolicy;
  /** Compression, if the client offers it: options, or true for their defaults. Default false. */
  readonly deflate?: WebSocketDeflateOptions | boolean;
}

/**
 * Serves WebSockets where HTTP requests come in.
 *
 * @remarks
 * Source: RFC 6455 section 4.2. A handshake that is accepted is answered with 101. Others: 400 for a broken one, 403 for a page that
 * may not connect, 405 for another method than GET, 426 for what is no WebSocket handshake, or one of another version than 13.
 *
 * @throws UsageError at construction if an option is out of its range, or there is not exactly one of `handler` and `onConnection`.
 *
 * @example
 * const echo = webSocketService({
 *   async onConnection(socket) {
 *     for await (const message of socket) await socket.send(message);
 *   },
 * });
 */
export function webSocketService(options: WebSocketServiceOptions): Service<HttpRequest, HttpResponse> {
  const { protocols = [], origins = 'same-origin' } = options;
  requireSubprotocols(protocols);
  const isAllowedOrigin = originCheck(origins);
  const settings = webSocketSettings('server', fullWebSocketOptions(options));
  const deflateOptions = deflateOptionsOf(options.deflate);
  const serveSocket = handlerOf(options);

  return {
    async serve(request) {
      const handshake = checkHandshake(request);
      if (handshake instanceof HttpResponse) return handshake;
      if (!isAllowedOrigin(request)) return refuse(403, 'pages of this origin may not connect');
      const headers: [string, string][] = [
        ['Upgrade', 'websocket'],
        ['Connection', 'Upgrade'],
        ['Sec-WebSocket-Accept', acceptKey(handshake.key)],
      ];
      const protocol = protocols.find((name) => handshake.protocols.includes(name)) ?? '';
      if (protocol !== '') headers.push(['Sec-WebSocket-Protocol', protocol]);
      let deflate: Deflate | undefined;
      try {
        const accepted = acceptedOffer(request, deflateOptions, settings);
        deflate = accepted?.deflate;
        if (accepted !== undefined) headers.push(['Sec-WebSocket-Extensions', accepted.value]);
      } catch {
        return refuse(400, 'Sec-WebSocket-Extensions is malformed');
      }
      const upgraded: Service<Connection, void> = {
        serve: (connection) => {
          const socket = new WebSocketDriver(connection, settings, { protocol, deflate });
          return run(
            socket,
            started(() => serveSocket(socket, request)),
          );
        },
      };
      const guard = { [Symbol.dispose]: () => deflate?.close() };
      return HttpResponse.upgrade({ headers }, upgraded, { guard });
    },
  };
}

/** Runs a handler, which may throw as well as reject. Whatever is asked for lives no longer than the handler wants it. */
function started(serve: () => Promise<void> | void): Promise<void> {
  try {
    return Promise.resolve(serve());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Closes a WebSocket when its handler is done. Not `async`: what waits for that takes memory as long as a WebSocket lasts. */
function run(socket: WebSocketConnection, serving: Promise<void>): Promise<void> {
  return serving.then(
    async () => void (await socket.close()),
    (error: unknown) => failed(socket, error),
  );
}

async function failed(socket: WebSocketConnection, error: unknown): Promise<void> {
  const { error: ending } = await socket.close(1011, 'the server failed');
  // What ended the connection has reached the handler by its own call, and is no failure of the handler.
  if (error !== ending && !isEnd(error)) throw error;
}

function isEnd(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'LML_ERR_WEBSOCKET_CLOSED';
}

function acceptedOffer(request: HttpRequest, deflate: FullDeflateOptions | undefined, full: FullWebSocketOptions) {
  const offers = request.headers.get('sec-websocket-extensions');
  if (offers === undefined || deflate === undefined) return undefined;
  return acceptDeflate(offers, deflate, full.limits.maxMessageBytes);
}

function handlerOf({ handler, onConnection }: WebSocketServiceOptions) {
  if (handler !== undefined && onConnection === undefined)
    return (socket: WebSocketConnection) => handler.serve(socket);
  if (handler === undefined && onConnection !== undefined) return onConnection;
  throw new UsageError('give either handler or onConnection');
}
