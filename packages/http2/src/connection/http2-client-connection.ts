import type { HttpConnection, HttpHeaders, HttpRequest } from '@lamella/http';
import {
  CallStart,
  ExchangeTimings,
  HttpBody,
  HttpConnectionError,
  HttpResponse,
  HttpStreamResetError,
  HttpTimings,
  headersOfValidFields,
  IncomingBody,
  isToken,
  reasonPhrase,
} from '@lamella/http';
import type { CloseInfo, Connection, UpgradedConnection } from '@lamella/net-core';
import { createConnection, formatAddress, PeerAddress, TlsSession, toStreamError } from '@lamella/net-core';
import type { Clock, ErrorFacts, Extensions, Timer } from '@lamella/service-core';
import { addErrorFacts, ClosedError, TimeoutError, UsageError } from '@lamella/service-core';
import { ERROR_CODE, errorCodeName } from '../codec/error-code.ts';
import { Http2ConnectionError, Http2ProtocolError } from '../errors.ts';
import { Http2StreamId } from '../keys.ts';
import type { Http2Event } from '../protocol/http2-events.ts';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import { Http2Protocol } from '../protocol/http2-protocol.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import type { Http2ResponseHead } from '../protocol/message-fields.ts';
import type { Http2SettingName } from '../protocol/settings-order.ts';
import { pumpBody } from './body-pump.ts';
import type { ClientExchangeHost } from './client-exchange.ts';
import { ClientExchange } from './client-exchange.ts';
import { noUpgrade, retryability, unprocessed } from './client-failures.ts';
import type { ClientRequestHead, PseudoHeaderOrder } from './client-messages.ts';
import { acceptOf, requestHead, upgradeOf } from './client-messages.ts';
import { Http2Driver } from './http2-driver.ts';
import { TunnelStream } from './tunnel-stream.ts';
import { receivedTrailers, trailerFields } from './wire-fields.ts';

/** Options of {@link Http2ClientConnection}; defaults are set by `http2`. */
export interface Http2ClientConnectionOptions {
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
  /** Most requests under way at once, whatever the server allows. */
  readonly maxConcurrentRequests: number;
  /** Most requests before the server has said how many it takes. */
  readonly firstConcurrent: number;
  /** Most interim responses to one request. */
  readonly maxInformational: number;
  /** For a body that is neither read nor cancelled, in milliseconds. */
  readonly bodyIdleTimeoutMs: number;
  /** For 100 (Continue), in milliseconds. */
  readonly expectContinueTimeoutMs: number;
  readonly pseudoHeaderOrder: PseudoHeaderOrder;
  readonly settingsOrder: readonly Http2SettingName[];
  /** The server ends the connection since it was asked for a sign of life too often. */
  readonly onTooManyPings: () => void;
  readonly clock: Clock;
}

/** Sends requests over one HTTP/2 connection, each on a stream of its own. RFC 9113 section 8. */
export class Http2ClientConnection implements HttpConnection, ClientExchangeHost {
  readonly protocol = 'h2' as const;
  readonly extensions: Extensions<'connection'>;
  readonly #connection: Connection;
  readonly #options: Http2ClientConnectionOptions;
  readonly #protocol: Http2Protocol<ClientExchange>;
  readonly #driver: Http2Driver<ClientExchange>;
  readonly #exchanges = new Set<ClientExchange>();
  /** Requests that wait for the settings of the server. */
  readonly #early = new Set<() => void>();
  readonly #scheme: string;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #idleSinceMs: number;
  /** Whether it has brought a response. */
  #hasServed = false;
  /** Whether there may be room that nobody has been told of. */
  #hasNews = false;
  #failure: unknown;
  #destroyed: { readonly reason: unknown } | undefined;
  #readerTimer: Timer | undefined;
  #listener: (() => void) | undefined;

