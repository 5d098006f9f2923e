import type { AbortScope, Extensions, ForkOptions, Scoped } from '@lamella/service-core';
import { forkedScope, UsageError } from '@lamella/service-core';
import { isToken } from './field-syntax.ts';
import type { HttpBodyInit } from './http-body.ts';
import { HttpBody } from './http-body.ts';
import type { HttpHeadersInit } from './http-headers.ts';
import { HttpHeaders } from './http-headers.ts';
import { isWholeMessage } from './is-whole-message.ts';
import { RequestContext } from './request-context.ts';
import type { RequestOrigin } from './request-origin.ts';
import type { RequestTarget } from './request-target.ts';
import { parseRequestTarget } from './request-target.ts';

/** Version of HTTP that a message came in, or went out by. */
export type HttpVersion = '1.0' | '1.1' | '2';

/** An interim response: 100 to 199, but not 101. */
export interface InformationalResponse {
  /** 100, or 102 to 199. */
  readonly status: number;
  /** Reason phrase, possibly empty. */
  readonly reason: string;
  /** Fields, in order. */
  readonly headers: HttpHeaders;
}

/** What an {@link HttpRequest} is made of. */
export interface HttpRequestInit {
  /** A token, in the case in which it is sent. Default `'GET'`. */
  readonly method?: string;
  /**
   * Request target. A client takes a whole URL (`http://host/path?query`, the absolute form) or, with CONNECT, `host:port`;
   * a server gives what it received. RFC 9112 section 3.2.
   */
  readonly target: string;
  /** Fields in the order in which they are sent. Default: none. */
  readonly headers?: HttpHeadersInit;
  /** Content. Default: empty. */
  readonly body?: HttpBodyInit;
  /** Version that it came in by; a client sends its own. Default `'1.1'`. */
  readonly version?: HttpVersion;
  /** Hears of interim responses. On a server: sends them. */
  readonly onInformational?: (response: InformationalResponse) => void;
  /** Cancels the request. */
  readonly signal?: AbortSignal;
}

/** What changes in a {@link HttpRequest.fork}. */
export interface HttpForkOptions extends ForkOptions<'request'> {
  /** Body of the fork, such as a second one of the same content. */
  readonly body?: HttpBody;
}

/** What {@link HttpRequest.with} changes. */
export interface HttpRequestChanges extends Partial<Omit<HttpRequestInit, 'signal'>> {
  /** Where it goes instead; path and query stay. Not together with `target`, and not with CONNECT. */
  readonly origin?: RequestOrigin | undefined;
}

/** The parts of a request, for engines: valid already, not checked again. */
export interface HttpRequestParts {
  /** A token, in its case. */
  readonly method: string;
  /** Request target in one of its four forms. */
  readonly target: string;
  /** Version that it came in by, or goes out by. */
  readonly version: HttpVersion;
  /** Fields, in order. */
  readonly headers: HttpHeaders;
  /** Content, read once. */
  readonly body: HttpBody;
  /** Hears of interim responses. On a server: sends them. */
  readonly onInformational: ((response: InformationalResponse) => void) | undefined;
  /** Makes or finds what the request shares with its forks. */
  readonly context: RequestContext;
  /** Store, where it is not the one of the context. */
  readonly extensions?: Extensions<'request'> | undefined;
  /** Scope, where it is not the one of the context. */
  readonly scope?: AbortScope | undefined;
}

/** Options of {@link HttpRequest.allowQuiet}. */
export interface AllowQuietOptions {
  /** Whether the head of the response may take any time, too. Default false: a server that never answers is noticed. */
  readonly beforeHead?: boolean;
}

/**
 * A request.
 *
 * @remarks
 * Its parts are read-only; {@link with} makes a changed copy. The headers object can be changed in place, which shows to
 * everybody who holds this request and its forks; a fork onto another store (an attempt) has its own copy.
 *
 * @example
 * const request = HttpRequest.from({ method: 'POST', target: 'http://example.test/items?draft', body: '{}' });
 * request.authority; // 'example.test'
 * request.path; // '/items'
 */
