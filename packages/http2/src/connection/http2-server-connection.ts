import type { HttpUpgrade, InformationalResponse } from '@lamella/http';
import {
  errorResponse,
  HttpBody,
  HttpRequest,
  HttpResponse,
  HttpStreamResetError,
  headersOfValidFields,
} from '@lamella/http';
import type { CloseInfo, Connection } from '@lamella/net-core';
import {
  AlpnSelected,
  createConnection,
  formatAddress,
  PeerAddress,
  TlsSession,
  toStreamError,
} from '@lamella/net-core';
import type {
  AbortListener,
  Clock,
  Drainable,
  ErrorFacts,
  Extensions,
  Lifecycle,
  Service,
  Timer,
} from '@lamella/service-core';
import { AbortScope, addErrorFacts, ClosedError, UsageError } from '@lamella/service-core';
import { errorCodeName } from '../codec/error-code.ts';
import { Http2ConnectionError } from '../errors.ts';
import type { Http2ClientFacts } from '../protocol/early-frames.ts';
import type { Http2Event } from '../protocol/http2-events.ts';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import { Http2Protocol } from '../protocol/http2-protocol.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import { pumpBody } from './body-pump.ts';
import type { DateValue } from './date-value.ts';
import { Http2Driver } from './http2-driver.ts';
import type { ExchangeHost } from './server-exchange.ts';
import { ServerExchange } from './server-exchange.ts';
import { announcedLength, requestHeaders, requestTarget, responseHead, tunnelHead } from './server-messages.ts';
import { TunnelStream } from './tunnel-stream.ts';
import { receivedTrailers, trailerFields } from './wire-fields.ts';

