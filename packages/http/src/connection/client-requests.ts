import type { Clock, Timer } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import type { HttpBody } from '../message/http-body.ts';
import type { Http1ClientProtocol, Http1ClientProtocolOptions } from '../protocol/http1-client-protocol.ts';
import type { ClientExchange } from './client-exchange.ts';
import type { Outbox } from './outbox.ts';
import { wireTarget } from './wire-target.ts';

/** What {@link ClientRequests} goes by. */
export interface ClientRequestTerms extends Pick<Http1ClientProtocolOptions, 'timeouts'> {
  readonly isToProxy: boolean;
  readonly clock: Clock;
}

/** Whose requests {@link ClientRequests} sends. */
export interface ClientRequestsOwner {
  /** A request that took its time has been sent whole. */
  onSent(exchange: ClientExchange): void;
  /** The request under way can't be completed. */
  breakOff(error: unknown): void;
}

/** Sends the requests of a client connection, one at a time. RFC 9112 section 6. */
export class ClientRequests {
  readonly #protocol: Http1ClientProtocol;
  readonly #outbox: Outbox;
  readonly #terms: ClientRequestTerms;
  readonly #owner: ClientRequestsOwner;
  /** The request whose body waits for leave. */
  #waiting: { readonly exchange: ClientExchange; readonly timer: Timer } | undefined;

  constructor(protocol: Http1ClientProtocol, outbox: Outbox, terms: ClientRequestTerms, owner: ClientRequestsOwner) {
    this.#protocol = protocol;
    this.#outbox = outbox;
    this.#terms = terms;
    this.#owner = owner;
  }

  /**
   * Sends the head.
   *
   * @returns Whether the body has to wait for leave.
   * @throws UsageError if it can't be sent.
   */
  sendHead({ request }: ClientExchange, nowMs: number): boolean {
    const { target, authority } = wireTarget(request, this.#terms.isToProxy);
    const { method, headers, body } = request;
    const { allowsLateHead } = request.context;
    return this.#protocol.sendHead(
      { method, target, headers, authority, size: body.sizeOnWire, allowsLateHead },
      nowMs,
    );
  }

  /** Sends the body, right behind the head. What is at hand is sent at once. */
  sendBody(exchange: ClientExchange): void {
    this.#sendBody(exchange, exchange.beganMs);
  }

  /** RFC 9110 section 10.1.1: the body waits for 100 (Continue), but not for ever. */
  awaitContinue(exchange: ClientExchange): void {
    const { clock, timeouts } = this.#terms;
    const timer = clock.startTimer(timeouts.expectContinueTimeoutMs, () => this.sendWaiting());
    this.#waiting = { exchange, timer };
  }

  /** The body that waits, if one does, is sent. */
  sendWaiting(): void {
    const exchange = this.#waiting?.exchange;
    if (exchange === undefined) return;
    this.stopWaiting();
    this.#sendBody(exchange, this.#terms.clock.nowMs());
    this.#outbox.flush();
  }

  /** The body that waits, if one does, is not wanted any more. */
  stopWaiting(): void {
    this.#waiting?.timer.cancel();
    this.#waiting = undefined;
  }

  /** What is left of the request is of no use. */
  abandon({ request }: ClientExchange): void {
    this.#protocol.abandonRequest();
    request.body.cancel(new ClosedError('the response came before the request was sent'));
  }

  /** @param beginMs - Now, on the monotonic clock. */
  #sendBody(exchange: ClientExchange, beginMs: number): void {
    const { body } = exchange.request;
    const nowMs = this.#terms.clock.coarseNowMs();
    const whole = body.takeWhole();
    if (whole !== undefined) {
      const isAscii = typeof whole !== 'string' || whole.length === body.size;
      this.#protocol.sendData(isAscii ? whole : Buffer.from(whole, 'utf8'), nowMs);
      this.#protocol.sendEnd(body.trailers);
      exchange.sentMs = beginMs;
      return;
    }
    this.#outbox.pump(body, exchange).then(
      (isComplete) => isComplete && this.#end(exchange, body),
      (error: unknown) => this.#fail(exchange, error),
    );
  }

  #end(exchange: ClientExchange, body: HttpBody): void {
    if (exchange.isOver || this.#protocol.hasSentRequest) return;
    try {
      this.#protocol.sendEnd(body.trailers);
    } catch (error) {
      this.#owner.breakOff(error); // shorter than its stated size
      return;
    }
    exchange.sentMs = this.#terms.clock.nowMs();
    this.#outbox.release();
    this.#owner.onSent(exchange);
  }

  /** The source of the body failed, or the connection did, which its `closed` tells better. */
  #fail(exchange: ClientExchange, error: unknown): void {
    queueMicrotask(() => {
      if (!exchange.isOver && !this.#protocol.hasSentRequest) this.#owner.breakOff(error);
    });
  }
}
