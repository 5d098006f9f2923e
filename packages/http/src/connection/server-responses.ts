import { ClosedError, UsageError } from '@lamella/service-core';
import type { DateLine } from '../codec/head-encoder.ts';
import type { HttpBody } from '../message/http-body.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { HttpRequest, InformationalResponse } from '../message/http-request.ts';
import type { HttpResponse, HttpUpgrade } from '../message/http-response.ts';
import type { Http1ServerProtocol } from '../protocol/http1-server-protocol.ts';
import { errorResponse } from '../server/error-response.ts';
import type { HttpServerTerms } from '../server/server-options.ts';
import { AgeWatch } from './age-watch.ts';
import { bodyAfterFirst } from './body-after-first.ts';
import type { Outbox } from './outbox.ts';
import type { ServerExchange } from './server-exchange.ts';

/** What {@link ServerResponses} goes by. */
export interface ResponseTerms
  extends Pick<HttpServerTerms, 'clock' | 'lifecycle' | 'connectionAgeGraceMs' | 'onError'> {
  /** Makes the Date field. */
  readonly dateLine: DateLine;
}

/** Whose responses {@link ServerResponses} sends. */
export interface ServerResponsesOwner {
  /** A response is complete. */
  onResponded(): void;
  /** The service wants the connection to leave HTTP. Throws if that does not fit the request. */
  acceptUpgrade(exchange: ServerExchange, response: HttpResponse, upgrade: HttpUpgrade): void;
  /** The connection is too old. */
  startDrain(): void;
  /** The connection ends now, since what is under way can't be completed, or takes too long. */
  destroy(reason: unknown): void;
}

/** Sends the responses of a server connection, one at a time. RFC 9112 section 6. */
export class ServerResponses {
  readonly #protocol: Http1ServerProtocol;
  readonly #outbox: Outbox;
  readonly #terms: ResponseTerms;
  readonly #endOfAgeMs: number;
  readonly #owner: ServerResponsesOwner;
  #isDraining = false;
  #ageWatch: AgeWatch | undefined;

  /** @param endOfAgeMs - When the connection has its last response, on the monotonic clock; `Infinity` for never. */
  constructor(
    protocol: Http1ServerProtocol,
    outbox: Outbox,
    terms: ResponseTerms,
    endOfAgeMs: number,
    owner: ServerResponsesOwner,
  ) {
    this.#protocol = protocol;
    this.#outbox = outbox;
    this.#terms = terms;
    this.#endOfAgeMs = endOfAgeMs;
    this.#owner = owner;
  }

  /** The service has answered. */
  respond(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    // The types promise a response, but services are often typed by hope; `with` is what a Response of the web has not.
    if (typeof response?.with !== 'function') {
      this.fail(exchange, new UsageError('the service gave no HttpResponse'), request);
      return;
    }
    if (exchange.isOver) {
      response[Symbol.dispose]();
      return;
    }
    try {
      if (response.upgrade !== undefined) this.#owner.acceptUpgrade(exchange, response, response.upgrade);
      else this.#send(exchange, response, request);
    } catch (error) {
      response[Symbol.dispose]();
      this.fail(exchange, error, request);
    }
  }

  /** The service failed, or what it gave can't be sent. */
  fail(exchange: ServerExchange, error: unknown, request: HttpRequest): void {
    if (exchange.isBreakOff(error)) return;
    this.#terms.onError(error, request);
    if (exchange.isOver) return;
    if (this.#protocol.awaitsResponse) this.#send(exchange, errorResponse(error), request);
    else this.#owner.destroy(error); // a response is on its way and can't be completed: never a fake end
  }

  /** Sends an interim response; what is too late for one is left out. */
  sendInformational(exchange: ServerExchange, response: InformationalResponse): void {
    if (exchange.isOver || !this.#protocol.awaitsResponse) return;
    this.#protocol.sendInformational(response.status, response.reason, response.headers);
    this.#outbox.flush();
  }

  /** Sends a response whose body is at hand, and no other one behind it. */
  sendLast(response: HttpResponse): void {
    this.#sendHead(response, true);
    this.#protocol.sendData(response.body.takeWhole() ?? '');
    this.#protocol.sendEnd(undefined, this.#terms.clock.coarseNowMs());
  }

  /** The connection takes no more requests: `exchange` is the last one, if there is one. */
  drain(exchange: ServerExchange | undefined): void {
    this.#isDraining = true;
    if (exchange?.isEventStream === true) this.#endEventStream(exchange);
  }

  /** The connection has ended, or has left HTTP. */
  stop(): void {
    this.#ageWatch?.cancel();
  }

  #send(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    if (this.#protocol.owesContinue && !response.body.isAtHand) void this.#sendAfterFirst(exchange, response, request);
    else this.#sendNow(exchange, response, request);
  }

  /**
   * Has the first chunk before the head is sent. RFC 9110 section 10.1.1: a client that waits for leave to send its body takes a
   * response for the answer that nobody wants it. Where the response is made of that body, reading the one asks for the other.
   */
  async #sendAfterFirst(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): Promise<void> {
    exchange.outgoing = response.body;
    try {
      const body = await bodyAfterFirst(response.body);
      if (exchange.isOver) body.cancel();
      else this.#sendNow(exchange, response.with({ body }), request);
    } catch (error) {
      response[Symbol.dispose]();
      this.fail(exchange, error, request);
    }
  }

