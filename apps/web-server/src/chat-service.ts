import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Lifecycle, Service } from '@lamella/service-core';
import type { WebSocketConnection } from '@lamella/ws';
import { webSocketService } from '@lamella/ws';

/** A room: what one says, all hear, the one who said it too. */
export function chatService(lifecycle: Lifecycle): Service<HttpRequest, HttpResponse> {
  const present = new Set<WebSocketConnection>();

  /** Who does not read has had a full buffer, and is gone by itself; that is no matter of the one who talks. */
  const tell = async (socket: WebSocketConnection, text: string): Promise<void> => {
    try {
      await socket.send(text);
    } catch {
      present.delete(socket);
    }
  };

  return webSocketService({
    lifecycle,
    limits: { maxMessageBytes: 1_000 },
    async onConnection(socket) {
      present.add(socket);
      try {
        for await (const message of socket) {
          if (typeof message !== 'string') void socket.close(1003, 'text only');
          else for (const other of present) void tell(other, message);
        }
      } finally {
        present.delete(socket);
      }
    },
  });
}
