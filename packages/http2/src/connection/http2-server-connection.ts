import type { AbortCause, HttpResponse } from '@lamella/http';
import { HttpRequest, HttpStreamResetError, headersOfValidFields } from '@lamella/http';
import type { CloseInfo, Connection } from '@lamella/net-core';
import { afterFirstMoment, formatAddress, PeerAddress, TlsSession, toStreamError } from '@lamella/net-core';
import type {
  AbortListener,
  AbortScope,
  Drainable,
  ErrorFacts,
  Extensions,
  Service,
  Timer,
} from '@lamella/service-core';
import { addErrorFacts, ClosedError } from '@lamella/service-core';
import { errorCodeName } from '../codec/error-code.ts';
import { Http2ConnectionError } from '../errors.ts';
import type { Http2ClientFacts } from '../protocol/early-frames.ts';
import type { Http2Event } from '../protocol/http2-events.ts';
import { Http2Protocol } from '../protocol/http2-protocol.ts';
import { Http2Driver } from './http2-driver.ts';
import { LaterCause } from './later-cause.ts';
import type { ExchangeHost } from './server-exchange.ts';
import { ServerExchange } from './server-exchange.ts';
import { requestHeaders, requestTarget } from './server-messages.ts';
import { ServerResponses } from './server-responses.ts';
import { ServerTunnels } from './server-tunnels.ts';
import type { Http2ServerConnectionOptions } from './server-work.ts';
import { ServerWork } from './server-work.ts';
import { receivedTrailers } from './wire-fields.ts';

/** Serves one HTTP/2 connection: requests go to a service, each on a stream of its own. RFC 9113 section 8. */
export class Http2ServerConnection implements Drainable, ExchangeHost {
  readonly protocol = 'h2' as const;
  readonly drained: Promise<void>;
  readonly extensions: Extensions<'connection'>;
  readonly scope: AbortScope;
  readonly #connection: Connection;
  readonly #service: Service<HttpRequest, HttpResponse>;
  readonly #options: Http2ServerConnectionOptions;
  readonly #protocol: Http2Protocol<ServerExchange>;
  readonly #work: ServerWork;
  readonly #tunnels: ServerTunnels;
  readonly #responses: ServerResponses;
  readonly #resolveDrained: () => void;
  readonly #startedMs: number;
  /** What requests to this server itself say. */
  readonly #scheme: string;
  #registration: Disposable | undefined;
  #abortListener: AbortListener | undefined;
  #ageTimer: Timer | undefined;
  /** Runs while a drain waits for the greeting. */
  #firstMoment: Timer | undefined;
  /** Those whose head has come in this turn, and has a body. */
  #held: ServerExchange[] = [];
  /** Services that are at work, those for streams that are gone included. */
  #running = 0;
  #requestCount = 0;
  #failure: unknown;