  constructor(connection: Connection, options: Http2ClientConnectionOptions) {
    const { limits, timeouts, settingsOrder, clock } = options;
    this.#connection = connection;
    this.#options = options;
    this.extensions = connection.extensions;
    this.#scheme = this.extensions.get(TlsSession) === undefined ? 'http' : 'https';
    this.extensions.seal();
    this.#idleSinceMs = clock.coarseNowMs();
    this.#protocol = new Http2Protocol({ role: 'client', limits, timeouts, settingsOrder }, clock.coarseNowMs());
    const { writeTimeoutMs } = timeouts;
    this.#driver = new Http2Driver(connection.stream, this.#protocol, this, { clock, writeTimeoutMs });
  }

  // ---- HttpConnection

  get maxConcurrent(): number {
    const { peer } = this.#protocol;
    const { firstConcurrent, maxConcurrentRequests } = this.#options;
    return Math.min(peer.isKnown ? peer.maxConcurrentStreams : firstConcurrent, maxConcurrentRequests);
  }

  get active(): number {
    // A stream may be over for the protocol while its response has not been told yet, and the other way round.
    return Math.max(this.#protocol.activeStreams, this.#exchanges.size) + this.#early.size;
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#state === 'open' && !this.#protocol.isOpen ? 'closing' : this.#state;
  }

  get idleSinceMs(): number {
    return this.#idleSinceMs;
  }

  get peerIdleTimeoutMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  readonly onChange = (listener: () => void): void => {
    this.#listener = listener;
  };

  readonly serve = (request: HttpRequest): Promise<HttpResponse> => {
    const problem = this.#problem;
    if (problem !== undefined) return Promise.reject(problem);
    try {
      request.scope.throwIfAborted();
      const upgrade = upgradeOf(request);
      if (upgrade !== undefined && !this.#protocol.peer.isKnown) return this.#serveLater(request);
      if (upgrade !== undefined && !this.#allowsUpgrade(upgrade, request)) throw noUpgrade(upgrade);
      return this.#begin(request, requestHead(request, this.#scheme, this.#options.pseudoHeaderOrder, upgrade));
    } catch (error) {
      return Promise.reject(error);
    }
  };

  readonly close = async (): Promise<void> => {
    if (this.#state === 'open') this.#setState('closing');
    this.#protocol.shutdown(this.#nowMs);
    this.#driver.turn();
    await this.#connection.stream.closed;
  };

  readonly destroy = (reason: unknown = new ClosedError('the connection was destroyed')): void => {
    this.#destroyed ??= { reason };
    this.#failAll(() => reason);
    this.#setState('closed');
    this.#connection.stream.destroy(reason);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #problem(): unknown {
    if (this.state !== 'open') return new ClosedError('the connection takes no more requests');
    if (this.active < this.maxConcurrent) return undefined;
    return new UsageError(`the connection has ${this.active} requests under way, and takes no more now`);
  }

  // ---- sending

  /** A version, or a choice of several, has no place in :protocol, and content none in front of the tunnel. RFC 8441 section 4. */
  #allowsUpgrade(upgrade: string, { body }: HttpRequest): boolean {
    return this.#protocol.peer.allowsConnectProtocol && isToken(upgrade) && body.isEmpty;
  }

  /** Whether the server takes extended CONNECT is told by its settings, which come with its first bytes. */
  async #serveLater(request: HttpRequest): Promise<HttpResponse> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const abort = request.scope.onAbort(() => resolve());
    this.#early.add(resolve);
    await promise;
    this.#early.delete(resolve);
    abort.close();
    this.#noteIdle();
    if (this.#destroyed !== undefined) throw this.#destroyed.reason;
    // Nothing of it has left this machine: it may go elsewhere.
    if (!request.scope.aborted && this.#problem !== undefined) throw this.#unsent();
    return this.serve(request);
  }

  #begin(request: HttpRequest, head: ClientRequestHead): Promise<HttpResponse> {
    const exchange = new ClientExchange(this, request, head.becomes, this.#options.clock.nowMs());
    const { body, method } = request;
    // RFC 8441: what follows an extended CONNECT is the tunnel, and begins when it is accepted.
    const isTunnel = head.becomes !== undefined;
    const endsWithHead = !isTunnel && body.isEmpty;
    const stream = this.#protocol.openStream(
      head.fields,
      endsWithHead,
      method === 'HEAD',
      this.#nowMs,
      request.headers.neverIndexed,
    );
    this.#exchanges.add(exchange);
    exchange.start(stream, (reason) => this.#giveUp(exchange, reason));
    if (endsWithHead || isTunnel) {
      body.takeWhole();
      exchange.sentMs = exchange.beganMs;
    } else if (request.headers.get('expect')?.toLowerCase() === '100-continue') this.#awaitContinue(exchange);
    else this.#sendBody(exchange);
    this.#driver.turn();
    return exchange.response;
  }

  /** RFC 9110 section 10.1.1: the body waits for 100 (Continue), but not for ever. */
  #awaitContinue(exchange: ClientExchange): void {
    const { clock, expectContinueTimeoutMs } = this.#options;
    const timer = clock.startTimer(expectContinueTimeoutMs, () => exchange.onContinue?.());
    exchange.onContinue = () => {
      timer.cancel();
      exchange.onContinue = undefined;
      if (exchange.isOver || exchange.headMs !== undefined) return;
      this.#sendBody(exchange);
      this.#driver.turn();
    };
  }

  #sendBody(exchange: ClientExchange): void {
    const { body } = exchange.request;
    const whole = body.takeWhole();
    if (whole === undefined) {
      const send = (chunk: Uint8Array): void => this.#sendChunk(exchange, chunk, false);
      pumpBody(body, exchange, send)
        .then((isComplete) => isComplete && this.#endBody(exchange, body))
        .catch((error: unknown) => this.#giveUp(exchange, error)); // the request can't be completed
      return;
    }
    try {
      this.#sendWhole(exchange, body, whole);
    } catch (error) {
      this.#giveUp(exchange, error); // its trailers can't be made
    }
  }

  #sendWhole(exchange: ClientExchange, body: HttpBody, whole: Uint8Array | string): void {
    const trailers = trailerFields(body.trailers);
    exchange.sentMs = this.#options.clock.nowMs();
    const bytes = typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole;
    exchange.bytesOut += bytes.length;
    this.#protocol.sendData(exchange.stream, bytes, trailers === undefined, this.#nowMs);
    const { neverIndexed } = body.trailers ?? {};
    if (trailers !== undefined) this.#protocol.sendTrailers(exchange.stream, trailers, this.#nowMs, neverIndexed);
  }

  #sendChunk(exchange: ClientExchange, chunk: Uint8Array, isEnd: boolean): void {
    exchange.bytesOut += chunk.length;
    this.#protocol.sendData(exchange.stream, chunk, isEnd, this.#nowMs);
    this.#driver.turn();
  }

  #endBody(exchange: ClientExchange, body: HttpBody): void {
    const trailers = trailerFields(body.trailers);
    exchange.sentMs = this.#options.clock.nowMs();
    if (trailers === undefined) this.#sendChunk(exchange, NOTHING, true);
    else this.#protocol.sendTrailers(exchange.stream, trailers, this.#nowMs, body.trailers?.neverIndexed);
    this.#driver.turn();
  }

  /** We don't want the exchange any more. */
  #giveUp(exchange: ClientExchange, reason: unknown): void {
    if (exchange.isOver) return;
    this.#protocol.reset(exchange.stream, 'CANCEL', this.#nowMs);
    this.#fail(exchange, reason);
    this.#driver.turn();
  }

