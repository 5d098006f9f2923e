import type { AbortScope, Extensions, ForkOptions } from '@lamella/service-core';
import { forkedScope } from '@lamella/service-core';
import type { WebSocketClose } from './web-socket-close.ts';
import type { WebSocketConnection, WebSocketData, WebSocketSendOptions } from './web-socket-connection.ts';

/** The same WebSocket with another scope or store. */
export class ForkedWebSocket implements WebSocketConnection {
  readonly extensions: Extensions<'connection'>;
  readonly scope: AbortScope;
  readonly #socket: WebSocketConnection;

  constructor(socket: WebSocketConnection, options: ForkOptions<'connection'>) {
    this.#socket = socket;
    this.extensions = options.extensions ?? socket.extensions;
    this.scope = forkedScope(socket.scope, options);
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get isCompressed(): boolean {
    return this.#socket.isCompressed;
  }

  get state(): WebSocketConnection['state'] {
    return this.#socket.state;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  get closed(): Promise<WebSocketClose> {
    return this.#socket.closed;
  }

  receive(options?: { readonly signal?: AbortSignal }): Promise<WebSocketData | undefined> {
    return this.#socket.receive(options);
  }

  send(data: WebSocketData, options?: WebSocketSendOptions): Promise<void> | undefined {
    return this.#socket.send(data, options);
  }

  ping(payload?: Uint8Array): Promise<void> | undefined {
    return this.#socket.ping(payload);
  }

  close(code?: number, reason?: string): Promise<WebSocketClose> {
    return this.#socket.close(code, reason);
  }

  destroy(reason?: unknown): void {
    this.#socket.destroy(reason);
  }

  fork(options: ForkOptions<'connection'>): WebSocketConnection {
    return new ForkedWebSocket(this, options);
  }

  [Symbol.asyncIterator](): AsyncIterator<WebSocketData> {
    return this.#socket[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