  constructor(
    connection: Connection,
    service: Service<HttpRequest, HttpResponse>,
    options: Http2ServerConnectionOptions,
  ) {
    const { limits, timeouts, allowsExtendedConnect, clock } = options;
    this.#connection = connection;
    this.extensions = connection.extensions;
    this.scope = connection.scope;
    this.#scheme = this.extensions.get(TlsSession) === undefined ? 'http' : 'https';
    this.#service = service;
    this.#options = options;
    this.#startedMs = clock.nowMs();
    this.#protocol = new Http2Protocol(
      { role: 'server', limits, timeouts, allowsExtendedConnect },
      clock.coarseNowMs(),
    );
    this.#work = new ServerWork(options, this.#protocol, this.scope);
    this.#tunnels = new ServerTunnels(this.#work);
    this.#responses = new ServerResponses(this.#work, this.#tunnels, (exchange, reason) =>
      this.#abandon(exchange, reason),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.#resolveDrained = resolve;
  }

  /** Serves the connection. Resolves when it has ended, tunnels included; never rejects. */
  run(): Promise<void> {
    const { clock, lifecycle, timeouts, drawMaxAgeMs } = this.#options;
    this.extensions.seal(); // what is known of the connection is known now; requests only read it
    this.#registration = lifecycle?.register(this);
    this.#abortListener = this.scope.onAbort((reason) => this.destroy(reason));
    const maxAgeMs = drawMaxAgeMs();
    if (maxAgeMs < Number.POSITIVE_INFINITY) this.#ageTimer = clock.startTimer(maxAgeMs, () => this.#endAge());
    const { writeTimeoutMs } = timeouts;
    this.#work.driver = new Http2Driver(this.#connection.stream, this.#protocol, this, { clock, writeTimeoutMs });
    return this.drained;
  }

  get trustsScheme(): boolean {
    return this.#options.trustsScheme;
  }

  get client(): Http2ClientFacts {
    return this.#protocol.early;
  }

  // ---- Drainable

  get isIdle(): boolean {
    return this.#work.exchanges.size === 0;
  }

  /** Who has greeted hears of it in two steps, and loses nothing; who has only just connected is about to. */
  startDrain(): void {
    if (this.#protocol.hasGreeting) this.#leave();
    else this.#firstMoment = afterFirstMoment(this.#options.clock, this.#startedMs, () => this.#leave());
  }

  #leave(): void {
    this.#firstMoment?.cancel();
    this.#firstMoment = undefined;
    this.#work.isDraining = true;
    this.#protocol.shutdown(this.#options.clock.nowMs());
    for (const exchange of this.#work.exchanges.all())
      if (exchange.isEventStream) this.#responses.endEventStream(exchange);
    this.#work.turn();
  }

  /** Ends now. */
  destroy(reason: unknown): void {
    const wasIdle = this.isIdle;
    this.#work.driver?.flush(); // answers may have been given in this very turn
    for (const exchange of this.#work.exchanges.all()) this.#abandon(exchange, reason);
    this.#connection.stream.destroy(wasIdle ? undefined : reason);
  }

  /** It takes no more requests; those under way have the grace for their end. */
  #endAge(): void {
    const { clock, connectionAgeGraceMs } = this.#options;
    this.#leave();
    if (connectionAgeGraceMs === Number.POSITIVE_INFINITY) return;
    this.#ageTimer = clock.startTimer(connectionAgeGraceMs, () => this.#endGrace());
  }

  #endGrace(): void {
    const reason = new ClosedError('the connection has reached its age, and the grace behind it is over');
    for (const exchange of this.#work.exchanges.all()) this.#abandon(exchange, reason);
    this.#protocol.leaveNow(this.#work.nowMs);
    this.#work.turn();
  }

  // ---- events

  onEvent(event: Http2Event<ServerExchange>): void {
    switch (event.type) {
      case 'request':
        this.#takeRequest(new ServerExchange(this, event.stream, event.head, event.hasBody));
        break;
      case 'data': {
        const { owner } = event.stream;
        if (owner?.tunnel !== undefined) owner.tunnel.push(event.bytes);
        else if (owner?.wantsBody === true) {
          if (owner.pushBody(event.bytes)) this.#work.driver?.keepChunk();
        } else this.#protocol.consume(event.stream, event.bytes.length, this.#work.nowMs);
        break;
      }
      case 'end': {
        const { owner } = event.stream;
        owner?.tunnel?.end();
        owner?.endBody(receivedTrailers(event.trailers, event.neverIndexed));
        if (owner?.isHeld === true) this.#serve(owner);
        break;
      }
      case 'sent':
        event.stream.owner?.onSent?.();
        event.stream.owner?.tunnel?.onSent();
        break;
      case 'reset':
        this.#onReset(event.stream.owner, event.errorCode);
        break;
      case 'cut':
        if (event.stream.owner !== undefined) {
          this.#abandon(event.stream.owner, this.#told(toStreamError({ reason: 'eof' }), event.stream.owner));
        }
        break;
      case 'stream-failed':
        if (event.stream.owner !== undefined) {
          this.#abandon(event.stream.owner, this.#told(event.error, event.stream.owner));
        }
        break;
      case 'goaway':
        this.#failure = new Http2ConnectionError(event.errorCode, event.debugText, {
          facts: this.#facts('connection'),
        });
        break;
      case 'failed':
        this.#failure = this.#told(event.error);
        for (const exchange of this.#work.exchanges.all()) this.#abandon(exchange, event.error);
        this.#work.driver?.close(event.error);
        this.#options.onError(event.error, undefined);
        break;
      case 'closed':
        queueMicrotask(() => this.#work.driver?.close());
        break;
      default:
        break;
    }
  }

  /** All that came with them is here: the services of those whose body is not whole are called. */
  onQuiet(): void {
    if (this.#firstMoment !== undefined && this.#protocol.hasGreeting) this.#leave();
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    for (const exchange of held) if (exchange.isHeld) this.#serve(exchange);
  }

  onClosed(info: CloseInfo): void {
    const reason = this.#failure ?? this.#told(toStreamError(info));
    for (const exchange of this.#work.exchanges.all()) this.#abandon(exchange, reason, info);
    this.#ageTimer?.cancel();
    this.#firstMoment?.cancel();
    this.#abortListener?.close();
    this.#registration?.[Symbol.dispose]();
    this.#resolveDrained();
  }

  // ---- requests

  #takeRequest(exchange: ServerExchange): void {
    const { stream } = exchange;
    stream.owner = exchange;
    // Services go on for a while when their stream is gone; a client must not set more and more of them to work by that.
    if (this.#running + this.#held.length >= 2 * this.#options.limits.maxConcurrentStreams) {
      this.#protocol.reset(stream, 'REFUSED_STREAM', this.#work.nowMs);
      return;
    }
    this.#work.exchanges.add(exchange);
    if (exchange.head.method === 'CONNECT') {
      exchange.tunnel = this.#tunnels.open(exchange);
      if (stream.isRemoteEnded) exchange.tunnel.end();
    }
    if (++this.#requestCount >= this.#options.maxRequests) this.#protocol.shutdown(this.#work.nowMs);
    exchange.isHeld = exchange.wantsBody && !exchange.owesContinue;
    if (exchange.isHeld) this.#held.push(exchange);
    else this.#serve(exchange);
  }

  #serve(exchange: ServerExchange): void {
    exchange.isHeld = false;
    if (exchange.isOver) return; // the client has taken it back in one breath
    const request = this.#requestOf(exchange);
    this.#running++;
    let answer: Promise<HttpResponse>;
    try {
      answer = Promise.resolve(this.#service.serve(request));
    } catch (error) {
      answer = Promise.reject(error); // a service gives a promise, but one that does not shall not take the connection down
    }
    answer.then(
      (response) => {
        this.#running--;
        this.#responses.respond(exchange, response, request);
      },
      (error: unknown) => {
        this.#running--;
        this.#responses.fail(exchange, error, request);
      },
    );
  }

  #requestOf(exchange: ServerExchange): HttpRequest {
    const { head, context } = exchange;
    const isConnect = head.method === 'CONNECT' && head.protocol === undefined;
    return new HttpRequest({
      // An extended CONNECT is shown as the Upgrade of HTTP/1.1 that it stands for. RFC 8441 section 5.
      method: head.protocol === undefined ? head.method : 'GET',
      target: isConnect ? head.authority : requestTarget(head, this.#scheme, this.trustsScheme),
      version: '2',
      headers: headersOfValidFields(requestHeaders(exchange), head.neverIndexed),
      body: exchange.takeBody(),
      onInformational: (response) => this.#responses.sendInformational(exchange, response),
      context,
    });
  }

  // ---- the request body

  wantBody(exchange: ServerExchange, isWanted: boolean): void {
    if (exchange.owesContinue && isWanted && !exchange.stream.hasSentHead) this.#responses.sendContinue(exchange);
    exchange.stream.allowsQuiet = exchange.context.allowsQuiet;
    this.#protocol.wantBody(exchange.stream, isWanted, this.#work.nowMs);
    this.#work.turn();
  }

  takenBody(exchange: ServerExchange, byteCount: number): void {
    this.#protocol.consume(exchange.stream, byteCount, this.#work.nowMs);
    this.#work.turn();
  }

  /** Nobody wants the rest. What comes is thrown away, until the response is complete and the client is told to stop. */
  cancelBody(exchange: ServerExchange): void {
    if (exchange.isOver) this.#responses.stopRequest(exchange);
  }

  // ---- the end

  #onReset(exchange: ServerExchange | undefined, errorCode: number): void {
    if (exchange === undefined) return;
    const { phase } = exchange;
    this.#end(exchange, new LaterCause(() => this.#reset(errorCode, phase)));
  }

  #reset(errorCode: number, phase: string): HttpStreamResetError {
    const resetCode = errorCodeName(errorCode);
    const options = { resetCode, origin: 'remote', processed: 'unknown' } as const;
    const error = new HttpStreamResetError(`the client reset the stream with ${resetCode}`, options);
    return addErrorFacts(error, this.#facts(phase));
  }

  #abandon(exchange: ServerExchange, reason: unknown, info?: CloseInfo): void {
    this.#end(exchange, { reason }, info);
  }

  #end(exchange: ServerExchange, cause: AbortCause, info?: CloseInfo): void {
    if (!exchange.stream.isTunnel) this.#work.exchanges.delete(exchange);
    exchange.tunnel?.fail(info ?? { reason: 'reset', error: cause.reason });
    try {
      exchange.abandon(cause);
    } catch (error) {
      this.#work.options.onError(error, undefined); // a listener of one service must not stop what others wait for
    }
  }

  /** @param exchange - The one that it ends. Default: all. */
  #told(error: unknown, exchange?: ServerExchange): unknown {
    return addErrorFacts(error, this.#facts(exchange?.phase ?? this.#phase));
  }

  /** That of all exchanges, if it is the same. */
  get #phase(): string {
    const [phase, other] = new Set(this.#work.exchanges.all().map((exchange) => exchange.phase));
    return phase === undefined || other !== undefined ? 'connection' : phase;
  }

  #facts(phase: string): ErrorFacts {
    const peer = this.extensions.get(PeerAddress);
    return { layer: 'h2', phase, retryable: false, ...(peer === undefined ? {} : { peer: formatAddress(peer) }) };
  }
}