  // ---- events

  onEvent(event: Http2Event<ClientExchange>): void {
    switch (event.type) {
      case 'response':
        // What was given up in this very turn may have more to come.
        if (event.stream.owner?.isOver === false) this.#takeHead(event.stream.owner, event.head, event.hasBody);
        break;
      case 'data':
        this.#takeData(event.stream.owner, event.bytes);
        break;
      case 'end':
        if (event.stream.owner !== undefined)
          this.#takeEnd(event.stream.owner, receivedTrailers(event.trailers, event.neverIndexed));
        break;
      case 'sent':
        event.stream.owner?.onSent?.();
        event.stream.owner?.tunnel?.onSent();
        break;
      case 'reset':
        if (event.stream.owner !== undefined) this.#onReset(event.stream.owner, event.errorCode);
        break;
      case 'cut':
        if (event.stream.owner !== undefined) this.#fail(event.stream.owner, this.#cut(event.stream.owner));
        break;
      case 'unprocessed':
        if (event.stream.owner !== undefined) this.#fail(event.stream.owner, unprocessed());
        break;
      case 'stream-failed':
        if (event.stream.owner !== undefined) this.#fail(event.stream.owner, event.error);
        break;
      case 'capacity':
        this.#hasNews = true;
        break;
      case 'goaway':
        this.#failure = new Http2ConnectionError(event.errorCode, event.debugText);
        if (event.errorCode === ERROR_CODE.ENHANCE_YOUR_CALM && event.debugText === 'too_many_pings') {
          this.#options.onTooManyPings();
        }
        break;
      case 'failed':
        this.#failAll(() => event.error);
        this.#setState('closed');
        this.#driver.close(event.error);
        break;
      case 'closed':
        queueMicrotask(() => this.#driver.close());
        break;
      case 'request':
        break; // only servers get one
    }
  }

  onClosed(info: CloseInfo): void {
    const cause = this.#failure ?? toStreamError(info);
    this.#failAll((exchange) => this.#incomplete(exchange, cause), info);
    this.#readerTimer?.cancel();
    this.#setState('closed');
  }

  /** Told only now: in between, what came for others may wait behind the event, and the connection looks idle though it is not. */
  onQuiet(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    if (this.#protocol.peer.isKnown) for (const go of this.#early) go();
    this.#noteIdle();
    this.#listener?.();
  }

  #noteIdle(): void {
    if (this.active === 0) this.#idleSinceMs = this.#nowMs;
  }

  // ---- the response

  #takeHead(exchange: ClientExchange, head: Http2ResponseHead, hasBody: boolean): void {
    const { status } = head;
    const headers = headersOfValidFields(head.fields, head.neverIndexed);
    if (status < 200) {
      this.#takeInterim(exchange, status, headers);
      return;
    }
    this.#hasServed = true;
    exchange.headMs = this.#options.clock.nowMs();
    if (!hasBody) exchange.endedMs = exchange.headMs;
    exchange.onContinue?.();
    if (exchange.becomes !== undefined && status <= 299) {
      exchange.answer(this.#tunnelResponse(exchange, status, headers));
      return;
    }
    // What was to be a tunnel is none; we have nothing more to send there.
    if (exchange.becomes !== undefined) this.#protocol.sendData(exchange.stream, NOTHING, true, this.#nowMs);
    if (hasBody) {
      exchange.body = new IncomingBody(exchange);
      exchange.readerSeenMs = this.#nowMs;
      this.#watchReaders();
    }
    const length = head.contentLength >= 0 ? head.contentLength : undefined;
    exchange.answer(this.#responseOf(exchange, status, headers, exchange.body?.toHttpBody(length) ?? HttpBody.empty));
  }

  #takeInterim(exchange: ClientExchange, status: number, headers: HttpHeaders): void {
    if (++exchange.interimCount > this.#options.maxInformational) {
      const message = `there are more than ${this.#options.maxInformational} interim responses to one request`;
      this.#giveUp(exchange, new Http2ProtocolError('LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND', message, { scope: 'stream' }));
      return;
    }
    try {
      exchange.request.onInformational?.({ status, reason: reasonPhrase(status), headers });
    } catch (error) {
      this.#giveUp(exchange, error); // a failure of the caller, who hears of it
      return;
    }
    if (status === 100) exchange.onContinue?.();
  }

  #responseOf(
    exchange: ClientExchange,
    status: number,
    headers: HttpHeaders,
    body: HttpBody,
    upgraded?: UpgradedConnection,
  ): HttpResponse {
    const { request } = exchange;
    return new HttpResponse({
      status,
      reason: reasonPhrase(status),
      headers,
      body,
      version: '2',
      upgraded,
      makeExtensions: () => {
        const extensions = request.extensions.fork('response');
        extensions.insert(HttpTimings, new ExchangeTimings(exchange, request.extensions.get(CallStart)));
        return extensions;
      },
    });
  }

