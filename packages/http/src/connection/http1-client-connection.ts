import type { ByteSink, ByteStream, CloseInfo, Connection, Pausable, UpgradedConnection } from '@lamella/net-core';
import { consumeStream, createConnection, toStreamError } from '@lamella/net-core';
import type { Clock, Extensions } from '@lamella/service-core';
import { addErrorFacts, ClosedError, TimeoutError, UsageError } from '@lamella/service-core';
import type { HttpConnection } from '../client/http-connection.ts';
import type { ResponseHead } from '../codec/response-head-decoder.ts';
import type { HttpConnectionError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { Http1ClientEvent, Http1ClientProtocolOptions } from '../protocol/http1-client-protocol.ts';
import { Http1ClientProtocol } from '../protocol/http1-client-protocol.ts';
import { ClientExchange } from './client-exchange.ts';
import { exchangeFacts, incomplete } from './client-failures.ts';
import { ClientRequests } from './client-requests.ts';
import { responseOf } from './client-response.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { IncomingBody } from './incoming-body.ts';
import { Outbox } from './outbox.ts';

/** Options of {@link Http1ClientConnection}; defaults are set by `http1`. */
export interface Http1ClientConnectionOptions extends Http1ClientProtocolOptions {
  /** For a body that is neither read nor cancelled, in milliseconds. */
  readonly bodyIdleTimeoutMs: number;
  readonly isToProxy: boolean;
  readonly clock: Clock;
}

/**
 * Drives the client side of one HTTP/1.x connection: the only place where its protocol meets bytes and time.
 *
 * @remarks
 * One request at a time. The connection is free again when the request has been sent and the response has come whole.
 */
export class Http1ClientConnection implements HttpConnection, ByteSink {
  readonly protocol = 'http/1.1' as const;
  readonly extensions: Extensions<'connection'>;
  readonly maxConcurrent = 1;
  readonly #stream: ByteStream;
  readonly #options: Http1ClientConnectionOptions;
  readonly #protocol: Http1ClientProtocol;
  readonly #outbox: Outbox;
  readonly #requests: ClientRequests;
  readonly #timer: DeadlineTimer;
  readonly #source: Pausable;
  #exchange: ClientExchange | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #requestCount = 0;
  #idleSinceMs: number;
  #failure: unknown;
  #peerIdleTimeoutMs = Number.POSITIVE_INFINITY;
  #isPaused = false;
  #hasSwitched = false;
  #keepsChunk = false;
  #listener: (() => void) | undefined;

  constructor(connection: Connection, options: Http1ClientConnectionOptions) {
    const { clock } = options;
    this.#stream = connection.stream;
    this.extensions = connection.extensions;
    this.extensions.seal();
    this.#options = options;
    this.#idleSinceMs = clock.coarseNowMs();
    this.#protocol = new Http1ClientProtocol(options);
    this.#outbox = new Outbox(this.#stream, this.#protocol, clock, {
      onRoom: () => this.#turn(),
      onBlocked: () => this.#timer.update(clock.coarseNowMs()),
      onFailed: (error) => this.#breakOff(error),
    });
    this.#requests = new ClientRequests(this.#protocol, this.#outbox, options, {
      onSent: (exchange) => this.#advance(exchange),
      breakOff: (error) => this.#breakOff(error),
    });
    const onDeadline = (nowMs: number): void => this.#onDeadline(nowMs);
    this.#timer = new DeadlineTimer(clock, () => this.#nextDeadlineMs(), onDeadline);
    void this.#stream.closed.then((info) => this.#onClosed(info));
    this.#source = consumeStream(this.#stream, this);
  }

  get active(): number {
    return this.#exchange === undefined ? 0 : 1;
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#state;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get idleSinceMs(): number {
    return this.#idleSinceMs;
  }

  get peerIdleTimeoutMs(): number {
    return this.#peerIdleTimeoutMs;
  }

  readonly onChange = (listener: () => void): void => {
    this.#listener = listener;
  };

  readonly serve = (request: HttpRequest): Promise<HttpResponse> => {
    if (this.#state !== 'open') return Promise.reject(new ClosedError('the connection takes no more requests'));
    if (this.#exchange !== undefined) return Promise.reject(new UsageError('the connection has a request under way'));
    const exchange = new ClientExchange(request, this.#outbox.bytesWritten, this.#options.clock.nowMs());
    try {
      request.scope.throwIfAborted();
      this.#begin(exchange);
    } catch (error) {
      return Promise.reject(error);
    }
    return exchange.response;
  };

  readonly close = async (): Promise<void> => {
    if (this.#hasSwitched) return; // what it became belongs to whoever has the response
    if (this.#state === 'open') this.#setState('closing');
    if (this.#exchange === undefined) this.#stream.destroy();
    await this.#stream.closed;
  };

  readonly destroy = (reason?: unknown): void => {
    // One reason may be given to many connections: what is known of this one is no part of it.
    this.#breakOff(reason ?? new ClosedError('the connection was destroyed'), false);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- ByteSink

  onBytes(chunk: Uint8Array): 'kept' | undefined {
    if (this.#state === 'closed') return undefined;
    this.#keepsChunk = false;
    if (this.#exchange !== undefined) this.#exchange.bytesIn += chunk.length;
    this.#protocol.receiveBytes(chunk);
    this.#turn();
    return this.#keepsChunk ? 'kept' : undefined;
  }

  onEnd(): void {
    if (this.#state === 'closed') return;
    this.#protocol.receiveEnd();
    this.#turn();
  }

  // ---- the request

  #begin(exchange: ClientExchange): void {
    const nowMs = this.#options.clock.coarseNowMs();
    const waits = this.#requests.sendHead(exchange, nowMs);
    this.#exchange = exchange;
    this.#requestCount++;
    exchange.listen((reason) => this.#breakOff(reason));
    if (waits) this.#requests.awaitContinue(exchange);
    else this.#requests.sendBody(exchange);
    this.#settle(nowMs);
  }

  // ---- the turn

  #turn(): void {
    const nowMs = this.#options.clock.coarseNowMs();
    while (this.#state !== 'closed' && !this.#hasSwitched) {
      const event = this.#protocol.nextEvent(nowMs);
      if (event === undefined) break;
      this.#handle(event);
    }
    const exchange = this.#exchange;
    exchange?.body?.flush();
    if (exchange?.head !== undefined && !exchange.isAnswered && !exchange.isOver) this.#answer(exchange, exchange.head);
    if (exchange !== undefined) this.#advance(exchange);
    this.#settle(nowMs);
  }

  /** The end of a turn: output, reading, timer. */
  #settle(nowMs: number): void {
    this.#outbox.flush();
    const shouldPause = this.#exchange?.body?.isFull === true;
    if (shouldPause !== this.#isPaused && !this.#hasSwitched) {
      this.#isPaused = shouldPause;
      if (shouldPause) this.#source.pause();
      else this.#source.resume();
    }
    this.#timer.update(nowMs);
  }

  #handle(event: Http1ClientEvent): void {
    const exchange = this.#exchange;
    switch (event.type) {
      case 'informational':
        this.#takeInformational(event.head);
        break;
      case 'response':
        if (exchange !== undefined) this.#takeResponse(exchange, event);
        break;
      case 'data':
        if (exchange?.body?.push(event.bytes) === true) this.#keepsChunk = true;
        break;
      case 'end':
        if (exchange !== undefined) this.#endBody(exchange, event.trailers);
        break;
      case 'closed':
        this.#stream.destroy();
        this.#setState('closed');
        break;
      case 'failed':
        this.#failure = event.error;
        if (exchange === undefined || event.error.code !== 'LML_ERR_HTTP1_UNEXPECTED_END') this.#breakOff(event.error);
        else this.#endEarly(exchange, event.error);
        break;
      case 'timeout':
        this.#breakOff(event.error);
        break;
    }
  }

  #takeInformational(head: ResponseHead): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { status, reason, headers } = head;
    try {
      exchange.request.onInformational?.({ status, reason, headers });
    } catch (error) {
      this.#breakOff(error); // a failure of the caller, who hears of it: the turn of the connection is no place for it
      return;
    }
    // Last: whoever passes 100 on shall not have to say it again when the body is asked for.
    if (status === 100) this.#requests.sendWaiting();
  }

  #takeResponse(exchange: ClientExchange, event: Extract<Http1ClientEvent, { type: 'response' }>): void {
    exchange.head = event.head;
    exchange.headMs = this.#options.clock.nowMs();
    if (!event.hasBody) exchange.endedMs = exchange.headMs;
    this.#requests.stopWaiting();
    this.#hasSwitched = event.hasSwitched;
    if (event.hasBody) exchange.body = new IncomingBody(this.#bodyFlow(exchange));
    // RFC 9112 section 9.5: who is told that the request has failed stops sending it. `Connection: close` alone is about the
    // next request: a server that drains may well answer this one while it is still coming in.
    const isRefused = event.head.status >= 400 || this.#outbox.hasFailed;
    if (isRefused && !this.#protocol.hasSentRequest) this.#requests.abandon(exchange);
    const hint = event.head.keepAlive === '' ? null : KEEP_ALIVE_TIMEOUT.exec(event.head.keepAlive);
    if (hint !== null) this.#peerIdleTimeoutMs = Number(hint[1]) * 1_000;
  }

  #endBody(exchange: ClientExchange, trailers: HttpHeaders | undefined): void {
    exchange.body?.end(trailers);
    // What comes in one turn with the head ends with it: most responses do, and look at the clock once less.
    exchange.endedMs ??= exchange.isAnswered ? this.#options.clock.nowMs() : exchange.headMs;
  }

  #answer(exchange: ClientExchange, head: ResponseHead): void {
    const isReaderAwaited = exchange.body !== undefined && !exchange.request.context.allowsQuiet;
    exchange.readerSeenMs = isReaderAwaited ? this.#options.clock.coarseNowMs() : Number.POSITIVE_INFINITY;
    exchange.answer(responseOf(exchange, head, this.#hasSwitched ? this.#switch(exchange) : undefined));
  }

  /** The connection leaves HTTP, and this object. */
  #switch(exchange: ClientExchange): UpgradedConnection {
    void this.#outbox.flushNow(); // a peer that answers too early must not get the request behind what it becomes
    const rest = this.#protocol.switchOver();
    this.#timer.cancel();
    this.#source.stop();
    if (rest.length > 0) this.#stream.unread(rest);
    exchange.finish();
    this.#exchange = undefined;
    this.#setState('closed');
    return createConnection(this.#stream, { extensions: this.extensions.fork('upgrade') });
  }

  /** Frees the connection when the exchange is complete both ways. */
  #advance(exchange: ClientExchange): void {
    if (exchange !== this.#exchange || exchange.head === undefined || exchange.isOver) return;
    if (!this.#protocol.hasResponse) return;
    if (!this.#protocol.hasSentRequest) this.#requests.abandon(exchange);
    if (!this.#protocol.isIdle && !this.#protocol.isOver) return;
    exchange.finish();
    this.#exchange = undefined;
    this.#idleSinceMs = this.#options.clock.coarseNowMs();
    if (this.#protocol.isIdle && this.#state === 'open' && !this.#outbox.hasFailed) this.#listener?.();
    else {
      this.#stream.destroy();
      this.#setState('closed');
    }
  }

  // ---- the response body

  #bodyFlow(exchange: ClientExchange) {
    return {
      want: (isWanted: boolean) => {
        if (exchange.isOver) return; // what came of it is read later: the connection may serve the next one
        const nowMs = this.#options.clock.coarseNowMs();
        const { allowsQuiet } = exchange.request.context;
        exchange.readerSeenMs = isWanted || allowsQuiet ? Number.POSITIVE_INFINITY : nowMs;
        this.#protocol.wantBody(isWanted && !allowsQuiet, nowMs);
        this.#settle(nowMs);
      },
      cancel: (reason: unknown) => this.#cancelBody(exchange, reason),
    };
  }

  /** A short rest of a known length is read for the sake of the connection; anything else ends it. */
  #cancelBody(exchange: ClientExchange, reason: unknown): void {
    if (exchange.isOver) return;
    const length = exchange.head?.contentLength ?? -1;
    if (length < 0 || length > MAX_DRAINED_BYTES) {
      this.#breakOff(reason);
      return;
    }
    const nowMs = this.#options.clock.coarseNowMs();
    exchange.readerSeenMs = Number.POSITIVE_INFINITY;
    this.#protocol.wantBody(true, nowMs);
    this.#settle(nowMs);
  }

  // ---- time

  #nextDeadlineMs(): number {
    const readerMs = (this.#exchange?.readerSeenMs ?? Number.POSITIVE_INFINITY) + this.#options.bodyIdleTimeoutMs;
    return Math.min(this.#protocol.nextTimeoutMs(), readerMs);
  }

  #onDeadline(nowMs: number): void {
    if (nowMs >= this.#protocol.nextTimeoutMs()) {
      this.#protocol.handleTimeout(nowMs);
      this.#turn();
      return;
    }
    const { bodyIdleTimeoutMs } = this.#options;
    this.#breakOff(
      new TimeoutError({
        limit: 'bodyIdleTimeoutMs',
        timeoutMs: bodyIdleTimeoutMs,
        facts: { layer: 'http/1.1', phase: 'response-body' },
      }),
    );
  }

  // ---- the end

  /** Ends the connection; the exchange fails with `error`, which is told what is known of it. */
  #breakOff(error: unknown, addsFacts = true): void {
    if (this.#state === 'closed') return;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#timer.cancel();
    this.#requests.stopWaiting();
    if (exchange !== undefined) {
      exchange.endedMs ??= this.#options.clock.nowMs();
      if (addsFacts) addErrorFacts(error, exchangeFacts(exchange, this.#bytesOutOf(exchange), error, this.extensions));
      exchange.fail(error);
    }
    this.#stream.destroy(exchange === undefined ? undefined : error);
    this.#setState('closed');
  }

  /** The peer has ended without a whole response. If it takes nothing either, it is gone, and the stream is about to tell why. */
  #endEarly(exchange: ClientExchange, cause: unknown): void {
    const end = (): void => this.#breakOff(this.#incomplete(exchange, cause));
    if (this.#outbox.hasFailed) return;
    const refusal = this.#outbox.isBlocked ? undefined : this.#stream.write([]);
    if (refusal === undefined) end();
    else refusal.then(end, () => {}); // what does not wait for room waits for nothing but an error
  }

  #onClosed(info: CloseInfo): void {
    if (this.#hasSwitched) return;
    const exchange = this.#exchange;
    if (exchange === undefined) this.#setState('closed');
    else this.#breakOff(this.#incomplete(exchange, toStreamError(info)));
    this.#timer.cancel();
  }

  #incomplete(exchange: ClientExchange, cause: unknown): HttpConnectionError {
    return incomplete(exchange, this.#bytesOutOf(exchange), this.#requestCount > 1, cause);
  }

  #bytesOutOf(exchange: ClientExchange): number {
    return this.#outbox.bytesWritten - exchange.bytesBefore;
  }

  #setState(state: 'closing' | 'closed'): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listener?.();
  }
}

const KEEP_ALIVE_TIMEOUT = /(?:^|[,;\s])timeout\s*=\s*"?([0-9]{1,6})/i;
const MAX_DRAINED_BYTES = 64 * 1024;
