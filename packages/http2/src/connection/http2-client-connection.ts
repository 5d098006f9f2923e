import type { HttpConnection, HttpRequest, HttpResponse } from '@lamella/http';
import { isToken } from '@lamella/http';
import type { CloseInfo, Connection } from '@lamella/net-core';
import { TlsSession, toStreamError } from '@lamella/net-core';
import type { Extensions } from '@lamella/service-core';
import { ClosedError, UsageError } from '@lamella/service-core';
import { ERROR_CODE } from '../codec/error-code.ts';
import { Http2ConnectionError } from '../errors.ts';
import type { Http2Event } from '../protocol/http2-events.ts';
import { Http2Protocol } from '../protocol/http2-protocol.ts';
import type { ClientExchange } from './client-exchange.ts';
import { incomplete, noUpgrade, resetByServer, unprocessed, unsent } from './client-failures.ts';
import { requestHead, upgradeOf } from './client-messages.ts';
import { ClientReaders } from './client-readers.ts';
import { ClientRequests } from './client-requests.ts';
import { ClientResponses } from './client-responses.ts';
import { ClientTunnels } from './client-tunnels.ts';
import type { Http2ClientConnectionOptions } from './client-work.ts';
import { ClientWork } from './client-work.ts';
import { Http2Driver } from './http2-driver.ts';
import { receivedTrailers } from './wire-fields.ts';

/** Sends requests over one HTTP/2 connection, each on a stream of its own. RFC 9113 section 8. */
export class Http2ClientConnection implements HttpConnection {
  readonly protocol = 'h2' as const;
  readonly extensions: Extensions<'connection'>;
  readonly #connection: Connection;
  readonly #protocol: Http2Protocol<ClientExchange>;
  readonly #driver: Http2Driver<ClientExchange>;
  readonly #work: ClientWork;
  readonly #readers: ClientReaders;
  readonly #requests: ClientRequests;
  readonly #responses: ClientResponses;
  /** Requests that wait for the settings of the server. */
  readonly #early = new Set<() => void>();
  readonly #scheme: string;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #idleSinceMs: number;
  /** What GOAWAY has said. */
  #goaway: Http2ConnectionError | undefined;
  #failure: unknown;
  #destroyed: { readonly reason: unknown } | undefined;
  #listener: (() => void) | undefined;

  constructor(connection: Connection, options: Http2ClientConnectionOptions) {
    const { limits, timeouts, settingsOrder, clock } = options;
    this.#connection = connection;
    this.extensions = connection.extensions;
    this.#scheme = this.extensions.get(TlsSession) === undefined ? 'http' : 'https';
    this.extensions.seal();
    this.#idleSinceMs = clock.coarseNowMs();
    this.#protocol = new Http2Protocol({ role: 'client', limits, timeouts, settingsOrder }, clock.coarseNowMs());
    this.#work = new ClientWork(options, this.#protocol, this.extensions);
    this.#readers = new ClientReaders(this.#work);
    this.#requests = new ClientRequests(this.#work, this.#readers);
    this.#responses = new ClientResponses(this.#work, new ClientTunnels(this.#work));
    const { writeTimeoutMs } = timeouts;
    this.#driver = new Http2Driver(connection.stream, this.#protocol, this, { clock, writeTimeoutMs });
    this.#work.driver = this.#driver;
  }

  // ---- HttpConnection

  get maxConcurrent(): number {
    const { peer } = this.#protocol;
    const { firstConcurrent, maxConcurrentRequests } = this.#work.options;
    return Math.min(peer.isKnown ? peer.maxConcurrentStreams : firstConcurrent, maxConcurrentRequests);
  }

