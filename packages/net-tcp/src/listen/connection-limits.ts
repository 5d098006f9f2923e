import { UsageError } from '@lamella/service-core';

/** How many connections a listener keeps open. */
export interface ConnectionLimits {
  /** Most open connections, at least 1. Default 65_536. */
  readonly maxConnections?: number;
  /**
   * Most open connections from one IPv4 address or one network of IPv6 (/64), at least 1; those of Unix sockets come from none. Behind a proxy or a
   * balancer all come from that. Default 4_096.
   */
  readonly maxConnectionsPerPeer?: number;
}

/** What a listener has open, and what it has turned away. */
export interface ListenerGauges {
  /** Connections that are open. */
  readonly open: number;
  /** Connections that were closed at once, since a limit was reached. */
  readonly refused: number;
}

/** Counts the open connections of a listener, in all and by peer. */
export class ConnectionCounter {
  readonly #maximum: number;
  readonly #maximumPerPeer: number;
  readonly #byPeer = new Map<string, number>();
  #open = 0;
  #refused = 0;

  constructor(limits: ConnectionLimits) {
    const { maxConnections = 65_536, maxConnectionsPerPeer = 4_096 } = limits;
    if (!(maxConnections >= 1)) throw new UsageError(`maxConnections must be >= 1, got ${maxConnections}`);
    if (!(maxConnectionsPerPeer >= 1)) {
      throw new UsageError(`maxConnectionsPerPeer must be >= 1, got ${maxConnectionsPerPeer}`);
    }
    this.#maximum = maxConnections;
    this.#maximumPerPeer = maxConnectionsPerPeer;
  }

  get gauges(): ListenerGauges {
    return { open: this.#open, refused: this.#refused };
  }

  /**
   * Counts a connection in, or as refused.
   *
   * @param peer - Where it comes from, if it has an address.
   * @param mayEnter - Whether nothing else speaks against it.
   * @returns Whether there was room for it.
   */
  enter(peer: string | undefined, mayEnter: boolean): boolean {
    const ofPeer = this.#of(peer);
    if (!mayEnter || this.#open >= this.#maximum || ofPeer >= this.#maximumPerPeer) {
      this.#refused++;
      return false;
    }
    this.#open++;
    if (peer !== undefined) this.#byPeer.set(peer, ofPeer + 1);
    return true;
  }

  /** Counts a connection out. */
  leave(peer: string | undefined): void {
    this.#open--;
    if (peer === undefined) return;
    const left = this.#of(peer) - 1;
    if (left > 0) this.#byPeer.set(peer, left);
    else this.#byPeer.delete(peer);
  }

  #of(peer: string | undefined): number {
    return peer === undefined ? 0 : (this.#byPeer.get(peer) ?? 0);
  }
}
