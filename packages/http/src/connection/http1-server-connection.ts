import type { ByteSink, ByteStream, CloseInfo, Connection, Pausable } from '@lamella/net-core';
import {
  afterFirstMoment,
  consumeStream,
  formatAddress,
  LingeringClose,
  PeerAddress,
  toStreamError,
} from '@lamella/net-core';
import type { ErrorFacts, Service, Timer } from '@lamella/service-core';
import { addErrorFacts, ClosedError } from '@lamella/service-core';
import type { DateLine } from '../codec/head-encoder.ts';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse, HttpUpgrade } from '../message/http-response.ts';
import { RequestContext } from '../message/request-context.ts';
import type { Http1ServerEvent, Http1ServerProtocolOptions } from '../protocol/http1-server-protocol.ts';
import { Http1ServerProtocol } from '../protocol/http1-server-protocol.ts';
import { readOutboundFields } from '../protocol/outbound-fields.ts';
import { errorResponse } from '../server/error-response.ts';
import type { HttpServerTerms } from '../server/server-options.ts';
import type { ConnectionHolder } from './connection-life.ts';
import { ConnectionLife } from './connection-life.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { IncomingBody } from './incoming-body.ts';
import { Outbox } from './outbox.ts';
import { ServerExchange } from './server-exchange.ts';
import type { ServerResponsesOwner } from './server-responses.ts';
import { ServerResponses } from './server-responses.ts';
import { UpgradeRun } from './upgrade-run.ts';

/** Options of {@link Http1ServerConnection}; defaults are set by the server layer. */
export interface Http1ServerConnectionOptions extends HttpServerTerms, Http1ServerProtocolOptions {
  /** Makes the Date field; one for all connections of a server. */
  readonly dateLine: DateLine;
}

/**
 * Drives the server side of one HTTP/1.x connection: the only place where its protocol meets bytes and time.
 *
 * @remarks
 * One turn: bytes go into the protocol, its events are handled, its output is written, reading goes on or pauses, the timer is
 * set. Answers to requests that came together leave together.
 */
export class Http1ServerConnection implements ByteSink, ConnectionHolder, ServerResponsesOwner {
  readonly #connection: Connection;
  readonly #stream: ByteStream;
  readonly #service: Service<HttpRequest, HttpResponse>;
  readonly #options: Http1ServerConnectionOptions;
  readonly #protocol: Http1ServerProtocol;
  readonly #outbox: Outbox;
  readonly #responses: ServerResponses;
  readonly #timer: DeadlineTimer;
  readonly #startedMs: number;
  #life: ConnectionLife | undefined;
  #source: Pausable | undefined;
  #exchange: ServerExchange | undefined;
  #firstMoment: Timer | undefined;
  #closing: LingeringClose | undefined;
  #isClosed = false;
  #upgrade: UpgradeRun | undefined;
  #bytesDiscarded = 0;
  #keepsChunk = false;
  #isPaused = false;

