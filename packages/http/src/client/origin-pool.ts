import type { TrackedResource } from '@lamella/net-core';
import { trackResource } from '@lamella/net-core';
import type { AbortListener, Clock, ErrorFacts, Timer } from '@lamella/service-core';
import { AbortScope, addErrorFacts, ClosedError, LimitError, TimeoutError } from '@lamella/service-core';
import { DeadlineTimer } from '../connection/deadline-timer.ts';
import { HttpConnectionError } from '../errors.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { HttpConnection } from './http-connection.ts';
import type { PoolOptions } from './pool-options.ts';

/** What an {@link OriginPool} asks of the pool around it. */
export interface OriginPoolHost {
  readonly options: PoolOptions;
  readonly clock: Clock;
  /** Whether connections close after each use, since the client is closing. */
  readonly isClosing: boolean;
  /** Whether `pool` may open one more connection; if not, it is told by `openMore` when it may. */
  mayOpen(pool: OriginPool): boolean;
  /** A connection of `pool` has gone, or somebody stopped waiting for one. */
  onLess(pool: OriginPool): void;
}

/** Opens a connection; its scope aborts when nobody waits for it any more. */
export type OpenConnection = (scope: AbortScope) => Promise<HttpConnection>;

/** Sends one request on a connection that has room for it. */
export type SendRequest = (connection: HttpConnection) => Promise<HttpResponse>;

/** The connections to one origin, and who waits for one. First come, first served. */
export class OriginPool {
  /** Name of the origin, for messages. */
  readonly origin: string;
  readonly #open: OpenConnection;
  readonly #host: OriginPoolHost;
  /** The one used last stands last. */
  readonly #connections: Entry[] = [];
  readonly #waiting = new Set<Waiter>();
  readonly #opening = new Set<AbortScope>();
  readonly #idleTimer: DeadlineTimer;
  #holds = 0;

