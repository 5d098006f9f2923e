import type { Clock } from '@lamella/service-core';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { OpenConnection, OriginCounts, OriginPoolHost } from './origin-pool.ts';
import { hasPlace, OriginPool } from './origin-pool.ts';
import type { PoolOptions } from './pool-options.ts';

/** What a client has open to one origin. */
export interface OriginGauge {
  /** Scheme, host and port; and the proxies on the way, if there are any. */
  readonly origin: string;
  /** Connections that are open or being opened. */
  readonly open: number;
  /** Connections with a request. */
  readonly active: number;
  /** Connections without a request. */
  readonly idle: number;
  /** Requests under way on these connections: by HTTP/1.1 one on each at most, by HTTP/2 as many as it has streams. */
  readonly streams: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** What a client has done at one origin. */
export interface OriginCounters {
  /** Scheme, host and port; and the proxies on the way, if there are any. */
  readonly origin: string;
  /** Connects that were started. */
  readonly dials: number;
  /** Connects that came to nothing, those that nobody waited for any more included. */
  readonly failures: number;
  /** Requests that were sent on a connection that had served one before. */
  readonly reuses: number;
}

/** How the connections of one pool come about. */
export interface PoolPlan {
  /** Name of the origin, and of the way there, for people. */
  readonly name: string;
  /** What the way asks of the fields of each request; changes them in place. */
  readonly adaptFields: ((headers: HttpHeaders) => void) | undefined;
  /** Requests that a connection can be expected to take at once before any has been seen. */
  readonly expectedConcurrent: number;
  readonly open: OpenConnection;
}

/** Pools that share one limit of connections, and end together. */
export class PoolGroup implements OriginPoolHost {
  readonly options: PoolOptions;
  readonly clock: Clock;
  readonly #onLess: () => void;
  readonly #pools = new Map<string, OriginPool>();
  /** By the key of the pool, in the order in which they were gone to first. */
  readonly #counts = new Map<string, { readonly origin: string; readonly counts: OriginCounts }>();
  /** Pools that wait until a connection of another one closes. */
  readonly #starved = new Set<OriginPool>();
  #isMakingRoom = false;
  #isClosing = false;

  /** @param onLess - Called when there may be nothing left. */
  constructor(options: PoolOptions, clock: Clock, onLess: () => void) {
    this.options = options;
    this.clock = clock;
    this.#onLess = onLess;
  }

  /** Whether it has no pool, and so nothing that is open or waits. */
  get isEmpty(): boolean {
    return this.#pools.size === 0;
  }

  /** What is open now, by origin. */
  get gauges(): readonly OriginGauge[] {
    return Array.from(this.#pools.values(), ({ origin, size, active, idle, streams, waiting }) => ({
      origin,
      open: size,
      active,
      idle,
      streams,
      waiting,
    }));
  }

  /** What has happened so far, by origin. */
  get counters(): readonly OriginCounters[] {
    return Array.from(this.#counts.values(), ({ origin, counts }) => ({ origin, ...counts }));
  }

  /** The pool of that key. */
  get(key: string): OriginPool | undefined {
    return this.#pools.get(key);
  }

  /** Makes the pool of a key that has none. */
  add(key: string, { name, adaptFields, expectedConcurrent, open }: PoolPlan): OriginPool {
    const counts = this.#countsOf(key, name);
    const pool = new OriginPool({ key, origin: name, counts, adaptFields, expectedConcurrent }, open, this);
    this.#pools.set(key, pool);
    return pool;
  }

  /** Keeps no connection any more: idle ones close now, the others after their requests. */
  close(): void {
    this.#isClosing = true;
    for (const pool of [...this.#pools.values()]) pool.close();
  }

  /** Ends everything now. */
  destroy(reason: unknown): void {
    this.#isClosing = true;
    for (const pool of [...this.#pools.values()]) pool.destroy(reason);
  }

  // ---- OriginPoolHost

  get isClosing(): boolean {
    return this.#isClosing;
  }

  mayOpen(pool: OriginPool): boolean {
    if (!this.#hasRoom()) {
      this.#isMakingRoom = true; // for this pool, before all others that wait
      this.#closeOldestIdle();
      this.#isMakingRoom = false;
    }
    if (this.#hasRoom()) return true;
    this.#starved.add(pool);
    return false;
  }

  onLess(pool: OriginPool): void {
    if (pool.isDone) this.#pools.delete(pool.key);
    this.onIdle();
    this.#onLess();
  }

  onIdle(): void {
    if (this.#isMakingRoom) return;
    for (const next of this.#starved) {
      this.#starved.delete(next);
      next.openMore();
      if (this.#starved.has(next)) break; // it is back: there is no room for the others either
    }
  }

  // ---- pools

  /** They outlive the pool, which goes with its last connection. */
  #countsOf(key: string, origin: string): OriginCounts {
    const counts = this.#counts.get(key)?.counts ?? { dials: 0, failures: 0, reuses: 0 };
    this.#counts.delete(key); // the last one gone to stands at the end
    this.#counts.set(key, { origin, counts });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_KNOWN_ORIGINS && oldest !== undefined) this.#counts.delete(oldest);
    return counts;
  }

  #hasRoom(): boolean {
    const { maxConnections } = this.options;
    if (maxConnections === Number.POSITIVE_INFINITY) return true;
    let open = 0;
    let leavingCount = 0;
    for (const { size, leaving } of this.#pools.values()) {
      open += size;
      leavingCount += leaving;
    }
    return hasPlace(open, leavingCount, maxConnections);
  }

  #closeOldestIdle(): void {
    let oldest: OriginPool | undefined;
    for (const pool of this.#pools.values()) {
      if (pool.oldestIdleMs < (oldest?.oldestIdleMs ?? Number.POSITIVE_INFINITY)) oldest = pool;
    }
    oldest?.closeOldestIdle();
  }
}

const MAX_KNOWN_ORIGINS = 1_000;