export class HttpRequest implements Scoped<HttpRequest, 'request'>, HttpRequestParts {
  /** A token, in the case in which it came or is sent: methods are case-sensitive. */
  readonly method: string;
  /** Request target as received or as given; see {@link HttpRequestInit.target}. */
  readonly target: string;
  /** Version that it came in by; a client sends its own. */
  readonly version: HttpVersion;
  /** Fields, in order. */
  readonly headers: HttpHeaders;
  /** Content, read once. */
  readonly body: HttpBody;
  /** Hears of interim responses. On a server: sends them. */
  readonly onInformational: ((response: InformationalResponse) => void) | undefined;
  /** What the request shares with its forks; for engines. */
  readonly context: RequestContext;
  readonly #extensions: Extensions<'request'> | undefined;
  readonly #scope: AbortScope | undefined;
  #parsedTarget: RequestTarget | undefined;

  /** For engines, whose parts are valid already; everybody else uses {@link HttpRequest.from}. @throws UsageError if there are no headers or no body. */
  constructor(parts: HttpRequestParts) {
    if (!isWholeMessage(parts)) throw new UsageError('a request is made by HttpRequest.from()');
    this.method = parts.method;
    this.target = parts.target;
    this.version = parts.version;
    this.headers = parts.headers;
    this.body = parts.body;
    this.onInformational = parts.onInformational;
    this.context = parts.context;
    this.#extensions = parts.extensions;
    this.#scope = parts.scope;
  }

  /**
   * Makes a request.
   *
   * @throws UsageError if the method, the target or a header is invalid.
   */
  static from(init: HttpRequestInit): HttpRequest {
    const { method = 'GET', target, version = '1.1', headers, body, onInformational } = init;
    const request = new HttpRequest({
      method: validMethod(method),
      target,
      version,
      headers: HttpHeaders.from(headers),
      body: body === undefined ? HttpBody.empty : HttpBody.from(body),
      onInformational,
      context: new RequestContext({ signal: init.signal }),
    });
    request.#parsedTarget = parseRequestTarget(method, target);
    return request;
  }

  /** Side data of this request, or of this attempt. */
  get extensions(): Extensions<'request'> {
    return this.#extensions ?? this.context.extensions;
  }

  /** Cancellation, for layers. On a server it aborts when the client is gone or too slow, never on success. */
  get scope(): AbortScope {
    return this.#scope ?? this.context.scope;
  }

  /** The same as a standard signal, made at the first read. */
  get signal(): AbortSignal {
    return this.scope.signal;
  }

  /** The target, taken apart. @throws UsageError if it has none of the four forms. */
  get parsedTarget(): RequestTarget {
    this.#parsedTarget ??= parseRequestTarget(this.method, this.target);
    return this.#parsedTarget;
  }

  /**
   * Host and optional port that the request is for: of an absolute or authority-form target, else of the Host field.
   * RFC 9112 section 3.3. `undefined` if there is neither.
   */
  get authority(): string | undefined {
    return this.parsedTarget.authority ?? this.headers.get('host');
  }

  /** Path of the target, without the query; `''` for CONNECT and `'*'` for the asterisk form. */
  get path(): string {
    return this.parsedTarget.path;
  }

  /** Query of the target without its `?`, or `undefined` if there is none. */
  get query(): string | undefined {
    return this.parsedTarget.query;
  }

