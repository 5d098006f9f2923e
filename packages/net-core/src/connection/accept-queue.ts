import type { Connection } from './connection.ts';

/** Connections on their way from a transport to whoever iterates its listener. */
export class AcceptQueue implements AsyncIterable<Connection> {
  readonly #waiting: Connection[] = [];
  readonly #takers: ((result: IteratorResult<Connection>) => void)[] = [];
  #isClosed = false;

  /** Connections that nobody has taken. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Hands a connection over; after the close it is destroyed. */
  push(connection: Connection): void {
    if (this.#isClosed) {
      connection.stream.destroy();
      return;
    }
    const take = this.#takers.shift();
    if (take === undefined) this.#waiting.push(connection);
    else take({ value: connection, done: false });
  }

  /** Ends every iteration, and destroys what nobody has taken. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#waiting.splice(0)) connection.stream.destroy();
    for (const take of this.#takers.splice(0)) take({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<Connection> {
    return {
      next: () => {
        const connection = this.#waiting.shift();
        if (connection !== undefined) return Promise.resolve({ value: connection, done: false });
        if (this.#isClosed) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => this.#takers.push(resolve));
      },
    };
  }
}