  /** An extended CONNECT that was accepted looks like the upgrade that it stands for. RFC 8441 section 5. */
  #tunnelResponse(exchange: ClientExchange, status: number, headers: HttpHeaders): HttpResponse {
    const { request, stream } = exchange;
    this.#protocol.startTunnel(stream);
    const tunnel = this.#tunnelOf(exchange);
    exchange.tunnel = tunnel;
    exchange.finish();
    const store = this.extensions.fork('stream');
    store.insert(Http2StreamId, stream.id);
    const upgraded = createConnection(tunnel, { extensions: store.fork('upgrade') });
    void tunnel.closed.then(() => {
      this.#exchanges.delete(exchange);
      this.#hasNews = true;
      this.#driver.turn();
    });
    if (exchange.becomes === 'tunnel') return this.#responseOf(exchange, status, headers, HttpBody.empty, upgraded);
    const upgrade = request.headers.get('upgrade') ?? '';
    headers.append('connection', 'Upgrade');
    headers.append('upgrade', upgrade);
    if (upgrade.toLowerCase() === 'websocket') headers.append('sec-websocket-accept', acceptOf(request));
    return this.#responseOf(exchange, 101, headers, HttpBody.empty, upgraded);
  }

  #tunnelOf(exchange: ClientExchange): TunnelStream {
    const { stream } = exchange;
    return new TunnelStream({
      send: (bytes, isEnd) => this.#sendChunk(exchange, bytes, isEnd),
      taken: (byteCount) => this.takenBody(exchange, byteCount),
      reset: (isPlain) => {
        this.#protocol.reset(stream, isPlain ? 'NO_ERROR' : 'CANCEL', this.#nowMs);
        this.#driver.turn();
      },
    });
  }

  #takeData(exchange: ClientExchange | undefined, bytes: Uint8Array): void {
    if (exchange === undefined) return;
    exchange.bytesIn += bytes.length;
    if (exchange.tunnel !== undefined) exchange.tunnel.push(bytes);
    else if (exchange.body?.isDiscarded === false) {
      if (exchange.body.push(bytes)) this.#driver.keepChunk();
      exchange.body.flush();
    } else this.#protocol.consume(exchange.stream, bytes.length, this.#nowMs);
  }

  #takeEnd(exchange: ClientExchange, trailers: HttpHeaders | undefined): void {
    if (exchange.tunnel !== undefined) {
      exchange.tunnel.end();
      return;
    }
    exchange.endedMs ??= this.#options.clock.nowMs();
    exchange.body?.end(trailers);
    exchange.body?.flush();
    this.#finish(exchange);
  }

  /** The response is complete, and what may be left of the request is of no use. */
  #finish(exchange: ClientExchange): void {
    exchange.finish();
    this.#exchanges.delete(exchange);
    const { stream, request } = exchange;
    if (stream.isLocalEnded || stream.endsAfterPending) return; // all of it is given
    this.#protocol.reset(stream, 'CANCEL', this.#nowMs);
    request.body.cancel(new ClosedError('the response came before the request was sent'));
    exchange.onSent?.();
  }

  #onReset(exchange: ClientExchange, errorCode: number): void {
    const resetCode = errorCodeName(errorCode);
    const processed = errorCode === ERROR_CODE.REFUSED_STREAM ? 'no' : 'unknown'; // RFC 9113 section 8.7
    const message = `the server reset the stream with ${resetCode}`;
    // Some servers reset what is left behind the GOAWAY that says why.
    const why = this.#failure === undefined ? {} : { cause: this.#failure };
    this.#fail(exchange, new HttpStreamResetError(message, { resetCode, origin: 'remote', processed, ...why }));
  }

  // ---- the response body

  wantBody(exchange: ClientExchange, isWanted: boolean): void {
    if (exchange.isOver) return;
    exchange.readerSeenMs = isWanted ? Number.POSITIVE_INFINITY : this.#nowMs;
    if (!isWanted) this.#watchReaders();
    this.#protocol.wantBody(exchange.stream, isWanted, this.#nowMs);
    this.#driver.turn();
  }

  cancelBody(exchange: ClientExchange, reason: unknown): void {
    if (exchange.isOver) return;
    this.#protocol.reset(exchange.stream, 'CANCEL', this.#nowMs);
    this.#fail(exchange, reason);
    this.#driver.turn();
  }

  takenBody(exchange: ClientExchange, byteCount: number): void {
    this.#protocol.consume(exchange.stream, byteCount, this.#nowMs);
    this.#driver.turn();
  }

  /** One timer for all bodies that nobody reads: it looks at each of them when the first may be due. */
  #watchReaders(): void {
    const { clock, bodyIdleTimeoutMs } = this.#options;
    if (this.#readerTimer !== undefined || bodyIdleTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#readerTimer = clock.startTimer(bodyIdleTimeoutMs, () => this.#checkReaders());
  }

  #checkReaders(): void {
    const { clock, bodyIdleTimeoutMs } = this.#options;
    this.#readerTimer = undefined;
    const nowMs = clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const exchange of [...this.#exchanges]) {
      const endMs = exchange.readerSeenMs + bodyIdleTimeoutMs;
      if (nowMs < endMs) nextMs = Math.min(nextMs, endMs);
      else this.#giveUp(exchange, new TimeoutError({ limit: 'bodyIdleTimeoutMs', timeoutMs: bodyIdleTimeoutMs }));
    }
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#readerTimer = clock.startTimer(nextMs - nowMs, () => this.#checkReaders());
  }

  // ---- the end

  /** The exchange fails with `error`, which is told what is known of it. */
  #fail(exchange: ClientExchange, error: unknown, info: CloseInfo = { reason: 'reset', error }): void {
    exchange.endedMs ??= this.#options.clock.nowMs();
    addErrorFacts(error, this.#facts(exchange, error));
    this.#exchanges.delete(exchange);
    exchange.tunnel?.fail(info);
    exchange.fail(error);
  }

  #failAll(errorOf: (exchange: ClientExchange) => unknown, info?: CloseInfo): void {
    for (const exchange of [...this.#exchanges]) this.#fail(exchange, errorOf(exchange), info);
    for (const go of this.#early) go();
  }

  /** The server has ended the connection in good order, as far as TCP goes, and left the response out. */
  #cut(exchange: ClientExchange): HttpConnectionError {
    return this.#incomplete(exchange, this.#failure ?? toStreamError({ reason: 'eof' }));
  }

  /** The error of a connection that ended under a request. */
  #incomplete(exchange: ClientExchange, cause: unknown): HttpConnectionError {
    if (exchange.headMs !== undefined) {
      const message = 'the connection ended in the response';
      return new HttpConnectionError('LML_ERR_HTTP_RESPONSE_INCOMPLETE', message, { cause, processed: 'unknown' });
    }
    const code = this.#hasServed ? 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED' : 'LML_ERR_HTTP_CONNECTION_CLOSED';
    return new HttpConnectionError(code, 'the connection ended before the response', { cause, processed: 'unknown' });
  }

  /** The connection takes no more, or fewer than it had seemed, and a request has waited for it. */
  #unsent(): HttpConnectionError {
    const peer = this.extensions.get(PeerAddress);
    const facts: ErrorFacts = {
      layer: 'h2',
      phase: 'request',
      retryable: true,
      bytesIn: 0,
      bytesOut: 0,
      ...(peer === undefined ? {} : { peer: formatAddress(peer) }),
    };
    const message = 'the connection ended before the request was sent';
    const options = { processed: 'no', cause: this.#failure ?? this.#problem, facts } as const;
    return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', message, options);
  }

  #facts(exchange: ClientExchange, error: unknown): ErrorFacts {
    const peer = this.extensions.get(PeerAddress);
    return {
      ...retryability(error, exchange.request.method),
      layer: 'h2',
      phase: exchange.headMs === undefined ? 'response-head' : 'response-body',
      bytesIn: exchange.bytesIn,
      bytesOut: exchange.bytesOut,
      ...(peer === undefined ? {} : { peer: formatAddress(peer) }),
    };
  }

  #setState(state: 'closing' | 'closed'): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#listener?.();
  }

  get #nowMs(): number {
    return this.#options.clock.coarseNowMs();
  }
}

const NOTHING = new Uint8Array(0);
