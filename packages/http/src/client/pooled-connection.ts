import type { TrackedResource } from '@lamella/net-core';
import { trackResource } from '@lamella/net-core';
import type { Dial } from '../timings/call-start.ts';
import type { HttpConnection } from './http-connection.ts';
import type { PoolOptions } from './pool-options.ts';

/** A connection in a pool, and what is known of its use there. */
export class PooledConnection {
  readonly connection: HttpConnection;
  readonly dial: Dial;
  /** Requests that were sent on it. */
  useCount = 0;
  /** Whether it stands in the list of those with room. */
  isFree = false;
  readonly #openedMs: number;
  readonly #options: PoolOptions;
  readonly #resource: TrackedResource;

  constructor(connection: HttpConnection, origin: string, dial: Dial, openedMs: number, options: PoolOptions) {
    this.connection = connection;
    this.dial = dial;
    this.#openedMs = openedMs;
    this.#options = options;
    this.#resource = trackResource('pooled-connection', () => `${connection.protocol} to ${origin}`);
  }

  /** Whether no request is under way. */
  get isIdle(): boolean {
    return this.connection.active === 0;
  }

  /** Whether it takes another request now. */
  get hasRoom(): boolean {
    const { connection } = this;
    if (connection.isInDoubt === true) return false;
    return connection.state === 'open' && connection.active < connection.maxConcurrent;
  }

  /** Whether the server has asked to be left alone for now: it takes no request at all, and has not said that it is leaving. */
  get isResting(): boolean {
    return this.connection.state === 'open' && this.connection.maxConcurrent === 0;
  }

  /**
   * Whether it finishes what it has, and takes nothing more, though it could have been shared: who comes now would have found room on
   * it. One for a single request at a time would have kept them waiting anyway.
   */
  get isLeaving(): boolean {
    return this.connection.state === 'closing' && this.connection.maxConcurrent !== 1;
  }

  /** Whether it is to serve no further request. */
  isTooOld(nowMs: number): boolean {
    return nowMs >= this.#openedMs + this.#options.maxConnectionAgeMs;
  }

  /** When it is to close if nothing is sent on it until then. */
  get idleEndMs(): number {
    const { connection } = this;
    const { idleTimeoutMs, maxConnectionAgeMs } = this.#options;
    const peerMs = connection.peerIdleTimeoutMs - PEER_MARGIN_MS;
    const idleEndMs = connection.idleSinceMs + Math.max(0, Math.min(idleTimeoutMs, peerMs));
    return Math.min(idleEndMs, this.#openedMs + maxConnectionAgeMs);
  }

  /** It has gone. */
  release(): void {
    this.#resource.release();
  }
}

/** A request needs time to reach the peer: a connection that the peer is about to close is not used any more. */
const PEER_MARGIN_MS = 1_000;
