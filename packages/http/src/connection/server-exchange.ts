import type { RequestHead } from '../codec/request-head-decoder.ts';
import { HttpBody } from '../message/http-body.ts';
import type { InformationalResponse } from '../message/http-request.ts';
import { HttpRequest } from '../message/http-request.ts';
import type { AbortCause, RequestContext } from '../message/request-context.ts';
import type { IncomingBody } from './incoming-body.ts';

/** One request on a server connection, from its head to the end of its response. */
export class ServerExchange {
  readonly head: RequestHead;
  /** The request body, if there is one. */
  readonly body: IncomingBody | undefined;
  readonly #context: RequestContext;
  #state: 'decoded' | 'served' | 'over' = 'decoded';
  #abandonedWith: AbortCause | undefined;
  /** The response body that is being sent, to be cancelled if the peer goes. */
  outgoing: HttpBody | undefined;
  /** Whether the response is an event stream, which may end at any event. */
  isEventStream = false;

  constructor(head: RequestHead, body: IncomingBody | undefined, context: RequestContext) {
    this.head = head;
    this.body = body;
    this.#context = context;
  }

  /** Whether the service was not asked yet. */
  get isWaiting(): boolean {
    return this.#state === 'decoded';
  }

  /** Whether nobody waits for an answer of the service any more. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Whether `error` is what the exchange was broken off with, rather than a failure of the service. */
  isBreakOff(error: unknown): boolean {
    return this.#abandonedWith !== undefined && this.#abandonedWith.reason === error;
  }

  /** Makes the request for the service. A body that is here already becomes a whole one. */
  start(onInformational: (response: InformationalResponse) => void): HttpRequest {
    this.#state = 'served';
    const { method, target, version, headers, contentLength } = this.head;
    return new HttpRequest({
      method,
      target,
      version,
      headers,
      body: this.body?.toHttpBody(contentLength >= 0 ? contentLength : undefined) ?? HttpBody.empty,
      onInformational,
      context: this.#context,
    });
  }

  /**
   * Breaks the exchange off: whoever works for it hears of it, and whatever comes of that is thrown away.
   *
   * @throws What somebody who hears of it throws, when all have.
   */
  abandon(reason: unknown): void {
    if (this.#state === 'over') return;
    this.#abandonedWith = { reason };
    this.#state = 'over';
    this.body?.fail(reason);
    try {
      this.outgoing?.cancel(reason);
    } finally {
      this.#context.abort(this.#abandonedWith);
    }
  }

  /** The response is complete. */
  finish(): void {
    this.#state = 'over';
    this.#context.close();
  }
}
