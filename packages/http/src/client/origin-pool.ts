import type { TrackedResource } from '@lamella/net-core';
import { ConnectTimings, trackResource } from '@lamella/net-core';
import type { AbortListener, Clock, ErrorFacts, Timer } from '@lamella/service-core';
import { AbortScope, addErrorFacts, ClosedError, LimitError, TimeoutError } from '@lamella/service-core';
import { DeadlineTimer } from '../connection/deadline-timer.ts';
import { HttpConnectionError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { Dial } from '../timings/call-start.ts';
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
  /** A connection has become idle: another pool may have its place. */
  onIdle(): void;
}

/** What has happened with connections to one origin since the client first went there. */
export interface OriginCounts {
  /** Connects that were started. */
  dials: number;
  /** Connects that came to nothing, those that nobody waited for any more included. */
  failures: number;
  /** Requests that were sent on a connection that had served one before. */
  reuses: number;
}

/** Which pool it is. */
export interface OriginPoolIdentity {
  /** Tells it from others; may hold credentials, and is never shown. */
  readonly key: string;
  /** Name of the origin, and of the way there, for people. */
  readonly origin: string;
  /** What has happened so far; shared with the pools to this origin before and after this one. */
  readonly counts: OriginCounts;
  /** What the way asks of the fields of each request; changes them in place. */
  readonly adaptFields: ((headers: HttpHeaders) => void) | undefined;
  /** Requests that a connection can be expected to take at once before any has been seen; `Infinity` if it may be many. Default 1. */
  readonly expectedConcurrent?: number;
}

/** Opens a connection; its scope aborts when nobody waits for it any more. `expectedConcurrent`: what earlier ones have taken at once. */
export type OpenConnection = (scope: AbortScope, expectedConcurrent: number) => Promise<HttpConnection>;

/** Sends one request on a connection that has room for it; with the connect, if it is the first one there. */
export type SendRequest = (connection: HttpConnection, dial: Dial | undefined) => Promise<HttpResponse>;

/** The connections to one origin, and who waits for one. First come, first served. */
export class OriginPool implements OriginPoolIdentity {
  readonly key: string;
  readonly origin: string;
  readonly counts: OriginCounts;
  readonly adaptFields: ((headers: HttpHeaders) => void) | undefined;
  readonly #open: OpenConnection;
  readonly #host: OriginPoolHost;
  readonly #connections = new Set<Entry>();
  /** Those with room, the one used last at the end; the others are not looked at when a request comes. */
  readonly #free: Entry[] = [];
  readonly #waiting = new Set<Waiter>();
  readonly #opening = new Set<AbortScope>();
  readonly #idleTimer: DeadlineTimer;
  /** When the next idle connection may be too old; it never is before that. */
  #nextIdleEndMs = Number.POSITIVE_INFINITY;
  #holds = 0;
  /** Requests that a connection takes at once, as far as is known. */
  #expectedConcurrent: number;

