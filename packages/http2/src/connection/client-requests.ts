import type { HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { pumpBody } from './body-pump.ts';
import { ClientExchange } from './client-exchange.ts';
import type { ClientRequestHead } from './client-messages.ts';
import type { ClientReaders } from './client-readers.ts';
import type { ClientWork } from './client-work.ts';
import { trailerFields } from './wire-fields.ts';

/** Sends the requests of a client connection. RFC 9113 section 8.1. */
export class ClientRequests {
  readonly #work: ClientWork;
  readonly #readers: ClientReaders;

  constructor(work: ClientWork, readers: ClientReaders) {
    this.#work = work;
    this.#readers = readers;
  }

  /** Opens a stream for the request. @throws UsageError if it can't be sent. */
  begin(request: HttpRequest, head: ClientRequestHead): Promise<HttpResponse> {
    const work = this.#work;
    const exchange = new ClientExchange(this.#readers, request, head.becomes, work.exactNowMs);
    const { body, method, headers } = request;
    // RFC 8441: what follows an extended CONNECT is the tunnel, and begins when it is accepted.
    const isTunnel = head.becomes !== undefined;
    const endsWithHead = !isTunnel && body.isEmpty;
    const isHead = method === 'HEAD';
    const stream = work.protocol.openStream(head.fields, endsWithHead, isHead, work.nowMs, headers.neverIndexed);
    stream.allowsLateHead = request.context.allowsLateHead;
    work.exchanges.add(exchange);
    exchange.start(stream, (reason) => work.giveUp(exchange, reason));
    if (endsWithHead || isTunnel) {
      body.takeWhole();
      exchange.sentMs = exchange.beganMs;
    } else if (headers.get('expect')?.toLowerCase() === '100-continue') this.#awaitContinue(exchange);
    else this.#sendBody(exchange);
    work.turn();
    return exchange.response;
  }

  /** RFC 9110 section 10.1.1: the body waits for 100 (Continue), but not for ever. */
  #awaitContinue(exchange: ClientExchange): void {
    const { clock, expectContinueTimeoutMs } = this.#work.options;
    const timer = clock.startTimer(expectContinueTimeoutMs, () => exchange.onContinue?.());
    exchange.onContinue = () => {
      timer.cancel();
      exchange.onContinue = undefined;
      if (exchange.isOver || exchange.headMs !== undefined) return;
      this.#sendBody(exchange);
      this.#work.turn();
    };
  }

  #sendBody(exchange: ClientExchange): void {
    const { body } = exchange.request;
    const whole = body.takeWhole();
    if (whole === undefined) {
      const send = (chunk: Uint8Array): void => this.#sendChunk(exchange, chunk, false);
      pumpBody(body, exchange, send)
        .then((isComplete) => isComplete && this.#endBody(exchange, body))
        .catch((error: unknown) => this.#work.giveUp(exchange, error)); // the request can't be completed
      return;
    }
    try {
      this.#sendWhole(exchange, body, whole);
    } catch (error) {
      this.#work.giveUp(exchange, error); // its trailers can't be made
    }
  }

  #sendWhole(exchange: ClientExchange, body: HttpBody, whole: Uint8Array | string): void {
    const { protocol, exactNowMs, nowMs } = this.#work;
    const trailers = trailerFields(body.trailers);
    exchange.sentMs = exactNowMs;
    const bytes = typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole;
    exchange.bytesOut += bytes.length;
    protocol.sendData(exchange.stream, bytes, trailers === undefined, nowMs);
    const { neverIndexed } = body.trailers ?? {};
    if (trailers !== undefined) protocol.sendTrailers(exchange.stream, trailers, nowMs, neverIndexed);
  }

  #sendChunk(exchange: ClientExchange, chunk: Uint8Array, isEnd: boolean): void {
    exchange.bytesOut += chunk.length;
    this.#work.protocol.sendData(exchange.stream, chunk, isEnd, this.#work.nowMs);
    this.#work.turn();
  }

  #endBody(exchange: ClientExchange, body: HttpBody): void {
    const trailers = trailerFields(body.trailers);
    exchange.sentMs = this.#work.exactNowMs;
    const { protocol, nowMs } = this.#work;
    if (trailers === undefined) this.#sendChunk(exchange, NOTHING, true);
    else protocol.sendTrailers(exchange.stream, trailers, nowMs, body.trailers?.neverIndexed);
    this.#work.turn();
  }
}

const NOTHING = new Uint8Array(0);