  get active(): number {
    // A stream may be over for the protocol while its response has not been told yet, and the other way round.
    return Math.max(this.#protocol.activeStreams, this.#work.exchanges.size) + this.#early.size;
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#state === 'open' && !this.#protocol.isOpen ? 'closing' : this.#state;
  }

  get isInDoubt(): boolean {
    return this.#protocol.isInDoubt;
  }

  get failure(): unknown {
    return this.#failure ?? this.#goaway;
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
      const head = requestHead(request, this.#scheme, this.#work.options.pseudoHeaderOrder, upgrade);
      return this.#requests.begin(request, head);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  readonly close = async (): Promise<void> => {
    if (this.#state === 'open') this.#setState('closing');
    this.#protocol.shutdown(this.#work.nowMs);
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
    if (!request.scope.aborted && this.#problem !== undefined) {
      throw unsent(this.extensions, this.#goaway ?? this.#problem);
    }
    return this.serve(request);
  }

  // ---- events

  onEvent(event: Http2Event<ClientExchange>): void {
    switch (event.type) {
      case 'capacity':
        this.#work.hasNews = true;
        break;
      case 'goaway':
        this.#goaway = new Http2ConnectionError(event.errorCode, event.debugText);
        if (event.errorCode === ERROR_CODE.ENHANCE_YOUR_CALM && event.debugText === 'too_many_pings') {
          this.#work.options.onTooManyPings();
        }
        break;
      case 'failed':
        this.#failure = event.error;
        this.#failAll(() => event.error);
        this.#setState('closed');
        this.#driver.close(event.error);
        break;
      case 'closed':
        queueMicrotask(() => this.#driver.close());
        break;
      case 'request':
        break; // only servers get one
      default:
        if (event.stream.owner !== undefined) this.#onStreamEvent(event.stream.owner, event);
    }
  }

  #onStreamEvent(exchange: ClientExchange, event: Http2StreamEvent): void {
    switch (event.type) {
      case 'response':
        // What was given up in this very turn may have more to come.
        if (!exchange.isOver) this.#responses.takeHead(exchange, event.head, event.hasBody);
        break;
      case 'data':
        this.#responses.takeData(exchange, event.bytes);
        break;
      case 'end':
        this.#responses.takeEnd(exchange, receivedTrailers(event.trailers, event.neverIndexed));
        break;
      case 'sent':
        exchange.onSent?.();
        exchange.tunnel?.onSent();
        break;
      case 'reset':
        this.#work.fail(exchange, resetByServer(event.errorCode, this.#goaway));
        break;
      case 'cut': {
        // The server has ended the connection in good order, as far as TCP goes, and left the response out.
        const cause = this.#goaway ?? toStreamError({ reason: 'eof' });
        this.#work.fail(exchange, incomplete(exchange, this.#responses.hasServed, cause));
        break;
      }
      case 'unprocessed':
        this.#work.fail(exchange, unprocessed(this.#goaway));
        break;
      case 'stream-failed':
        this.#work.fail(exchange, event.error);
        break;
    }
  }

  onClosed(info: CloseInfo): void {
    const cause = this.#goaway ?? toStreamError(info);
    this.#failAll((exchange) => incomplete(exchange, this.#responses.hasServed, cause), info);
    this.#readers.close();
    this.#setState('closed');
  }

  /** Told only now: in between, what came for others may wait behind the event, and the connection looks idle though it is not. */
  onQuiet(): void {
    this.#responses.tellHeld();
    if (!this.#work.hasNews) return;
    this.#work.hasNews = false;
    if (this.#protocol.peer.isKnown) for (const go of this.#early) go();
    this.#noteIdle();
    this.#listener?.();
  }

  #noteIdle(): void {
    if (this.active === 0) this.#idleSinceMs = this.#work.nowMs;
  }

  // ---- the end

  #failAll(errorOf: (exchange: ClientExchange) => unknown, info?: CloseInfo): void {
    for (const exchange of this.#work.exchanges.all()) this.#work.fail(exchange, errorOf(exchange), info);
    for (const go of this.#early) go();
  }

  #setState(state: 'closing' | 'closed'): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#listener?.();
  }
}

/** What happens to one stream of ours. */
type Http2StreamEvent = Exclude<
  Http2Event<ClientExchange>,
  { readonly type: 'capacity' | 'goaway' | 'failed' | 'closed' | 'request' }
>;
