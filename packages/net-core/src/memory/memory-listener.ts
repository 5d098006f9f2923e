import type { Address } from '../address/address.ts';
import { formatAddress } from '../address/address.ts';
import { AcceptQueue } from '../connection/accept-queue.ts';
import type { Connection } from '../connection/connection.ts';
import type { Listener } from '../connection/listener.ts';
import type { TrackedResource } from '../ledger/ledger.ts';
import { trackResource } from '../ledger/ledger.ts';

/** Accepts connections of a network in memory. */
export class MemoryListener implements Listener {
  readonly address: Address;
  readonly #queue = new AcceptQueue();
  readonly #onClose: () => void;
  readonly #resource: TrackedResource;
  #isClosed = false;

  constructor(address: Address, onClose: () => void) {
    this.address = address;
    this.#onClose = onClose;
    this.#resource = trackResource('listener', () => `${formatAddress(address)} (memory)`);
  }

  /** Whether one more connection may wait; beyond that a connect is refused, as by a kernel with a full backlog. */
  get hasRoom(): boolean {
    return this.#queue.size < BACKLOG;
  }

  /** Takes a new connection. */
  accept(connection: Connection): void {
    this.#queue.push(connection);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    this.#queue.close();
    this.#resource.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<Connection> {
    return this.#queue[Symbol.asyncIterator]();
  }
}

const BACKLOG = 511;
