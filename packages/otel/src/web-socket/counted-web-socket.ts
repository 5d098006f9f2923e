import type { AbortScope, Extensions, ForkOptions } from '@lamella/service-core';
import type { WebSocketClose, WebSocketConnection, WebSocketData, WebSocketSendOptions } from '@lamella/ws';

/** Messages of a WebSocket so far, and their bytes. */
export class MessageCounts {
  messagesIn = 0;
  messagesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
}

/** The same WebSocket, whose messages are counted. */
export class CountedWebSocket implements WebSocketConnection {
  readonly #socket: WebSocketConnection;
  readonly #counts: MessageCounts;

  constructor(socket: WebSocketConnection, counts: MessageCounts) {
    this.#socket = socket;
    this.#counts = counts;
  }

  get extensions(): Extensions<'connection'> {
    return this.#socket.extensions;
  }

  get scope(): AbortScope {
    return this.#socket.scope;
  }

  get signal(): AbortSignal {
    return this.#socket.signal;
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

  async receive(options?: { readonly signal?: AbortSignal }): Promise<WebSocketData | undefined> {
    const message = await this.#socket.receive(options);
    if (message !== undefined) this.#countIn(message);
    return message;
  }

  send(data: WebSocketData, options?: WebSocketSendOptions): Promise<void> | undefined {
    const sent = this.#socket.send(data, options);
    this.#counts.messagesOut++;
    this.#counts.bytesOut += bytesOf(data);
    return sent;
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
    return new CountedWebSocket(this.#socket.fork(options), this.#counts);
  }

  [Symbol.asyncIterator](): AsyncIterator<WebSocketData> {
    const iterator = this.#socket[Symbol.asyncIterator]();
    const leave = iterator.return?.bind(iterator);
    return {
      next: async () => {
        const result = await iterator.next();
        if (result.done !== true) this.#countIn(result.value);
        return result;
      },
      ...(leave === undefined ? {} : { return: leave }),
    };
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#socket[Symbol.asyncDispose]();
  }

  #countIn(message: WebSocketData): void {
    this.#counts.messagesIn++;
    this.#counts.bytesIn += bytesOf(message);
  }
}

function bytesOf(message: WebSocketData): number {
  return typeof message === 'string' ? Buffer.byteLength(message) : message.length;
}