  constructor(identity: OriginPoolIdentity, open: OpenConnection, host: OriginPoolHost) {
    this.key = identity.key;
    this.origin = identity.origin;
    this.counts = identity.counts;
    this.adaptFields = identity.adaptFields;
    this.#expectedConcurrent = identity.expectedConcurrent ?? 1;
    this.#open = open;
    this.#host = host;
    this.#idleTimer = new DeadlineTimer(
      host.clock,
      () => this.#nextIdleEndMs,
      () => this.closeExpired(),
    );
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#connections.size + this.#opening.size;
  }

  /** Connections without a request. */
  get idle(): number {
    return this.#free.filter(isIdle).length;
  }

  /** Connections with a request. */
  get active(): number {
    let active = 0;
    for (const { connection } of this.#connections) if (connection.active > 0) active++;
    return active;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Now, on the monotonic clock. */
  get nowMs(): number {
    return this.#host.clock.nowMs();
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
    // Whoever waits while a connection is free wants a fresh one.
    if (!wantsFresh) {
      const entry = this.#takeFree();
      if (entry !== undefined) return this.#use(entry, send);
    }
    const { maxWaitingPerOrigin } = this.#host.options;
    const queued = this.#waiting.size - this.#placesOpening;
    if (queued >= maxWaitingPerOrigin && !this.#mayOpen()) {
      return Promise.reject(this.#tooMany(maxWaitingPerOrigin, queued + 1));
    }
    return this.#wait(scope, wantsFresh, send);
  }

  /** Opens connections for those who wait, as far as limits allow. */
  openMore(): void {
    while (this.#waiting.size > this.#placesOpening && this.#mayOpen()) this.#openOne();
  }

  /** Closes the connection that has been idle for longest, if there is one. */
  closeOldestIdle(): void {
    this.#free.find(isIdle)?.connection.destroy();
  }

  /** When the connection that has been idle for longest was used last; `Infinity` if none is idle. */
  get oldestIdleMs(): number {
    const entry = this.#free.find(isIdle);
    return entry?.connection.idleSinceMs ?? Number.POSITIVE_INFINITY;
  }

  /** Closes connections that have been idle for too long. */
  closeExpired(): void {
    const nowMs = this.#host.clock.nowMs();
    this.#nextIdleEndMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#free.filter(isIdle)) {
      const endMs = this.#idleEndMs(entry);
      if (nowMs >= endMs) entry.connection.destroy();
      else this.#nextIdleEndMs = Math.min(this.#nextIdleEndMs, endMs);
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
    this.#abortSpareOpenings();
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

  /** Places for requests on what is being opened. */
  get #placesOpening(): number {
    return this.#opening.size === 0 ? 0 : this.#opening.size * this.#expectedConcurrent;
  }

  /** Closing an idle connection makes room: whoever waits beside it wants a fresh one. */
  #mayOpen(): boolean {
    const { maxConnectionsPerOrigin } = this.#host.options;
    if (this.size >= maxConnectionsPerOrigin) this.closeOldestIdle();
    // Asked again: whoever was told of the room may have taken it.
    return this.size < maxConnectionsPerOrigin && this.#host.mayOpen(this);
  }

  #openOne(): void {
    const scope = new AbortScope();
    this.#opening.add(scope);
    this.counts.dials++;
    const startMs = this.#host.clock.nowMs();
    this.#open(scope, this.#expectedConcurrent).then(
      (connection) => {
        this.#opening.delete(scope);
        if (connection.state === 'open') {
          this.#add(connection, startMs);
          return;
        }
        // Not opened anew on the spot: a server that drops everybody, or is leaving, would be dialled without end.
        connection.destroy();
        this.#failOpening(scope, deadOnArrival());
      },
      (error: unknown) => {
        this.#opening.delete(scope);
        this.#failOpening(scope, error);
      },
    );
  }

  /** Those who have waited for longest, as many as it was for, hear that it failed; the others get another try. */
  #failOpening(scope: AbortScope, error: unknown): void {
    this.counts.failures++;
    const told = scope.aborted ? 0 : this.#expectedConcurrent;
    for (const waiter of [...this.#waiting].slice(0, told)) {
      this.#reject(waiter, addErrorFacts(error, { peer: this.origin }));
    }
    this.openMore();
    this.#host.onLess(this);
  }

  #add(connection: HttpConnection, startMs: number): void {
    const resource = trackResource('pooled-connection', () => `${connection.protocol} to ${this.origin}`);
    const openedMs = this.#host.clock.coarseNowMs();
    const durations = connection.extensions.get(ConnectTimings);
    const dial: Dial = { startMs, endMs: this.#host.clock.nowMs(), durations };
    const entry: Entry = { connection, resource, openedMs, dial, useCount: 0, isFree: false };
    this.#connections.add(entry);
    connection.onChange(() => this.#onConnectionChange(entry));
    this.#onConnectionChange(entry);
    this.openMore(); // for those who have waited for this one, if it has no room for them
  }

  #onConnectionChange(entry: Entry): void {
    const { connection } = entry;
    if (connection.state !== 'closed') {
      this.#expectedConcurrent = Math.max(1, connection.maxConcurrent);
      const isLast = this.#host.isClosing && this.#waiting.size === 0;
      if (isIdle(entry) && (isLast || this.#isTooOld(entry))) void connection.close();
      else this.#offer(entry);
      return;
    }
    if (!this.#connections.delete(entry)) return;
    if (entry.isFree) this.#free.splice(this.#free.indexOf(entry), 1);
    entry.resource.release();
    if (this.#connections.size === 0) this.#stopIdleTimer();
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
    if (hasRoom(entry.connection)) this.#setFree(entry);
  }

  /** The next request may have it, before those that have been free for longer: they grow old, and are closed. */
  #setFree(entry: Entry): void {
    if (!entry.isFree) {
      entry.isFree = true;
      this.#free.push(entry);
    }
    if (!isIdle(entry)) return;
    const endMs = this.#idleEndMs(entry);
    if (endMs < this.#nextIdleEndMs) {
      this.#nextIdleEndMs = endMs;
      this.#idleTimer.update(this.#host.clock.coarseNowMs());
    }
    this.openMore(); // for those who want a fresh one
    this.#host.onIdle();
  }

  /** @returns A connection with room, which is not in the list any more. */
  #takeFree(): Entry | undefined {
    const nowMs = this.#host.clock.coarseNowMs();
    for (let entry = this.#free.pop(); entry !== undefined; entry = this.#free.pop()) {
      entry.isFree = false;
      if (!hasRoom(entry.connection)) continue;
      if (isIdle(entry)) {
        if (nowMs < this.#idleEndMs(entry)) return entry;
        entry.connection.destroy(); // the peer may be closing it right now
      } else {
        if (!this.#isTooOld(entry)) return entry;
        void entry.connection.close(); // when its last request is done
      }
    }
    return undefined;
  }

  #use(entry: Entry, send: SendRequest): Promise<HttpResponse> {
    const isFirst = entry.useCount++ === 0;
    if (!isFirst) this.counts.reuses++;
    const response = send(entry.connection, isFirst ? entry.dial : undefined);
    if (hasRoom(entry.connection)) this.#setFree(entry); // a connection for several requests at a time
    return response;
  }

  #stopIdleTimer(): void {
    this.#nextIdleEndMs = Number.POSITIVE_INFINITY;
    this.#idleTimer.pause();
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

  #isTooOld({ openedMs }: Entry): boolean {
    return this.#host.clock.coarseNowMs() >= openedMs + this.#host.options.maxConnectionAgeMs;
  }

  #idleEndMs({ connection, openedMs }: Entry): number {
    const { idleTimeoutMs, maxConnectionAgeMs } = this.#host.options;
    const peerMs = connection.peerIdleTimeoutMs - PEER_MARGIN_MS;
    const idleEndMs = connection.idleSinceMs + Math.max(0, Math.min(idleTimeoutMs, peerMs));
    return Math.min(idleEndMs, openedMs + maxConnectionAgeMs);
  }
}

interface Entry {
  readonly connection: HttpConnection;
  readonly resource: TrackedResource;
  readonly openedMs: number;
  readonly dial: Dial;
  useCount: number;
  /** Whether it stands in the list of those with room. */
  isFree: boolean;
}

interface Waiter {
  readonly wantsFresh: boolean;
  readonly send: SendRequest;
  readonly resolve: (response: Promise<HttpResponse>) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: Timer;
  abort: AbortListener | undefined;
}

function isIdle({ connection }: Entry): boolean {
  return connection.active === 0;
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
