import type { AbortCause, HttpHeaders, RequestContextOptions } from '@lamella/http';
import { HttpBody, RequestContext, TrustedScheme } from '@lamella/http';
import type { AbortScope, Extensions } from '@lamella/service-core';
import { Http2Client, Http2StreamId } from '../keys.ts';
import type { Http2ClientFacts } from '../protocol/early-frames.ts';
import type { Http2Stream } from '../protocol/http2-stream.ts';
import type { Http2RequestHead } from '../protocol/message-fields.ts';
import { ExchangeContent } from './exchange-content.ts';
import type { Linked } from './open-exchanges.ts';
import type { TunnelStream } from './tunnel-stream.ts';
import { wholeBody } from './whole-body.ts';

/** What an exchange asks of its connection. */
export interface ExchangeHost {
  readonly extensions: Extensions<'connection'>;
  readonly scope: AbortScope;
  /** What the client has said first. */
  readonly client: Http2ClientFacts;
  /** Whether `:scheme` is believed, whatever the connection is. */
  readonly trustsScheme: boolean;
  wantBody(exchange: ServerExchange, isWanted: boolean): void;
  cancelBody(exchange: ServerExchange): void;
  takenBody(exchange: ServerExchange, byteCount: number): void;
}

/** The stream of an exchange, as its protocol knows it. */
export type ServerStream = Http2Stream<ServerExchange>;

/** One request on a server connection, from its head to the end of its response. */
export class ServerExchange extends ExchangeContent implements RequestContextOptions, Linked<ServerExchange> {
  readonly stream: ServerStream;
  previousOpen: ServerExchange | undefined;
  nextOpen: ServerExchange | undefined;
  readonly head: Http2RequestHead;
  readonly context: RequestContext;
  /** The response body that is being sent, to be cancelled if the peer goes. */
  outgoing: HttpBody | undefined;
  /** What the stream has become. */
  tunnel: TunnelStream | undefined;
  /** Called when there is room for more content. */
  onSent: (() => void) | undefined;
  /** Whether the client waits for leave to send its body. */
  owesContinue: boolean;
  /** Whether the response is an event stream, which may end at any event. */
  isEventStream = false;
  /** Whether the service is to be called when all that came together with the head is here: who reads a whole body waits for nothing. */
  isHeld = false;
  readonly #host: ExchangeHost;
  readonly #hasBody: boolean;
  /** The body, if it is whole. */
  #whole: HttpBody | undefined;
  #isOver = false;
  #abandonedWith: AbortCause | undefined;

  constructor(host: ExchangeHost, stream: ServerStream, head: Http2RequestHead, hasBody: boolean) {
    super();
    this.#host = host;
    this.stream = stream;
    this.head = head;
    this.#hasBody = hasBody && head.method !== 'CONNECT';
    this.context = new RequestContext(this);
    this.owesContinue = hasBody && expectsContinue(head.fields);
  }

  /** Whether nobody waits for an answer of the service any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it is about, for errors: `request-body` while the rest of that is to come, and wanted. */
  get phase(): 'request-body' | 'response' {
    return this.wantsBody && this.body?.hasEnded !== true ? 'request-body' : 'response';
  }

  /** Whether a body may come that somebody wants. */
  get wantsBody(): boolean {
    return this.#hasBody && this.#whole === undefined && this.body?.isDiscarded !== true;
  }

  /** Whether `error` is what the exchange was broken off with, rather than a failure of the service. */
  isBreakOff(error: unknown): boolean {
    return this.#abandonedWith !== undefined && this.#abandonedWith.reason === error;
  }

  // ---- RequestContextOptions

  /** Made when somebody asks: most requests need no store. */
  get ingress(): Extensions<'stream'> {
    const extensions = this.#host.extensions.fork('stream');
    extensions.insert(Http2StreamId, this.stream.id);
    extensions.insert(Http2Client, this.#host.client);
    if (this.#host.trustsScheme) {
      const scheme = this.head.scheme.toLowerCase();
      if (scheme === 'http' || scheme === 'https') extensions.insert(TrustedScheme, scheme);
    }
    return extensions;
  }

  get parent(): AbortScope {
    return this.#host.scope;
  }

  // ---- the request body

  /** The body is complete. */
  endBody(trailers: HttpHeaders | undefined): void {
    if (!this.#hasBody) return;
    if (this.isHeld && this.body === undefined) {
      const piece = this.releasePiece();
      this.#whole = wholeBody(piece, trailers);
      if (piece !== undefined) this.taken(piece.length);
      return;
    }
    const body = this.openBody();
    body.end(trailers);
    body.flush();
  }

  /** The body as the service gets it. */
  takeBody(): HttpBody {
    if (!this.#hasBody) return HttpBody.empty;
    const { contentLength } = this.head;
    return this.#whole ?? this.openBody().toHttpBody(contentLength >= 0 ? contentLength : undefined);
  }

  // ---- ExchangeContent

  protected get holdsContent(): boolean {
    return this.isHeld;
  }

  want(isWanted: boolean): void {
    this.#host.wantBody(this, isWanted);
  }

  cancel(): void {
    this.#host.cancelBody(this);
  }

  taken(byteCount: number): void {
    this.#host.takenBody(this, byteCount);
  }

  // ---- the end

  /**
   * Breaks the exchange off: whoever works for it hears of it, and whatever comes of that is thrown away.
   *
   * @throws What somebody who hears of it throws, when all have.
   */
  abandon(cause: AbortCause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#abandonedWith = cause;
    this.body?.fail(cause.reason);
    this.onSent?.();
    try {
      this.outgoing?.cancel(cause.reason);
    } finally {
      this.context.abort(cause);
    }
  }

  /** The response is complete. */
  finish(): void {
    this.#isOver = true;
    this.context.close();
  }
}

/** RFC 9110 section 10.1.1. */
function expectsContinue(fields: readonly string[]): boolean {
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] === 'expect') return fields[index + 1]?.toLowerCase() === '100-continue';
  }
  return false;
}
