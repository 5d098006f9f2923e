import type { ExchangeMarks, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import type { AbortListener } from '@lamella/service-core';
import type { Http2Stream } from '../protocol/http2-stream.ts';
import type { Http2ResponseHead } from '../protocol/message-fields.ts';
import { headersOf, responseOf } from './client-response.ts';
import { ExchangeContent } from './exchange-content.ts';
import type { Linked } from './open-exchanges.ts';
import type { TunnelStream } from './tunnel-stream.ts';
import { wholeBody } from './whole-body.ts';

/** The stream of an exchange, as its protocol knows it. */
export type ClientStream = Http2Stream<ClientExchange>;

/** What an exchange asks of its connection. */
export interface ClientExchangeHost {
  wantBody(exchange: ClientExchange, isWanted: boolean): void;
  cancelBody(exchange: ClientExchange, reason: unknown): void;
  takenBody(exchange: ClientExchange, byteCount: number): void;
  /** There is a body, and nobody reads it yet. */
  watchBody(exchange: ClientExchange): void;
}

/** One request on a client connection, from its head to the end of its response. */
export class ClientExchange extends ExchangeContent implements ExchangeMarks, Linked<ClientExchange> {
  readonly request: HttpRequest;
  previousOpen: ClientExchange | undefined;
  nextOpen: ClientExchange | undefined;
  /** What a positive answer makes of the stream. */
  readonly becomes: 'tunnel' | 'upgrade' | undefined;
  /** What the stream has become. */
  tunnel: TunnelStream | undefined;
  /** Bytes of content that came. */
  bytesIn = 0;
  /** Bytes of content that were sent. */
  bytesOut = 0;
  /** Interim responses so far. */
  interimCount = 0;
  /** When it began, on the monotonic clock. */
  readonly beganMs: number;
  /** When all of the request had been given to the connection. */
  sentMs: number | undefined;
  /** When the head of the response came. */
  headMs: number | undefined;
  /** When the response was over, whole or broken off. */
  endedMs: number | undefined;
  /** When the reader of the body was last heard of, on the monotonic clock; `Infinity` while it waits for us. */
  readerSeenMs: number = Number.POSITIVE_INFINITY;
  /** Called by 100 (Continue), and when it is waited for no longer. */
  onContinue: (() => void) | undefined;
  /** Called when there is room for more content. */
  onSent: (() => void) | undefined;
  readonly #host: ClientExchangeHost;
  readonly #outcome: PromiseWithResolvers<HttpResponse> = Promise.withResolvers<HttpResponse>();
  #stream: ClientStream | undefined;
  /** Head of the response, as long as it is kept back. */
  #heldHead: Http2ResponseHead | undefined;
  #abort: AbortListener | undefined;
  #isOver = false;

  constructor(host: ClientExchangeHost, request: HttpRequest, becomes: ClientExchange['becomes'], beganMs: number) {
    super();
    this.#host = host;
    this.request = request;
    this.becomes = becomes;
    this.beganMs = beganMs;
  }

  /** Settles with the response, or with what broke the exchange off before. */
  get response(): Promise<HttpResponse> {
    return this.#outcome.promise;
  }

  /** The stream, once it is open. */
  get stream(): ClientStream {
    if (this.#stream === undefined) throw new Error('the exchange has no stream yet');
    return this.#stream;
  }

  /** Whether a body is on its way that somebody may want. */
  get wantsBody(): boolean {
    return this.#heldHead !== undefined || this.body?.isDiscarded === false;
  }

  /** Whether it is the server's turn to go on with the body. */
  get awaitsServer(): boolean {
    return this.readerSeenMs === Number.POSITIVE_INFINITY;
  }

  /** Whether nothing of it is left to do. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes its stream, and hears of the caller's abort until the exchange is over. */
  start(stream: ClientStream, onAbort: (reason: unknown) => void): void {
    this.#stream = stream;
    stream.owner = this;
    this.#abort = this.request.scope.onAbort(onAbort);
  }

  /** Gives the caller its response. */
  answer(response: HttpResponse): void {
    this.#outcome.resolve(response);
  }

  /**
   * Keeps the head of a response back, until {@link endBody} or {@link tell}: the reader of a response whose body stands right behind it
   * waits for nothing.
   */
  hold(head: Http2ResponseHead): void {
    this.#heldHead = head;
  }

  /** The body is complete. */
  endBody(trailers: HttpHeaders | undefined): void {
    const head = this.#heldHead;
    if (head === undefined || this.body !== undefined) {
      this.body?.end(trailers);
      this.tell();
      this.body?.flush();
      return;
    }
    const piece = this.releasePiece();
    this.#heldHead = undefined;
    this.answer(responseOf(this, head.status, headersOf(head), wholeBody(piece, trailers)));
    if (piece !== undefined && !this.stream.isClosed) this.taken(piece.length);
  }

  /** Gives the caller the response that was kept back, if there is one: the rest of its body may take its time. */
  tell(): void {
    const head = this.#heldHead;
    if (head === undefined) return;
    const body = this.openBody();
    this.#heldHead = undefined;
    if (!body.hasEnded) this.#host.watchBody(this);
    const length = head.contentLength >= 0 ? head.contentLength : undefined;
    this.answer(responseOf(this, head.status, headersOf(head), body.toHttpBody(length)));
  }

  /** Everything is sent and received. */
  finish(): void {
    this.#isOver = true;
    this.#abort?.close();
  }

  /** Breaks the exchange off; whoever waits for something of it hears of `error`. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.tell();
    this.finish();
    this.#outcome.reject(error);
    this.body?.fail(error);
    this.onContinue?.();
    this.onSent?.();
    this.request.body.cancel(error); // the last thing: its source is somebody else's, and may throw
  }

  // ---- ExchangeContent

  protected get holdsContent(): boolean {
    return this.#heldHead !== undefined;
  }

  want(isWanted: boolean): void {
    this.#host.wantBody(this, isWanted);
  }

  cancel(reason: unknown): void {
    this.#host.cancelBody(this, reason);
  }

  taken(byteCount: number): void {
    this.#host.takenBody(this, byteCount);
  }
}