  constructor(origin: string, open: OpenConnection, host: OriginPoolHost) {
    this.origin = origin;
    this.#open = open;
    this.#host = host;
    this.#idleTimer = new DeadlineTimer(
      host.clock,
      () => this.#nextIdleEndMs(),
      () => this.closeExpired(),
    );
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#connections.length + this.#opening.size;
  }

  /** Connections without a request. */
  get idle(): number {
    return this.#connections.filter(({ connection }) => connection.active === 0).length;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether nothing is here, and nobody may come back: the pool can be forgotten. */
  get isDone(): boolean {
    return this.#holds === 0 && this.size === 0 && this.#waiting.size === 0;
  }

  /** Somebody uses the pool, perhaps more than once: it must not be forgotten in between. */
  hold(): void {
    this.#holds++;
  }

  /** Takes one {@link hold} back. */
  release(): void {
    this.#holds--;
    if (this.isDone) this.#host.onLess(this);
  }

  /**
   * Sends a request on a connection that is idle, newly opened, or becomes free.
   *
   * @param scope - Gives up waiting when it aborts; what happens to a request that was sent is not its business here.
   * @param wantsFresh - Whether only a connection will do that has served no request yet.
   * @param send - Called once, when there is a connection with room, which it must take in the same turn.
   */
  serve(scope: AbortScope, wantsFresh: boolean, send: SendRequest): Promise<HttpResponse> {
    if (!wantsFresh && this.#waiting.size === 0) {
      const entry = this.#takeIdle();
      if (entry !== undefined) return this.#use(entry, send);
    }
    const { maxWaitingPerOrigin, maxConnectionsPerOrigin } = this.#host.options;
    const isFull = this.size >= maxConnectionsPerOrigin;
    const queued = this.#waiting.size - this.#opening.size;
    if (isFull && queued >= maxWaitingPerOrigin) return Promise.reject(this.#tooMany(maxWaitingPerOrigin, queued + 1));
    return this.#wait(scope, wantsFresh, send);
  }

  /** Opens connections for those who wait, as far as limits allow. */
  openMore(): void {
    while (this.#waiting.size > this.#opening.size && this.size < this.#host.options.maxConnectionsPerOrigin) {
      if (!this.#host.mayOpen(this)) return;
      this.#openOne();
    }
  }

  /** Closes the connection that has been idle for longest. @returns Whether there was one. */
  closeOldestIdle(): boolean {
    const entry = this.#connections.find(({ connection }) => connection.active === 0);
    if (entry === undefined) return false;
    entry.connection.destroy();
    return true;
  }

  /** When the connection that has been idle for longest was used last; `Infinity` if none is idle. */
  get oldestIdleMs(): number {
    const entry = this.#connections.find(({ connection }) => connection.active === 0);
    return entry?.connection.idleSinceMs ?? Number.POSITIVE_INFINITY;
  }

  /** Closes connections that have been idle for too long. */
  closeExpired(): void {
    const nowMs = this.#host.clock.nowMs();
    for (const entry of [...this.#connections]) {
      if (entry.connection.active === 0 && nowMs >= this.#idleEndMs(entry)) entry.connection.destroy();
    }
    this.#idleTimer.update(nowMs);
  }

  /** Keeps no connection any more: idle ones close now, the others after their requests. */
  close(): void {
    for (const { connection } of [...this.#connections]) void connection.close();
    this.#abortSpareOpenings();
  }

  /** Ends everything now. */
  destroy(reason: unknown): void {
    for (const waiter of [...this.#waiting]) this.#reject(waiter, reason);
    for (const { connection } of [...this.#connections]) connection.destroy(reason);
  }

  #wait(scope: AbortScope, wantsFresh: boolean, send: SendRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const { clock, options } = this.#host;
      const timeoutMs = options.acquireTimeoutMs;
      const onTimeout = (): void => {
        this.#reject(waiter, new TimeoutError({ limit: 'acquireTimeoutMs', timeoutMs, facts: this.#queueFacts() }));
      };
      const timer = clock.startTimer(timeoutMs, onTimeout);
      const waiter: Waiter = { wantsFresh, send, resolve, reject, timer, abort: undefined };
      this.#waiting.add(waiter);
      waiter.abort = scope.onAbort((reason) => this.#reject(waiter, reason));
      if (this.#waiting.has(waiter)) this.openMore();
    });
  }

  #tooMany(maximum: number, observed: number): LimitError {
    return new LimitError({ limit: 'maxWaitingPerOrigin', maximum, observed, facts: this.#queueFacts() });
  }

  #queueFacts(): ErrorFacts {
    return { layer: 'http-pool', phase: 'queue', peer: this.origin, retryable: true };
  }

  #openOne(): void {
    const scope = new AbortScope();
    this.#opening.add(scope);
    this.#open(scope).then(
      (connection) => {
        this.#opening.delete(scope);
        // Not opened anew on the spot: a server that drops everybody would be dialled without end.
        if (connection.state === 'closed') this.#failOpening(scope, deadOnArrival());
        else this.#add(connection);
      },
      (error: unknown) => {
        this.#opening.delete(scope);
        this.#failOpening(scope, error);
      },
    );
  }

  /** Whoever has waited for longest hears that it failed; the others get another try. */
  #failOpening(scope: AbortScope, error: unknown): void {
    const [waiter] = this.#waiting;
    if (waiter !== undefined && !scope.aborted) this.#reject(waiter, addErrorFacts(error, { peer: this.origin }));
    this.openMore();
    this.#host.onLess(this);
  }

  #add(connection: HttpConnection): void {
    const resource = trackResource('pooled-connection', () => `${connection.protocol} to ${this.origin}`);
    const entry: Entry = { connection, resource, openedMs: this.#host.clock.coarseNowMs(), useCount: 0 };
    this.#connections.push(entry);
    connection.onChange(() => this.#onConnectionChange(entry));
    this.#onConnectionChange(entry);
  }

  #onConnectionChange(entry: Entry): void {
    const { connection } = entry;
    if (connection.state !== 'closed') {
      if (this.#host.isClosing && connection.active === 0 && this.#waiting.size === 0) void connection.close();
      else this.#offer(entry);
      return;
    }
    const index = this.#connections.indexOf(entry);
    if (index < 0) return;
    this.#connections.splice(index, 1);
    entry.resource.release();
    if (this.#connections.length === 0) this.#idleTimer.pause();
    this.openMore();
    this.#host.onLess(this);
  }

  /** Gives a connection with room to whoever has waited for longest. */
  #offer(entry: Entry): void {
    while (hasRoom(entry.connection)) {
      const waiter = firstFor(this.#waiting, entry);
      if (waiter === undefined) break;
      this.#settle(waiter);
      waiter.resolve(this.#use(entry, waiter.send));
    }
    if (entry.connection.active === 0) this.#idleTimer.update(this.#host.clock.coarseNowMs());
  }

  #takeIdle(): Entry | undefined {
    const nowMs = this.#host.clock.coarseNowMs();
    for (let index = this.#connections.length - 1; index >= 0; index--) {
      const entry = this.#connections[index];
      if (entry === undefined || !hasRoom(entry.connection)) continue;
      if (entry.connection.active > 0 || nowMs < this.#idleEndMs(entry)) return entry;
      entry.connection.destroy(); // the peer may be closing it right now
    }
    return undefined;
  }

  #use(entry: Entry, send: SendRequest): Promise<HttpResponse> {
    // The one used last moves to the end; the others grow old in front.
    if (this.#connections.at(-1) !== entry) {
      this.#connections.splice(this.#connections.indexOf(entry), 1);
      this.#connections.push(entry);
    }
    entry.useCount++;
    return send(entry.connection);
  }

  #reject(waiter: Waiter, error: unknown): void {
    if (!this.#waiting.has(waiter)) return;
    this.#settle(waiter);
    waiter.reject(error);
    this.#abortSpareOpenings();
    this.#host.onLess(this);
  }

  #settle(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    waiter.timer.cancel();
    waiter.abort?.close();
  }

  /**
   * Gives up connects that nobody waits for any more, since whoever did has given up.
   *
   * @remarks
   * Not called when those who waited have got another connection: under load that happens all the time, and a pool that threw
   * away what it was opening would go on opening for ever.
   */
  #abortSpareOpenings(): void {
    if (this.#waiting.size > 0) return;
    for (const scope of [...this.#opening]) scope.abort(new ClosedError('nobody waits for this connection any more'));
  }

  #idleEndMs({ connection, openedMs }: Entry): number {
    const { idleTimeoutMs, maxConnectionAgeMs } = this.#host.options;
    const peerMs = connection.peerIdleTimeoutMs - PEER_MARGIN_MS;
    const idleEndMs = connection.idleSinceMs + Math.max(0, Math.min(idleTimeoutMs, peerMs));
    return Math.min(idleEndMs, openedMs + maxConnectionAgeMs);
  }

  #nextIdleEndMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#connections) {
      if (entry.connection.active === 0) nextMs = Math.min(nextMs, this.#idleEndMs(entry));
    }
    return nextMs;
  }
}

interface Entry {
  readonly connection: HttpConnection;
  readonly resource: TrackedResource;
  readonly openedMs: number;
  useCount: number;
}

interface Waiter {
  readonly wantsFresh: boolean;
  readonly send: SendRequest;
  readonly resolve: (response: Promise<HttpResponse>) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: Timer;
  abort: AbortListener | undefined;
}

function hasRoom(connection: HttpConnection): boolean {
  return connection.state === 'open' && connection.active < connection.maxConcurrent;
}

function deadOnArrival(): HttpConnectionError {
  return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'the connection ended before it could be used', {
    processed: 'no',
    facts: { layer: 'http-pool', phase: 'connect', retryable: true },
  });
}

/** The one who has waited for longest and may have the connection. */
function firstFor(waiting: ReadonlySet<Waiter>, entry: Entry): Waiter | undefined {
  for (const waiter of waiting) if (!waiter.wantsFresh || entry.useCount === 0) return waiter;
  return undefined;
}

/** A request needs time to reach the peer: a connection that the peer is about to close is not used any more. */
const PEER_MARGIN_MS = 1_000;
