import type { HttpBody, HttpRequest, InformationalResponse } from '@lamella/http';
import { errorResponse, HttpResponse, HttpStreamResetError } from '@lamella/http';
import { ClosedError, UsageError } from '@lamella/service-core';
import type { Http2ErrorCode } from '../codec/error-code.ts';
import { pumpBody } from './body-pump.ts';
import type { ServerExchange } from './server-exchange.ts';
import { announcedLength, responseHead } from './server-messages.ts';
import type { ServerTunnels } from './server-tunnels.ts';
import type { ServerWork } from './server-work.ts';
import { trailerFields } from './wire-fields.ts';

/** Sends the responses of a server connection. RFC 9113 section 8.1. */
export class ServerResponses {
  readonly #work: ServerWork;
  readonly #tunnels: ServerTunnels;
  readonly #abandon: (exchange: ServerExchange, reason: unknown) => void;

  /** @param abandon - Gives up an exchange whose response can't be completed. */
  constructor(work: ServerWork, tunnels: ServerTunnels, abandon: (exchange: ServerExchange, reason: unknown) => void) {
    this.#work = work;
    this.#tunnels = tunnels;
    this.#abandon = abandon;
  }

  /** The service has answered. */
  respond(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    if (typeof response?.with !== 'function') {
      this.fail(exchange, new UsageError('the service gave no HttpResponse'), request);
      return;
    }
    if (exchange.isOver) {
      response[Symbol.dispose]();
      return;
    }
    try {
      if (response.upgrade !== undefined) this.#tunnels.accept(exchange, response, response.upgrade);
      else if (exchange.tunnel !== undefined && isPositive(response)) this.#refuseTunnel(exchange, response, request);
      else this.#send(exchange, response, request);
    } catch (error) {
      response[Symbol.dispose]();
      this.fail(exchange, error, request);
    }
    this.#work.turn();
  }

  /** The service failed, or what it gave can't be sent. */
  fail(exchange: ServerExchange, error: unknown, request: HttpRequest): void {
    if (exchange.isBreakOff(error)) return;
    this.#work.options.onError(error, request);
    if (exchange.isOver) return;
    // What is on its way and can't be completed gets no fake end.
    if (exchange.stream.hasSentHead) this.#breakOff(exchange, error);
    else this.#sendError(exchange, error, request);
    this.#work.turn();
  }