  /**
   * Takes the time of this exchange out of the hands of the engines: a peer that sends nothing for hours is no slow one.
   *
   * @remarks
   * For streams that are quiet by nature, whose handler or caller has a deadline of its own or keep-alive below it. Call it on a server before
   * the body is read, on a client before the request is sent. It holds for this request, its copies and its forks, whichever engines they
   * meet, so that a gateway does not cut what it passes on: how fast a body must come and how long a body of a response may wait for its reader
   * are not limited any more. Limits of writing stay: whoever takes nothing is not quiet.
   *
   * @param options - How far it goes.
   *
   * @example
   * async function collect(request: HttpRequest): Promise<HttpResponse> {
   *   request.allowQuiet(); // a sensor that speaks once an hour
   *   let byteCount = 0;
   *   for await (const reading of request.body) byteCount += reading.length;
   *   return HttpResponse.text(`${byteCount} bytes`);
   * }
   */
  allowQuiet({ beforeHead = false }: AllowQuietOptions = {}): void {
    this.context.allowsQuiet = true;
    if (beforeHead) this.context.allowsLateHead = true;
  }

  /**
   * Has fields changed as late as can be: by an HTTP client, when a connection stands and before the head is written to it.
   *
   * @remarks
   * For what says how much time is left, since waiting for a connection takes some of it. `change` gets the headers of each attempt, which nobody else
   * has; what it throws is what the attempt fails with. It holds for this request, its copies and its forks; of several, all are called, in their order.
   * Whatever is no client of `createHttpClient` calls none: the fields should be good without.
   *
   * @example
   * function withAge(request: HttpRequest, madeAtMs: number): HttpRequest {
   *   request.beforeSend((headers) => headers.set('x-age-ms', `${Date.now() - madeAtMs}`));
   *   return request;
   * }
   */
  beforeSend(change: (headers: HttpHeaders) => void): void {
    const { changeFields: earlier } = this.context;
    if (earlier === undefined) {
      this.context.changeFields = change;
      return;
    }
    this.context.changeFields = (headers) => {
      earlier(headers);
      change(headers);
    };
  }

  /**
   * Makes a changed copy.
   *
   * @returns A request with some parts changed; scope, store and everything else is shared.
   * @throws UsageError if the method, the target, the two together, or a header is invalid.
   */
  with(changes: HttpRequestChanges): HttpRequest {
    const { method = this.method, origin } = changes;
    if (origin !== undefined && (changes.target !== undefined || method === 'CONNECT')) {
      throw new UsageError('a request to another origin keeps its target but for that, and is no CONNECT');
    }
    const target = origin === undefined ? (changes.target ?? this.target) : origin.urlOf(this.parsedTarget);
    const request = new HttpRequest({
      method: method === this.method ? method : validMethod(method),
      target,
      version: changes.version ?? this.version,
      headers: changes.headers === undefined ? this.headers : HttpHeaders.from(changes.headers),
      body: changes.body === undefined ? this.body : HttpBody.from(changes.body),
      onInformational: changes.onInformational ?? this.onInformational,
      context: this.context,
      extensions: this.#extensions,
      scope: this.#scope,
    });
    if (origin !== undefined) request.#parsedTarget = origin.targetOf(this.parsedTarget);
    else if (method === this.method && target === this.target) request.#parsedTarget = this.#parsedTarget;
    else request.#parsedTarget = parseRequestTarget(method, target);
    return request;
  }

  /** The same request with another scope, store or body. One onto another store, an attempt, has headers of its own. */
  fork(options: HttpForkOptions): HttpRequest {
    const isNewScope = options.scope !== undefined || options.signal !== undefined;
    const fork = new HttpRequest({
      method: this.method,
      target: this.target,
      version: this.version,
      // An attempt changes its headers for itself; a narrower scope is the same request.
      headers: options.extensions === undefined ? this.headers : this.headers.clone(),
      body: options.body ?? this.body,
      onInformational: this.onInformational,
      context: this.context,
      extensions: options.extensions ?? this.#extensions,
      scope: isNewScope ? forkedScope(this.scope, options) : this.#scope,
    });
    fork.#parsedTarget = this.#parsedTarget;
    return fork;
  }
}

function validMethod(method: string): string {
  if (!isToken(method)) throw new UsageError(`method ${JSON.stringify(method)} is not a token`);
  return method;
}