/** Options of {@link Http2ServerConnection}; defaults are set by the server layer. */
export interface Http2ServerConnectionOptions {
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
  readonly allowsExtendedConnect: boolean;
  /** Requests after which a connection ends. */
  readonly maxRequests: number;
  /** Draws the age after which a connection takes no more requests, in milliseconds. */
  readonly drawMaxAgeMs: () => number;
  readonly clock: Clock;
  /** Makes the Date field; one for all connections of a server. */
  readonly dateValue: DateValue;
  /** Where the connection takes part in draining. */
  readonly lifecycle: Lifecycle | undefined;
  /** Hears of every failure of the service, of a tunnel, and of a peer that broke the rules. */
  readonly onError: (error: unknown, request: HttpRequest | undefined) => void;
}

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
  readonly #exchanges = new Set<ServerExchange>();
  readonly #resolveDrained: () => void;
  /** What requests to this server itself say. */
  readonly #scheme: string;
  #driver: Http2Driver<ServerExchange> | undefined;
  #registration: Disposable | undefined;
  #abortListener: AbortListener | undefined;
  #ageTimer: Timer | undefined;
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
    this.#protocol = new Http2Protocol(
      { role: 'server', limits, timeouts, allowsExtendedConnect },
      clock.coarseNowMs(),
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
    this.#ageTimer = clock.startTimer(drawMaxAgeMs(), () => this.startDrain());
    const { writeTimeoutMs } = timeouts;
    this.#driver = new Http2Driver(this.#connection.stream, this.#protocol, this, { clock, writeTimeoutMs });
    return this.drained;
  }

  get client(): Http2ClientFacts {
    return this.#protocol.early;
  }

  // ---- Drainable

  get isIdle(): boolean {
    return this.#exchanges.size === 0;
  }

  startDrain(): void {
    this.#protocol.shutdown(this.#options.clock.nowMs());
    for (const exchange of this.#exchanges) if (exchange.isEventStream) this.#endEventStream(exchange);
    this.#driver?.turn();
  }

  /** Ends now. */
  destroy(reason: unknown): void {
    const wasIdle = this.isIdle;
    for (const exchange of [...this.#exchanges]) this.#abandon(exchange, reason);
    this.#connection.stream.destroy(wasIdle ? undefined : reason);
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
        else if (owner?.body?.isDiscarded === false) {
          if (owner.body.push(event.bytes)) this.#driver?.keepChunk();
          owner.body.flush();
        } else this.#protocol.consume(event.stream, event.bytes.length, this.#nowMs);
        break;
      }
      case 'end': {
        const { owner } = event.stream;
        owner?.tunnel?.end();
        owner?.body?.end(receivedTrailers(event.trailers, event.neverIndexed));
        owner?.body?.flush();
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
          this.#abandon(event.stream.owner, this.#told(toStreamError({ reason: 'eof' })));
        }
        break;
      case 'stream-failed':
        if (event.stream.owner !== undefined) this.#abandon(event.stream.owner, this.#told(event.error));
        break;
      case 'goaway':
        this.#failure = new Http2ConnectionError(event.errorCode, event.debugText, {
          facts: this.#facts('connection'),
        });
        break;
      case 'failed':
        this.#failure = this.#told(event.error);
        for (const exchange of [...this.#exchanges]) this.#abandon(exchange, event.error);
        this.#driver?.close(event.error);
        this.#options.onError(event.error, undefined);
        break;
      case 'closed':
        queueMicrotask(() => this.#driver?.close());
        break;
      default:
        break;
    }
  }

  onClosed(info: CloseInfo): void {
    const reason = this.#failure ?? this.#told(toStreamError(info));
    for (const exchange of [...this.#exchanges]) this.#abandon(exchange, reason, info);
    this.#ageTimer?.cancel();
    this.#abortListener?.close();
    this.#registration?.[Symbol.dispose]();
    this.#resolveDrained();
  }

  // ---- requests

  #takeRequest(exchange: ServerExchange): void {
    const { stream } = exchange;
    stream.owner = exchange;
    // Services go on for a while when their stream is gone; a client must not set more and more of them to work by that.
    if (this.#running >= 2 * this.#options.limits.maxConcurrentStreams) {
      this.#protocol.reset(stream, 'REFUSED_STREAM', this.#nowMs);
      return;
    }
    this.#exchanges.add(exchange);
    if (exchange.head.method === 'CONNECT') {
      exchange.tunnel = this.#tunnelOf(exchange);
      if (stream.isRemoteEnded) exchange.tunnel.end();
    }
    if (++this.#requestCount >= this.#options.maxRequests) this.#protocol.shutdown(this.#nowMs);
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
        this.#respond(exchange, response, request);
      },
      (error: unknown) => {
        this.#running--;
        this.#fail(exchange, error, request);
      },
    );
  }

  #requestOf(exchange: ServerExchange): HttpRequest {
    const { head, context } = exchange;
    const isConnect = head.method === 'CONNECT' && head.protocol === undefined;
    return new HttpRequest({
      // An extended CONNECT is shown as the Upgrade of HTTP/1.1 that it stands for. RFC 8441 section 5.
      method: head.protocol === undefined ? head.method : 'GET',
      target: isConnect ? head.authority : requestTarget(head, this.#scheme),
      version: '2',
      headers: headersOfValidFields(requestHeaders(exchange), head.neverIndexed),
      body: this.#requestBody(exchange),
      onInformational: (response) => this.#sendInformational(exchange, response),
      context,
    });
  }

  #requestBody({ head, body }: ServerExchange): HttpBody {
    return body?.toHttpBody(head.contentLength >= 0 ? head.contentLength : undefined) ?? HttpBody.empty;
  }

  // ---- the request body

  wantBody(exchange: ServerExchange, isWanted: boolean): void {
    if (exchange.owesContinue && isWanted && !exchange.stream.hasSentHead) this.#sendContinue(exchange);
    this.#protocol.wantBody(exchange.stream, isWanted, this.#nowMs);
    this.#driver?.turn();
  }

  takenBody(exchange: ServerExchange, byteCount: number): void {
    this.#protocol.consume(exchange.stream, byteCount, this.#nowMs);
    this.#driver?.turn();
  }

  /** Nobody wants the rest. What comes is thrown away, until the response is complete and the client is told to stop. */
  cancelBody(exchange: ServerExchange): void {
    if (exchange.isOver) this.#stopRequest(exchange);
  }

  #sendContinue(exchange: ServerExchange): void {
    exchange.owesContinue = false;
    this.#protocol.sendFields(exchange.stream, [':status', '100'], false, this.#nowMs, false);
  }

  /** RFC 9113 section 8.1: the response is complete, and the rest of the request is of no use. */
  #stopRequest({ stream }: ServerExchange): void {
    if (!stream.isRemoteEnded) this.#protocol.reset(stream, 'NO_ERROR', this.#nowMs);
    this.#driver?.turn();
  }

  // ---- the response

  #respond(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    if (typeof response?.with !== 'function') {
      this.#fail(exchange, new UsageError('the service gave no HttpResponse'), request);
      return;
    }
    if (exchange.isOver) {
      response[Symbol.dispose]();
      return;
    }
    try {
      if (response.upgrade !== undefined) this.#acceptTunnel(exchange, response, response.upgrade);
      else if (exchange.tunnel !== undefined && isPositive(response)) this.#refuseTunnel(exchange, response, request);
      else this.#send(exchange, response, request);
    } catch (error) {
      response[Symbol.dispose]();
      this.#fail(exchange, error, request);
    }
    this.#driver?.turn();
  }

  /** The service failed, or what it gave can't be sent. */
  #fail(exchange: ServerExchange, error: unknown, request: HttpRequest): void {
    if (exchange.isBreakOff(error)) return;
    this.#options.onError(error, request);
    if (exchange.isOver) return;
    if (!exchange.stream.hasSentHead) this.#send(exchange, errorResponse(error), request);
    else this.#breakOff(exchange, error); // a response is on its way and can't be completed: never a fake end
    this.#driver?.turn();
  }

  #breakOff(exchange: ServerExchange, error: unknown): void {
    this.#protocol.reset(exchange.stream, 'INTERNAL_ERROR', this.#nowMs);
    this.#abandon(exchange, error);
  }

  #sendInformational(exchange: ServerExchange, { status, headers }: InformationalResponse): void {
    if (exchange.isOver || exchange.stream.hasSentHead || status === 101) return;
    if (status === 100) exchange.owesContinue = false;
    this.#protocol.sendFields(
      exchange.stream,
      responseHead(status, headers, undefined, 'stated'),
      false,
      this.#nowMs,
      false,
      headers.neverIndexed,
    );
    this.#driver?.turn();
  }

  #send(exchange: ServerExchange, response: HttpResponse, request: HttpRequest): void {
    const { stream, head } = exchange;
    const { body, status, headers } = response;
    const isBodyless = head.method === 'HEAD' || status === 204 || status === 304;
    const date = headers.has('date') ? undefined : this.#date;
    const fields = responseHead(status, headers, date, announcedLength(head.method, response));
    if (isBodyless) {
      this.#protocol.sendFields(stream, fields, true, this.#nowMs, true, headers.neverIndexed);
      body.cancel();
      this.#finish(exchange);
      return;
    }
    const whole = body.takeWhole();
    if (whole === undefined) {
      const begin = (): void => {
        this.#protocol.sendFields(stream, fields, false, this.#nowMs, true, headers.neverIndexed);
        exchange.isEventStream = EVENT_STREAM.test(headers.get('content-type') ?? '');
      };
      // RFC 9110 section 10.1.1: a client that waits for leave to send its body takes a response for the answer that nobody wants it.
      // Where the response is made of that body, reading the one asks for the other.
      const waits = exchange.owesContinue;
      if (!waits) begin();
      exchange.outgoing = body;
      void this.#pump(exchange, body, request, waits ? begin : undefined);
      return;
    }
    const trailers = trailerFields(body.trailers);
    const isEmpty = whole.length === 0;
    const isAll = isEmpty && trailers === undefined;
    this.#protocol.sendFields(stream, fields, isAll, this.#nowMs, true, headers.neverIndexed);
    if (!isEmpty) {
      const bytes = typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole;
      this.#protocol.sendData(stream, bytes, trailers === undefined, this.#nowMs);
    }
    const { neverIndexed } = body.trailers ?? {};
    if (trailers !== undefined) this.#protocol.sendTrailers(stream, trailers, this.#nowMs, neverIndexed);
    this.#finish(exchange);
  }

  async #pump(exchange: ServerExchange, body: HttpBody, request: HttpRequest, begin?: () => void): Promise<void> {
    const { stream } = exchange;
    const send = (chunk: Uint8Array): void => {
      this.#protocol.sendData(stream, chunk, false, this.#nowMs);
      this.#driver?.turn();
    };
    try {
      const isComplete = await pumpBody(body, exchange, send, begin);
      if (!isComplete) return;
      this.#endBody(exchange, body);
    } catch (error) {
      // A drain has ended the stream while its next event was waited for: that is no failure of anybody.
      if (exchange.isOver && exchange.isEventStream && error instanceof ClosedError) return;
      this.#fail(exchange, error, request);
    }
  }

  #endBody(exchange: ServerExchange, body: HttpBody): void {
    const trailers = trailerFields(body.trailers);
    if (trailers === undefined) this.#protocol.sendData(exchange.stream, NOTHING, true, this.#nowMs);
    else this.#protocol.sendTrailers(exchange.stream, trailers, this.#nowMs, body.trailers?.neverIndexed);
    this.#finish(exchange);
    this.#driver?.turn();
  }

  /** An event stream has no end of its own: a drain ends it cleanly, and the client comes back elsewhere. */
  #endEventStream(exchange: ServerExchange): void {
    const { outgoing, stream } = exchange;
    if (stream.pending === undefined) this.#protocol.sendData(stream, NOTHING, true, this.#nowMs);
    else stream.endsAfterPending = true;
    this.#finish(exchange);
    outgoing?.cancel(new ClosedError('the server is draining'));
    exchange.onSent?.();
  }

  /** The response is given in full, though not all may be written. */
  #finish(exchange: ServerExchange): void {
    exchange.finish();
    this.#exchanges.delete(exchange);
    const { body, stream } = exchange;
    if (stream.isRemoteEnded) return;
    body?.discard(new ClosedError('the request was answered before its body was read'));
    // What was given must be written first: RST_STREAM would cut it off.
    if (stream.pending === undefined) this.#stopRequest(exchange);
    else exchange.onSent = () => this.#stopRequest(exchange);
  }

  // ---- tunnels

  #acceptTunnel(exchange: ServerExchange, response: HttpResponse, upgrade: HttpUpgrade): void {
    const { stream, head } = exchange;
    if (exchange.tunnel === undefined) {
      throw new UsageError(`a ${response.status} upgrade does not fit the ${head.method} request of HTTP/2`);
    }
    const { status, headers } = response;
    const fields = tunnelHead(status, headers, this.#date);
    this.#protocol.sendFields(stream, fields, false, this.#nowMs, true, headers.neverIndexed);
    this.#protocol.startTunnel(stream);
    void this.#runTunnel(exchange, exchange.tunnel, upgrade);
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

  /** Made with the request: what the client sends behind its CONNECT is the begin of the tunnel. */
  #tunnelOf(exchange: ServerExchange): TunnelStream {
    const { stream } = exchange;
    return new TunnelStream({
      send: (bytes, isEnd) => {
        this.#protocol.sendData(stream, bytes, isEnd, this.#nowMs);
        this.#driver?.turn();
      },
      taken: (byteCount) => this.takenBody(exchange, byteCount),
      reset: (isPlain) => {
        this.#protocol.reset(stream, isPlain ? 'NO_ERROR' : 'CANCEL', this.#nowMs);
        this.#driver?.turn();
      },
    });
  }

  async #runTunnel(exchange: ServerExchange, tunnel: TunnelStream, upgrade: HttpUpgrade): Promise<void> {
    const upgraded = createConnection(tunnel, {
      // What TLS has chosen for the connection says nothing of what is spoken in a tunnel.
      extensions: exchange.ingress.fork('upgrade', {
        hide: exchange.head.protocol === undefined ? [AlpnSelected] : [],
      }),
      scope: new AbortScope(this.scope),
    });
    try {
      await upgrade.handler.serve(upgraded);
    } catch (error) {
      this.#options.onError(error, undefined);
    } finally {
      upgraded.scope.close();
      tunnel.destroy(); // whatever the handler has left open
      exchange.finish();
      this.#exchanges.delete(exchange);
    }
  }

  // ---- the end

  #onReset(exchange: ServerExchange | undefined, errorCode: number): void {
    if (exchange === undefined) return;
    const resetCode = errorCodeName(errorCode);
    const options = { resetCode, origin: 'remote', processed: 'unknown', facts: this.#facts('response') } as const;
    this.#abandon(exchange, new HttpStreamResetError(`the client reset the stream with ${resetCode}`, options));
  }

  #abandon(exchange: ServerExchange, reason: unknown, info: CloseInfo = { reason: 'reset', error: reason }): void {
    exchange.tunnel?.fail(info);
    exchange.abandon(reason);
    if (!exchange.stream.isTunnel) this.#exchanges.delete(exchange);
  }

  #told(error: unknown): unknown {
    return addErrorFacts(error, this.#facts('response'));
  }

  #facts(phase: string): ErrorFacts {
    const peer = this.extensions.get(PeerAddress);
    return { layer: 'h2', phase, retryable: false, ...(peer === undefined ? {} : { peer: formatAddress(peer) }) };
  }

  get #nowMs(): number {
    return this.#options.clock.coarseNowMs();
  }

  get #date(): string {
    const { clock, dateValue } = this.#options;
    return dateValue.at(clock.coarseNowMs(), clock.epochMs);
  }
}

function isPositive({ status }: HttpResponse): boolean {
  return status >= 200 && status <= 299;
}

const EVENT_STREAM = /^text\/event-stream\b/i;
const NOTHING = new Uint8Array(0);