  #sendError(exchange: ServerExchange, error: unknown, request: HttpRequest): void {
    try {
      this.#send(exchange, errorResponse(error), request);
    } catch {
      this.#breakOff(exchange, error); // the client takes next to no fields, so that it can't be told even that
    }
  }

  #breakOff(exchange: ServerExchange, error: unknown): void {
    this.#work.protocol.reset(exchange.stream, resetCodeOf(error), this.#work.nowMs);
    this.#abandon(exchange, error);
  }

  /** Sends an interim response; what is too late for one, or larger than the client takes, is left out. */
  sendInformational(exchange: ServerExchange, { status, headers }: InformationalResponse): void {
    if (exchange.isOver || exchange.stream.hasSentHead || status === 101) return;
    const fields = responseHead(status, headers, undefined, 'stated');
    if (this.#work.protocol.peer.isTooLarge(fields)) return;
    if (status === 100) exchange.owesContinue = false;
    this.#work.protocol.sendFields(exchange.stream, fields, false, this.#work.nowMs, false, headers.neverIndexed);
    this.#work.turn();
  }

  #send(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    const { stream, head } = exchange;
    const { body, status, headers } = response;
    const isBodyless = head.method === 'HEAD' || status === 204 || status === 304;
    const date = headers.has('date') ? undefined : this.#work.date;
    const fields = responseHead(status, headers, date, announcedLength(head.method, response));
    this.#work.protocol.checkFields(fields);
    if (isBodyless) {
      this.#work.protocol.sendFields(stream, fields, true, this.#work.nowMs, true, headers.neverIndexed);
      body.cancel();
      this.#finish(exchange);
      return;
    }
    const whole = body.takeWhole();
    if (whole === undefined) {
      const begin = (): void => {
        this.#work.protocol.sendFields(stream, fields, false, this.#work.nowMs, true, headers.neverIndexed);
        exchange.isEventStream = EVENT_STREAM.test(headers.get('content-type') ?? '');
      };
      // RFC 9110 section 10.1.1: a client that waits for leave to send its body takes a response for the answer that nobody wants it.
      // Where the response is made of that body, reading the one asks for the other.
      const waits = exchange.owesContinue;
      if (!waits) begin();
      exchange.outgoing = body;
      // It has no end of its own: the client has it begin anew, elsewhere.
      if (exchange.isEventStream && this.#work.isDraining) this.endEventStream(exchange);
      if (!exchange.isOver) void this.#pump(exchange, body, request, waits ? begin : undefined);
      return;
    }
    const trailers = trailerFields(body.trailers);
    const isEmpty = whole.length === 0;
    const isAll = isEmpty && trailers === undefined;
    this.#work.protocol.sendFields(stream, fields, isAll, this.#work.nowMs, true, headers.neverIndexed);
    if (!isEmpty) {
      const bytes = typeof whole === 'string' ? bufferFrom(whole, 'utf8') : whole;
      this.#work.protocol.sendData(stream, bytes, trailers === undefined, this.#work.nowMs);
    }
    const { neverIndexed } = body.trailers ?? {};
    if (trailers !== undefined) this.#work.protocol.sendTrailers(stream, trailers, this.#work.nowMs, neverIndexed);
    this.#finish(exchange);
  }

  async #pump(exchange: ServerExchange, body: HttpBody, request: HttpRequest, begin?: () => void): Promise<void> {
    const { stream } = exchange;
    const send = (chunk: Uint8Array): void => {
      this.#work.protocol.sendData(stream, chunk, false, this.#work.nowMs);
      this.#work.turn();
    };
    try {
      const isComplete = await pumpBody(body, exchange, send, begin);
      if (!isComplete) return;
      this.#endBody(exchange, body);
    } catch (error) {
      // A drain has ended the stream while its next event was waited for: that is no failure of anybody.
      if (exchange.isOver && exchange.isEventStream && error instanceof ClosedError) return;
      this.fail(exchange, error, request);
    }
  }

  #endBody(exchange: ServerExchange, body: HttpBody): void {
    const trailers = trailerFields(body.trailers);
    if (trailers === undefined) this.#work.protocol.sendData(exchange.stream, NOTHING, true, this.#work.nowMs);
    else this.#work.protocol.sendTrailers(exchange.stream, trailers, this.#work.nowMs, body.trailers?.neverIndexed);
    this.#finish(exchange);
    this.#work.turn();
  }

  /** An event stream has no end of its own: a drain ends it cleanly, and the client comes back elsewhere. */
  endEventStream(exchange: ServerExchange): void {
    const { outgoing, stream, onSent: wakePump } = exchange;
    const reason = new ClosedError('the server is draining');
    try {
      if (outgoing?.endEarly(reason) === true) return; // the end of its coding comes by the reading that is under way
      if (stream.pending === undefined) this.#work.protocol.sendData(stream, NOTHING, true, this.#work.nowMs);
      else stream.endsAfterPending = true;
      this.#finish(exchange);
      wakePump?.();
      outgoing?.cancel(reason);
    } catch (error) {
      this.#work.options.onError(error, undefined); // what gives the events must not throw, but others wait for their end too
    }
  }

  /** The response is given in full, though not all may be written. */
  #finish(exchange: ServerExchange): void {
    exchange.finish();
    this.#work.exchanges.delete(exchange);
    const { body, stream } = exchange;
    if (stream.isRemoteEnded) return;
    body?.discard(new ClosedError('the request was answered before its body was read'));
    // What was given must be written first: RST_STREAM would cut it off.
    if (stream.pending === undefined) this.stopRequest(exchange);
    else exchange.onSent = () => this.stopRequest(exchange);
  }

  /**
   * A positive answer would open the tunnel. Who takes an upgrade by HTTP/1.1 for a plain request may ignore that it asks for one; here,
   * the protocol is not implemented. RFC 8441 section 4, RFC 9220 section 3.
   */
  #refuseTunnel(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    if (exchange.head.protocol === undefined) throw new UsageError(`${response.status} to CONNECT must be an upgrade`);
    response[Symbol.dispose]();
    this.#send(exchange, HttpResponse.from({ status: 501 }), request);
  }

  /** RFC 9110 section 10.1.1: somebody wants the body that the client holds back. */
  sendContinue(exchange: ServerExchange): void {
    exchange.owesContinue = false;
    this.#work.protocol.sendFields(exchange.stream, [':status', '100'], false, this.#work.nowMs, false);
  }

  /** RFC 9113 section 8.1: the response is complete, and the rest of the request is of no use. */
  stopRequest({ stream }: ServerExchange): void {
    if (!stream.isRemoteEnded) this.#work.protocol.reset(stream, 'NO_ERROR', this.#work.nowMs);
    this.#work.turn();
  }
}

/** A gateway says on what the next server has said, where that says something to the client too; the rest is a matter of that connection. */
function resetCodeOf(error: unknown): Http2ErrorCode {
  if (!(error instanceof HttpStreamResetError) || error.origin !== 'remote') return 'INTERNAL_ERROR';
  return PASSED_ON.find((code) => code === error.resetCode) ?? 'INTERNAL_ERROR';
}

function isPositive({ status }: HttpResponse): boolean {
  return status >= 200 && status <= 299;
}

/** Looked up once: globals of Node are found by a getter. */
const { from: bufferFrom } = Buffer;
const EVENT_STREAM = /^text\/event-stream\b/i;
const NOTHING = new Uint8Array(0);
/** REFUSED_STREAM would say that nothing was done for a request whose response has begun; NO_ERROR, that nothing is missing. */
const PASSED_ON: readonly Http2ErrorCode[] = ['CANCEL', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY'];
