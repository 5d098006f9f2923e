import type { Connection } from '@lamella/net-core';
import { byteStreamFromWebStreams, createConnection } from '@lamella/net-core';
import { ClosedError } from '@lamella/service-core';
import type { WebSocketConnection } from './web-socket-connection.ts';

/**
 * Makes a connection of a WebSocket, so that any protocol runs through it: HTTP/2, gRPC, ttRPC, or one of your own.
 *
 * @remarks
 * Bytes go as binary messages of up to 64 KiB; where one ends means nothing. An empty message ends a direction, since a WebSocket can't end one by
 * itself; a close frame ends both. Text breaks the connection off (1003). The connection owns the WebSocket, and has its store and its scope.
 *
 * @example
 * const echo = serviceFn(async ({ stream }: Connection) => {
 *   for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
 * });
 * const service = webSocketService({ onConnection: (socket) => echo.serve(connectionFromWebSocket(socket)) });
 */
export function connectionFromWebSocket(socket: WebSocketConnection): Connection {
  let openDirections = 2;
  const endOne = (): void => {
    openDirections--;
    if (openDirections === 0) void socket.close();
  };
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const message = await socket.receive();
        if (typeof message === 'string') throw refuseText(socket);
        if (message !== undefined && message.length > 0) {
          controller.enqueue(message);
          return;
        }
        controller.close();
        endOne();
      },
      cancel: (reason) => leave(socket, reason),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      void socket.closed.then(({ error }) => controller.error(error ?? new ClosedError('the WebSocket is closed')));
    },
    async write(chunk) {
      for (let at = 0; at < chunk.length; at += MAX_BYTES) await socket.send(chunk.subarray(at, at + MAX_BYTES));
    },
    async close() {
      await socket.send(new Uint8Array(0));
      endOne();
    },
    abort: (reason) => leave(socket, reason ?? new ClosedError('aborted')),
  });
  const { extensions, scope } = socket;
  return createConnection(byteStreamFromWebStreams({ readable, writable }), { extensions, scope });
}

function leave(socket: WebSocketConnection, reason: unknown): void {
  if (reason === undefined) void socket.close();
  else socket.destroy(reason);
}

function refuseText(socket: WebSocketConnection): ClosedError {
  void socket.close(1003, 'bytes only');
  return new ClosedError('text came where there are bytes');
}

const MAX_BYTES = 65_536;
