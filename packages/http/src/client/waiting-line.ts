import type { AbortListener, AbortScope, Clock, ErrorFacts, Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { HttpResponse } from '../message/http-response.ts';
import type { Dial } from '../timings/call-start.ts';
import type { HttpConnection } from './http-connection.ts';

/** Sends one request on a connection that has room for it; with the connect, if it is the first one there. */
export type SendRequest = (connection: HttpConnection, dial: Dial | undefined) => Promise<HttpResponse>;

/** A request that waits for a connection. */
export interface Waiter {
  /** Whether only a connection will do that has served no request yet. */
  readonly wantsFresh: boolean;
  readonly send: SendRequest;
  readonly resolve: (response: Promise<HttpResponse>) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: Timer;
  abort: AbortListener | undefined;
}

/** What a {@link WaitingLine} asks of the pool around it. */
export interface WaitingLineOptions {
  readonly clock: Clock;
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  /** What is known of the wait, for errors. */
  readonly facts: () => ErrorFacts;
  /** Somebody has given up, or was told that there will be no connection. */
  readonly onLess: () => void;
}

/** The requests that wait for a connection to one origin, who has waited for longest first. */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #waiters = new Set<Waiter>();

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Waits until {@link takeFirst} gives the request to somebody who sends it, for as long as `scope` and the time allow. */
  join(scope: AbortScope, wantsFresh: boolean, send: SendRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const { clock, timeoutMs, facts } = this.#options;
      const onTimeout = (): void => {
        this.#reject(waiter, new TimeoutError({ limit: 'acquireTimeoutMs', timeoutMs, facts: facts() }));
      };
      const timer = clock.startTimer(timeoutMs, onTimeout);
      const waiter: Waiter = { wantsFresh, send, resolve, reject, timer, abort: undefined };
      this.#waiters.add(waiter);
      waiter.abort = scope.onAbort((reason) => this.#reject(waiter, reason));
    });
  }

  /** Takes out who has waited for longest, of those who may have a connection that is fresh, or is not. */
  takeFirst(isFresh: boolean): Waiter | undefined {
    for (const waiter of this.#waiters) {
      if (waiter.wantsFresh && !isFresh) continue;
      this.#leave(waiter);
      return waiter;
    }
    return undefined;
  }

  /** Tells those who have waited for longest that there will be no connection. @param count - How many; `Infinity`: all. */
  reject(count: number, error: unknown): void {
    for (const waiter of [...this.#waiters].slice(0, count)) this.#reject(waiter, error);
  }

  #reject(waiter: Waiter, error: unknown): void {
    if (!this.#waiters.has(waiter)) return;
    this.#leave(waiter);
    waiter.reject(error);
    this.#options.onLess();
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.timer.cancel();
    waiter.abort?.close();
  }
}