  constructor(
    connection: Connection,
    service: Service<HttpRequest, HttpResponse>,
    options: Http1ServerConnectionOptions,
  ) {
    const { clock } = options;
    this.#connection = connection;
    this.#stream = connection.stream;
    this.#service = service;
    this.#options = options;
    this.#startedMs = clock.coarseNowMs();
    this.#protocol = new Http1ServerProtocol(options, this.#startedMs);
    this.#outbox = new Outbox(this.#stream, this.#protocol, clock, {
      onRoom: () => this.#turn(),
      onBlocked: () => this.#timer.update(clock.coarseNowMs()),
      onFailed: (error) => this.#failWrite(error),
    });
    const endOfAgeMs = this.#startedMs + options.drawMaxAgeMs();
    this.#responses = new ServerResponses(this.#protocol, this.#outbox, options, endOfAgeMs, this);
    const onDeadline = (nowMs: number): void => {
      this.#protocol.handleTimeout(nowMs);
      this.#turn();
    };
    this.#timer = new DeadlineTimer(clock, () => this.#protocol.nextTimeoutMs(), onDeadline);
  }

  /** Serves the connection. Resolves when it has ended, upgrades included; never rejects. */
  run(): Promise<void> {
    this.#connection.extensions.seal(); // what is known of the connection is known now; requests only read it
    const life = new ConnectionLife(this.#connection, this, this.#options.lifecycle);
    this.#life = life;
    this.#source = consumeStream(this.#stream, this);
    this.#timer.update(this.#startedMs);
    return life.drained;
  }

  // ---- ConnectionHolder

  get protocol(): string {
    return 'http/1.1';
  }

  get isIdle(): boolean {
    return this.#upgrade === undefined && this.#protocol.isIdle;
  }

  startDrain(): void {
    if (!this.#isOpen) return;
    this.#protocol.stopKeepAlive();
    this.#responses.drain(this.#exchange);
    // A request that is answered and still coming in is no work.
    if (this.#protocol.isOver) this.#close();
    else if (this.#protocol.isIdle) this.#leave();
  }

  /** Closes a connection without a request, unless one comes that was on its way. */
  #leave(): void {
    this.#firstMoment?.cancel();
    const sinceMs = this.#protocol.requestCount > 0 ? Number.NEGATIVE_INFINITY : this.#startedMs;
    this.#firstMoment = afterFirstMoment(this.#options.clock, sinceMs, () => {
      if (this.#protocol.isIdle) this.#close();
    });
  }

  /** Ends now. A peer that is waiting for something sees a reset; an idle one a plain close. */
  destroy(reason: unknown): void {
    const wasIdle = this.isIdle;
    void this.#outbox.flushNow(); // an answer may have been given in this very turn, whatever came behind its request
    this.#abandon(reason);
    this.#stream.destroy(wasIdle ? undefined : reason);
  }

  // ---- ByteSink

  onBytes(chunk: Uint8Array): 'kept' | undefined {
    if (!this.#isOpen) {
      this.#closing?.discard(chunk.length);
      return undefined;
    }
    this.#keepsChunk = false;
    this.#protocol.receiveBytes(chunk);
    this.#turn();
    return this.#keepsChunk ? 'kept' : undefined;
  }

  onEnd(): void {
    if (!this.#isOpen) return;
    this.#protocol.receiveEnd();
    this.#turn();
  }

  // ---- the turn

  get #isOpen(): boolean {
    return this.#closing === undefined && !this.#isClosed && this.#upgrade?.hasSwitched !== true;
  }

  #turn(): void {
    const nowMs = this.#options.clock.coarseNowMs();
    while (this.#isOpen && this.#mayTakeEvents()) {
      const event = this.#protocol.nextEvent(nowMs);
      if (event === undefined) break;
      this.#handle(event);
    }
    if (!this.#isOpen) return;
    this.#protocol.hold();
    const exchange = this.#exchange;
    exchange?.body?.flush();
    if (exchange?.isWaiting === true) this.#serve(exchange);
    this.#settle(nowMs);
  }

  /** A peer that does not read its answers gets no further ones, and in the end its connection is taken away. */
  #mayTakeEvents(): boolean {
    return !this.#outbox.isBlocked || this.#exchange !== undefined || this.#protocol.hasTimedOut;
  }

  /** The end of a turn: output, reading, timer. */
  #settle(nowMs: number): void {
    this.#outbox.flush();
    const shouldPause = this.#protocol.bytesWaiting > 0 || this.#exchange?.body?.isFull === true;
    if (shouldPause !== this.#isPaused) {
      this.#isPaused = shouldPause;
      if (shouldPause) this.#source?.pause();
      else this.#source?.resume();
    }
    this.#timer.update(nowMs);
  }

  #handle(event: Http1ServerEvent): void {
    switch (event.type) {
      case 'request': {
        const { extensions, scope } = this.#connection;
        const context = new RequestContext({ ingress: extensions, parent: scope });
        const body = event.hasBody ? new IncomingBody(this.#bodyFlow(context)) : undefined;
        this.#exchange = new ServerExchange(event.head, body, context);
        break;
      }
      case 'data':
        this.#takeData(event.bytes);
        break;
      case 'end':
        this.#exchange?.body?.end(event.trailers);
        this.#endRequest();
        break;
      case 'closed':
        this.#close();
        break;
      case 'failed':
      case 'timeout':
        this.#refuse(event.error, event.canRespond);
        break;
    }
  }

  // ---- the request body

  #bodyFlow(context: RequestContext) {
    const number = this.#protocol.requestCount;
    return {
      want: (isWanted: boolean) => {
        // What came of a body may be read when the connection serves the next request, whose deadline is its own.
        if (!this.#isOpen || number !== this.#protocol.requestCount) return;
        const nowMs = this.#options.clock.coarseNowMs();
        this.#protocol.wantBody(isWanted, nowMs, context.allowsQuiet);
        this.#settle(nowMs);
      },
      cancel: () => {
        // Who waits for leave to send what nobody wants is not given it.
        if (!this.#protocol.owesContinue) this.#discardBody();
      },
    };
  }

  #takeData(bytes: Uint8Array): void {
    const body = this.#exchange?.body;
    if (body === undefined) return;
    if (body.push(bytes)) this.#keepsChunk = true;
    if (!body.isDiscarded) return;
    this.#bytesDiscarded += bytes.length;
    if (this.#bytesDiscarded > MAX_DISCARDED_BYTES) this.#giveUpRequest();
  }

  /** The rest of a body that nobody wants is read for the sake of the next request, within reason. RFC 9112 section 9.3. */
  #discardBody(): void {
    this.#exchange?.body?.discard(new ClosedError('the request was answered before its body was read'));
    this.#bytesDiscarded = 0;
    const nowMs = this.#options.clock.coarseNowMs();
    this.#protocol.wantBody(true, nowMs);
    this.#settle(nowMs);
  }

  #giveUpRequest(): void {
    this.#protocol.stopKeepAlive();
    const isWaitingForEnd = this.#upgrade !== undefined || this.#exchange?.isOver === true;
    this.#upgrade?.giveUp();
    if (isWaitingForEnd) this.#close();
  }

  /** The request is complete; something may have waited for that. */
  #endRequest(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (this.#upgrade !== undefined) this.#switch(this.#upgrade);
    else if (exchange.isOver) {
      this.#exchange = undefined;
      if (this.#protocol.isOver) this.#close();
    }
  }

  // ---- the response

  #serve(exchange: ServerExchange): void {
    const request = exchange.start((response) => this.#responses.sendInformational(exchange, response));
    let answer: Promise<HttpResponse>;
    try {
      answer = Promise.resolve(this.#service.serve(request));
    } catch (error) {
      answer = Promise.reject(error); // a service gives a promise, but one that does not shall not take the connection down
    }
    answer.then(
      (response) => this.#responses.respond(exchange, response, request),
      (error: unknown) => this.#responses.fail(exchange, error, request),
    );
  }

  /** The peer broke a rule or is too slow: answered here, whatever the service is doing. */
  #refuse(error: unknown, canRespond: boolean): void {
    // An answer that is complete still arrives, whatever is wrong with the rest of the request.
    const isUnderWay = this.#exchange?.isOver === false;
    this.#abandon(addErrorFacts(error, this.#facts()));
    this.#upgrade?.giveUp();
    if (canRespond) {
      this.#responses.sendLast(errorResponse(error));
      this.#close();
    } else if (isUnderWay || this.#outbox.isBlocked) this.#stream.destroy(error);
    else this.#close();
  }

  // ---- ServerResponsesOwner

  /** On to the next request, which may be here already. */
  onResponded(): void {
    if (this.#protocol.isOver) {
      this.#close();
      return;
    }
    if (this.#protocol.isReceivingBody) this.#discardBody();
    else this.#exchange = undefined;
    // What came together is answered together.
    if (this.#protocol.bytesWaiting > 0) this.#outbox.holdAnswer();
    else this.#outbox.release();
    this.#turn();
  }

  acceptUpgrade(exchange: ServerExchange, response: HttpResponse, upgrade: HttpUpgrade): void {
    if (!this.#protocol.canSwitch(response.status)) {
      const message = `a ${response.status} upgrade does not fit the ${exchange.head.method} request`;
      throw new Http1ProtocolError('LML_ERR_HTTP1_BAD_SWITCH', message, { origin: 'local' });
    }
    readOutboundFields(response.headers); // throws now rather than when the request body has ended
    const run = new UpgradeRun(response, upgrade, this.#stream);
    this.#upgrade = run;
    // A body belongs to the request, never to what comes after it: the switch waits for its end.
    if (this.#protocol.isReceivingBody) this.#discardBody();
    else this.#switch(run);
  }

  // ---- leaving HTTP

  /** From now on nothing of HTTP is known to anybody, so that it is collected. */
  #switch(run: UpgradeRun): void {
    const head = run.takeHead();
    if (head === undefined) return;
    const { status, reason, headers } = head;
    const { clock, dateLine, timeouts, onError } = this.#options;
    const rest = this.#protocol.switchOver(status, reason, headers, dateLine.at(clock.coarseNowMs(), clock.epochMs));
    const written = this.#outbox.flushNow();
    this.#timer.cancel();
    this.#firstMoment?.cancel();
    this.#responses.stop();
    this.#source?.stop();
    if (rest.length > 0) this.#stream.unread(rest);
    this.#exchange?.finish();
    this.#exchange = undefined;
    this.#life?.passTo(run);
    run.run(this.#connection, written, { clock, writeTimeoutMs: timeouts.writeTimeoutMs, onError });
  }

  // ---- the end

  /** Closes in good order: everything written still arrives. */
  #close(): void {
    if (!this.#isOpen) return;
    void this.#outbox.flushNow();
    this.#timer.cancel();
    this.#firstMoment?.cancel();
    this.#closing = new LingeringClose(this.#stream, this.#options.clock, this.#options.timeouts.writeTimeoutMs);
    this.#source?.resume();
  }

  /** An answer is lost, and nobody may get the next one in its place. */
  #failWrite(error: unknown): void {
    this.#abandon(error);
    this.#stream.destroy(error);
    this.#options.onError(error, undefined);
  }

  /** What is known of a request that the peer breaks off. */
  #facts(): ErrorFacts {
    const peer = this.#connection.extensions.get(PeerAddress);
    const isReceiving = this.#exchange?.body?.hasEnded === false;
    return {
      layer: 'http/1.1',
      phase: isReceiving ? 'request-body' : 'response',
      retryable: false,
      ...(peer === undefined ? {} : { peer: formatAddress(peer) }),
    };
  }

  onClosed(info: CloseInfo): void {
    const error = toStreamError(info);
    // A reason of this side may have been given to many connections: what is known of this one is no part of it.
    if (this.#exchange !== undefined && info.reason !== 'shutdown') addErrorFacts(error, this.#facts());
    this.#isClosed = true;
    this.#timer.cancel();
    this.#firstMoment?.cancel();
    this.#responses.stop();
    this.#closing?.cancel();
    this.#upgrade?.giveUp();
    this.#abandon(error);
  }

  #abandon(reason: unknown): void {
    try {
      this.#exchange?.abandon(reason);
    } catch (error) {
      this.#options.onError(error, undefined); // a listener of the service must not keep the connection from its end
    }
  }
}

const MAX_DISCARDED_BYTES = 64 * 1024;