  #sendNow(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    const { body } = response;
    this.#sendHead(response, false);
    if (!this.#protocol.sendsBody) {
      body.cancel();
      this.#finish(exchange, body.trailers);
      return;
    }
    const whole = body.takeWhole();
    if (whole === undefined) {
      exchange.outgoing = body;
      exchange.isEventStream =
        this.#protocol.mayEndEarly && EVENT_STREAM.test(response.headers.get('content-type') ?? '');
      this.#watchAge(exchange);
      // It has no end of its own: the client has it begin anew, elsewhere.
      if (exchange.isEventStream && this.#isDraining) this.#endEventStream(exchange);
      if (!exchange.isOver) void this.#sendStream(exchange, body, request);
      return;
    }
    this.#protocol.sendData(outputOf(whole, body.size));
    this.#finish(exchange, body.trailers);
  }

  async #sendStream(exchange: ServerExchange, body: HttpBody, request: HttpRequest): Promise<void> {
    try {
      if (await this.#outbox.pump(body, exchange)) this.#finish(exchange, body.trailers);
    } catch (error) {
      // A drain has ended the stream while its next event was waited for: that is no failure of anybody.
      if (exchange.isOver && exchange.isEventStream && error instanceof ClosedError) return;
      this.fail(exchange, error, request);
    }
  }

  #sendHead(response: HttpResponse, close: boolean): void {
    const { clock, dateLine, lifecycle } = this.#terms;
    const nowMs = clock.coarseNowMs();
    const isEnding = nowMs >= this.#endOfAgeMs || (lifecycle !== undefined && lifecycle.phase !== 'running');
    this.#protocol.sendHead({
      status: response.status,
      reason: response.reason,
      headers: response.headers,
      size: response.body.sizeOnWire,
      close: close || isEnding,
      dateLine: dateLine.at(nowMs, clock.epochMs),
    });
  }

  #finish(exchange: ServerExchange, trailers: HttpHeaders | undefined): void {
    this.#protocol.sendEnd(trailers, this.#terms.clock.coarseNowMs());
    exchange.finish();
    this.#owner.onResponded();
  }

  /** An event stream has no end of its own: a drain ends it cleanly, and the client comes back elsewhere. */
  #endEventStream(exchange: ServerExchange): void {
    const { outgoing } = exchange;
    const reason = new ClosedError('the server is draining');
    try {
      if (outgoing?.endEarly(reason) === true) return; // the end of its coding comes by the reading that is under way
      this.#finish(exchange, undefined);
      outgoing?.cancel(reason);
    } catch (error) {
      this.#terms.onError(error, undefined); // what gives the events must not throw, but it is somebody else's
    }
  }

  /** Most responses are over long before the connection is too old; one that streams may never be. */
  #watchAge(exchange: ServerExchange): void {
    const { clock, connectionAgeGraceMs } = this.#terms;
    if (this.#endOfAgeMs === Number.POSITIVE_INFINITY) return;
    if (!exchange.isEventStream && connectionAgeGraceMs === Number.POSITIVE_INFINITY) return;
    this.#ageWatch ??= new AgeWatch(clock, this.#endOfAgeMs, connectionAgeGraceMs, {
      onAge: () => this.#owner.startDrain(),
      onGraceEnd: (reason) => this.#owner.destroy(reason),
    });
  }
}

/** Text that is all ASCII goes as it is; other text as its UTF-8 bytes. */
function outputOf(whole: string | Uint8Array, size: number | undefined): string | Uint8Array {
  return typeof whole === 'string' && whole.length !== size ? Buffer.from(whole, 'utf8') : whole;
}

const EVENT_STREAM = /^text\/event-stream\b/i;
