import type { Datagram } from './udp-socket.ts';

/** Datagrams on their way from a socket to whoever iterates it; takes no more than `maxQueued`. */
export class DatagramQueue implements AsyncIterable<Datagram> {
  readonly #maxQueued: number;
  readonly #waiting: Datagram[] = [];
  readonly #takers: ((result: IteratorResult<Datagram>) => void)[] = [];
  #isClosed = false;

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  /** Datagrams that nobody has taken. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Hands a datagram over. @returns Whether there was room. */
  push(datagram: Datagram): boolean {
    if (this.#isClosed) return false;
    const take = this.#takers.shift();
    if (take !== undefined) {
      take({ value: datagram, done: false });
      return true;
    }
    if (this.#waiting.length >= this.#maxQueued) return false;
    this.#waiting.push(datagram);
    return true;
  }

  /** Ends every iteration, and drops what nobody has taken. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    for (const take of this.#takers.splice(0)) take({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<Datagram> {
    return {
      next: () => {
        const datagram = this.#waiting.shift();
        if (datagram !== undefined) return Promise.resolve({ value: datagram, done: false });
        if (this.#isClosed) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => this.#takers.push(resolve));
      },
    };
  }
}
