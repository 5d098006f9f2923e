import { ConnectTimings } from '@lamella/net-core';
import type { Clock, ErrorFacts } from '@lamella/service-core';
import { AbortScope, addErrorFacts, ClosedError, LimitError, ProtocolError } from '@lamella/service-core';
import { HttpConnectionError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { Dial } from '../timings/call-start.ts';
import { FreeConnections } from './free-connections.ts';
import type { HttpConnection } from './http-connection.ts';
import { outsideOfCalls } from './outside-of-calls.ts';
import type { PoolOptions } from './pool-options.ts';
import { PooledConnection } from './pooled-connection.ts';
import type { SendRequest } from './waiting-line.ts';
import { WaitingLine } from './waiting-line.ts';

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

/** The connections to one origin, and who waits for one. First come, first served. */
export class OriginPool implements OriginPoolIdentity {
  readonly key: string;
  readonly origin: string;
  readonly counts: OriginCounts;
  readonly adaptFields: ((headers: HttpHeaders) => void) | undefined;
  readonly #open: OpenConnection;
  readonly #host: OriginPoolHost;
  readonly #connections = new Set<PooledConnection>();
  readonly #free: FreeConnections;
  /** Those that finish what they have, and don't count any more. */
  readonly #leaving = new Set<PooledConnection>();
  readonly #waiting: WaitingLine;
  readonly #opening = new Set<AbortScope>();
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
    this.#waiting = new WaitingLine({
      clock: host.clock,
      timeoutMs: host.options.acquireTimeoutMs,
      facts: () => this.#queueFacts(),
      onLess: () => this.#onFewerWaiting(),
    });
    this.#free = new FreeConnections(host.clock);
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#connections.size + this.#opening.size;
  }

  /** Of these, those that finish what they have while others may take their place. */
  get leaving(): number {
    return this.#leaving.size;
  }

  /** Connections without a request. */
  get idle(): number {
    return this.#free.idle.length;
  }

  /** Connections with a request. */
  get active(): number {
    let active = 0;
    for (const { connection } of this.#connections) if (connection.active > 0) active++;
    return active;
  }

  /** Requests that are under way. */
  get streams(): number {
    let streams = 0;
    for (const { connection } of this.#connections) streams += connection.active;
    return streams;
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
      const entry = this.#free.take();
      if (entry !== undefined) return this.#use(entry, send);
    }
    const { maxWaitingPerOrigin } = this.#host.options;
    const queued = this.#waiting.size - this.#placesOpening;
    if (queued >= maxWaitingPerOrigin && !this.#mayOpen()) {
      return Promise.reject(this.#tooMany(maxWaitingPerOrigin, queued + 1));
    }
    const response = this.#waiting.join(scope, wantsFresh, send);
    this.openMore();
    return response;
  }

  /** Opens connections for those who wait, as far as limits allow. */
  openMore(): void {
    // The connection belongs to the pool, and to nobody who waits for it.
    while (this.#waiting.size > this.#placesOpening && this.#mayOpen()) outsideOfCalls(() => this.#openOne());
  }

  /** Closes the connection that has been idle for longest, if there is one. */
  closeOldestIdle(): void {
    this.#free.oldestIdle?.connection.destroy();
  }

  /** When the connection that has been idle for longest was used last; `Infinity` if none is idle. */
  get oldestIdleMs(): number {
    return this.#free.oldestIdle?.connection.idleSinceMs ?? Number.POSITIVE_INFINITY;
  }

  /** Keeps no connection any more: idle ones close now, the others after their requests. */
  close(): void {
    for (const { connection } of [...this.#connections]) void connection.close();
    this.#abortSpareOpenings();
  }

  /** Ends everything now. */
  destroy(reason: unknown): void {
    this.#waiting.reject(Number.POSITIVE_INFINITY, reason);
    for (const { connection } of [...this.#connections]) connection.destroy(reason);
    this.#abortSpareOpenings();
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

  /**
   * Closing an idle connection makes room: whoever waits beside it wants a fresh one. Where a server has asked to be left alone, one
   * more connection would be asked for the same, and the next one, too.
   */
  #mayOpen(): boolean {
    if (this.#free.hasResting) return false;
    if (!this.#hasPlace) this.closeOldestIdle();
    // Asked again: whoever was told of the room may have taken it.
    return this.#hasPlace && this.#host.mayOpen(this);
  }

  get #hasPlace(): boolean {
    return hasPlace(this.size, this.#leaving.size, this.#host.options.maxConnectionsPerOrigin);
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
        const { failure } = connection;
        connection.destroy();
        this.#failOpening(scope, failure instanceof ProtocolError ? badGreeting(failure) : deadOnArrival(failure));
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
    this.#waiting.reject(told, addErrorFacts(error, { peer: this.origin }));
    this.openMore();
    this.#host.onLess(this);
  }

  #add(connection: HttpConnection, startMs: number): void {
    const { clock, options } = this.#host;
    const durations = connection.extensions.get(ConnectTimings);
    const dial: Dial = { startMs, endMs: clock.nowMs(), durations };
    const entry = new PooledConnection(connection, this.origin, dial, clock.coarseNowMs(), options);
    this.#connections.add(entry);
    connection.onChange(() => this.#onConnectionChange(entry));
    this.#onConnectionChange(entry);
    this.openMore(); // for those who have waited for this one, if it has no room for them
  }

  #onConnectionChange(entry: PooledConnection): void {
    const { connection } = entry;
    if (connection.state === 'closed') {
      this.#remove(entry);
      return;
    }
    if (connection.maxConcurrent > 0) this.#expectedConcurrent = connection.maxConcurrent;
    const hasRested = this.#free.noteRest(entry);
    const hasMoved = this.#noteLeave(entry) || hasRested;
    const isLast = this.#host.isClosing && this.#waiting.size === 0;
    if (entry.isIdle && (isLast || entry.isTooOld(this.#host.clock.coarseNowMs()))) void connection.close();
    else this.#offer(entry);
    if (!hasMoved) return;
    this.openMore(); // for those whom it leaves without room
    this.#host.onLess(this);
  }

  /** @returns Whether it has begun to leave just now. */
  #noteLeave(entry: PooledConnection): boolean {
    if (!entry.isLeaving || this.#leaving.has(entry)) return false;
    this.#leaving.add(entry);
    return true;
  }

  #remove(entry: PooledConnection): void {
    if (!this.#connections.delete(entry)) return;
    this.#free.remove(entry);
    this.#leaving.delete(entry);
    entry.release();
    if (this.#connections.size === 0) this.#free.stop();
    this.openMore();
    this.#host.onLess(this);
  }

  /** Gives a connection with room to whoever has waited for longest. */
  #offer(entry: PooledConnection): void {
    while (entry.hasRoom) {
      const waiter = this.#waiting.takeFirst(entry.useCount === 0);
      if (waiter === undefined) break;
      waiter.resolve(this.#use(entry, waiter.send));
    }
    if (entry.hasRoom) this.#setFree(entry);
  }

  #setFree(entry: PooledConnection): void {
    this.#free.put(entry);
    if (!entry.isIdle) return;
    this.openMore(); // for those who want a fresh one
    this.#host.onIdle();
  }

  #use(entry: PooledConnection, send: SendRequest): Promise<HttpResponse> {
    const isFirst = entry.useCount++ === 0;
    if (!isFirst) this.counts.reuses++;
    const response = send(entry.connection, isFirst ? entry.dial : undefined);
    if (entry.hasRoom) this.#setFree(entry); // a connection for several requests at a time
    return response;
  }

  #onFewerWaiting(): void {
    this.#abortSpareOpenings();
    this.#host.onLess(this);
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
}

/**
 * Whether one more connection may be opened. Those that are leaving don't count, else who comes would wait for the longest of their
 * requests; as many as `maximum` of them at most, so that there are never more than twice as many connections.
 */
export function hasPlace(size: number, leaving: number, maximum: number): boolean {
  return size - Math.min(leaving, maximum) < maximum;
}

/** The server has spoken first, and broken a rule: the next connection would begin in the same way. */
function badGreeting(failure: ProtocolError): ProtocolError {
  return addErrorFacts(failure, { layer: 'http-pool', phase: 'connect', retryable: false });
}

/** @param cause - What is known of it. */
function deadOnArrival(cause: unknown): HttpConnectionError {
  return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'the connection ended before it could be used', {
    processed: 'no',
    facts: { layer: 'http-pool', phase: 'connect', retryable: true },
    ...(cause === undefined ? {} : { cause }),
  });
}
