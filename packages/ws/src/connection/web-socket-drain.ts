import type { Drainable } from '@lamella/service-core';

/** What a {@link WebSocketDrain} ends. */
export interface DrainedWebSocket {
  readonly closed: Promise<unknown>;
  startDrain(): void;
  destroy(reason: unknown): void;
}

/** The part of a WebSocket in draining, whose `protocol` is not that of the WebSocket. */
export class WebSocketDrain implements Drainable {
  readonly protocol = 'websocket';
  readonly #socket: DrainedWebSocket;

  constructor(socket: DrainedWebSocket) {
    this.#socket = socket;
  }

  /** Asked for only when draining begins. */
  get drained(): Promise<void> {
    return this.#socket.closed.then(() => {});
  }

  startDrain(): void {
    this.#socket.startDrain();
  }

  destroy(reason: unknown): void {
    this.#socket.destroy(reason);
  }
}
