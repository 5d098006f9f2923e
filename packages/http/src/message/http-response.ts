import type { Connection, UpgradedConnection } from '@lamella/net-core';
import type { Extensions, Service } from '@lamella/service-core';
import { createExtensions, UsageError } from '@lamella/service-core';
import { isFieldValue } from './field-syntax.ts';
import type { HttpBodyInit } from './http-body.ts';
import { HttpBody } from './http-body.ts';
import type { HttpHeadersInit } from './http-headers.ts';
import { HttpHeaders } from './http-headers.ts';
import type { HttpVersion } from './http-request.ts';
import { isWholeMessage } from './is-whole-message.ts';
import { reasonPhrase } from './status.ts';

/** What an {@link HttpResponse} is made of. */
export interface HttpResponseInit {
  /** 200 to 599; 101 only by {@link HttpResponse.upgrade}. Default 200. */
  readonly status?: number;
  /** Reason phrase. Default: the standard one of the status. */
  readonly reason?: string;
  /** Fields in the order in which they are sent. Default: none. */
  readonly headers?: HttpHeadersInit;
  /** Content. Default: empty. */
  readonly body?: HttpBodyInit;
  /** Version that it came in by; a server sends its own. Default `'1.1'`. */
  readonly version?: HttpVersion;
}

/** What happens to a connection after an upgrade or CONNECT has been accepted. */
export interface HttpUpgrade {
  /** Serves the connection, once, after the head of the response has been written. */
  readonly handler: Service<Connection, void>;
  /** Disposed if the head can't be written, so that the handler never runs. */
  readonly guard: Disposable | undefined;
}

/** The parts of a response, for engines: valid already, not checked again. */
export interface HttpResponseParts {
  /** Status code, 101 or 200 to 999. */
  readonly status: number;
  /** Reason phrase, possibly empty. */
  readonly reason: string;
  /** Fields, in order. */
  readonly headers: HttpHeaders;
  /** Content, read once. */
  readonly body: HttpBody;
  /** Version that it came in by. */
  readonly version: HttpVersion;
  /** What the connection became, if the response was a 101, or a 2xx to CONNECT. */
  readonly upgraded?: UpgradedConnection | undefined;
  /** What shall become of the connection. */
  readonly upgrade?: HttpUpgrade | undefined;
  /** Makes the store; asked once, when somebody wants it. Default: a store without a parent. */
  readonly makeExtensions?: (() => Extensions<'response'>) | undefined;
}

/**
 * A response.
 *
 * @remarks
 * Its parts are read-only; {@link with} makes a changed copy. Whoever gets a response from a client must read or cancel its
 * body; disposing the response cancels it.
 *
 * @example
 * HttpResponse.text('hello'); // 200 with text/plain
 * HttpResponse.json({ ok: true }, { status: 201 });
 * HttpResponse.from({ status: 204 });
 */
export class HttpResponse implements HttpResponseParts, Disposable {
  /** Status code, 101 or 200 to 999. */
  readonly status: number;
  /** Reason phrase as received or to be sent, possibly empty. */
  readonly reason: string;
  /** Fields, in order. */
  readonly headers: HttpHeaders;
  /** Content, read once; whoever gets the response from a client reads or cancels it. */
  readonly body: HttpBody;
  /** Version that it came in by; a server sends its own. */
  readonly version: HttpVersion;
  /** What the connection became. Take it, or it is destroyed with the response. */
  readonly upgraded: UpgradedConnection | undefined;
  /** What shall become of the connection; see {@link HttpResponse.upgrade}. */
  readonly upgrade: HttpUpgrade | undefined;
  /** Makes the store; for engines. */
  readonly makeExtensions: (() => Extensions<'response'>) | undefined;
  #extensions: Extensions<'response'> | undefined;

  /** For engines, whose parts are valid already; everybody else uses {@link HttpResponse.from}. @throws UsageError if there are no headers or no body. */
  constructor(parts: HttpResponseParts) {
    if (!isWholeMessage(parts)) throw new UsageError('a response is made by HttpResponse.from()');
    this.status = parts.status;
    this.reason = parts.reason;
    this.headers = parts.headers;
    this.body = parts.body;
    this.version = parts.version;
    this.upgraded = parts.upgraded;
    this.upgrade = parts.upgrade;
    this.makeExtensions = parts.makeExtensions;
  }

  /** Makes a response. @throws UsageError if the status, the reason or a header is invalid. */
  static from(init: HttpResponseInit = {}): HttpResponse {
    const { status = 200, version = '1.1' } = init;
    return new HttpResponse({
      status: validStatus(status),
      reason: validReason(init.reason ?? reasonPhrase(status)),
      headers: HttpHeaders.from(init.headers),
      body: init.body === undefined ? HttpBody.empty : HttpBody.from(init.body),
      version,
    });
  }

  /** Makes a response of UTF-8 text, with `Content-Type: text/plain; charset=utf-8` unless the headers say otherwise. */
  static text(text: string, init: Omit<HttpResponseInit, 'body'> = {}): HttpResponse {
    return withContentType(HttpResponse.from({ ...init, body: text }), 'text/plain; charset=utf-8');
  }

  /** Makes a response of a value as JSON, with `Content-Type: application/json` unless the headers say otherwise. */
  static json(value: unknown, init: Omit<HttpResponseInit, 'body'> = {}): HttpResponse {
    return withContentType(HttpResponse.from({ ...init, body: JSON.stringify(value) }), 'application/json');
  }

  /**
   * Accepts an upgrade or a CONNECT: the connection leaves HTTP.
   *
   * @param init - Status 101 for an upgrade (the default), any 2xx for CONNECT.
   * @param handler - Serves the connection, of `upgrade` scope, after the head has been written. Bytes that came right behind
   * the request are the first that its stream gives.
   * @param options - `guard`: what the handler would use, such as a dialled connection; disposed if it never runs.
   * @throws UsageError if the status, the reason or a header is invalid.
   */
  static upgrade(
    init: Omit<HttpResponseInit, 'body'>,
    handler: Service<Connection, void>,
    options: { readonly guard?: Disposable } = {},
  ): HttpResponse {
    const { status = 101, version = '1.1' } = init;
    return new HttpResponse({
      status: validUpgradeStatus(status),
      reason: validReason(init.reason ?? reasonPhrase(status)),
      headers: HttpHeaders.from(init.headers),
      body: HttpBody.empty,
      version,
      upgrade: { handler, guard: options.guard },
    });
  }

  /** Side data of this response; forked from the attempt that brought it. */
  get extensions(): Extensions<'response'> {
    this.#extensions ??= this.makeExtensions?.() ?? createExtensions('response');
    return this.#extensions;
  }

  /**
   * Makes a changed copy.
   *
   * @returns A response with some parts changed; everything else is shared.
   * @throws UsageError if the status, the reason or a header is invalid.
   */
  with(changes: HttpResponseInit): HttpResponse {
    return new HttpResponse({
      status: this.#changedStatus(changes.status),
      reason: this.#changedReason(changes),
      headers: changes.headers === undefined ? this.headers : HttpHeaders.from(changes.headers),
      body: changes.body === undefined ? this.body : HttpBody.from(changes.body),
      version: changes.version ?? this.version,
      upgraded: this.upgraded,
      upgrade: this.upgrade,
      makeExtensions: () => this.extensions,
    });
  }

  #changedReason({ reason, status }: HttpResponseInit): string {
    if (reason !== undefined) return validReason(reason);
    return status === undefined ? this.reason : reasonPhrase(status);
  }

  #changedStatus(status: number | undefined): number {
    if (status === undefined) return this.status;
    return this.upgrade === undefined ? validStatus(status) : validUpgradeStatus(status);
  }

  /** Gives up what the response still holds: the body, an upgraded connection, the guard of an upgrade. */
  [Symbol.dispose](): void {
    this.body.cancel();
    this.upgraded?.[Symbol.dispose]();
    this.upgrade?.guard?.[Symbol.dispose]();
  }
}

function withContentType(response: HttpResponse, type: string): HttpResponse {
  if (!response.headers.has('content-type')) response.headers.append('Content-Type', type);
  return response;
}

function validStatus(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new UsageError(`status must be 200 to 599, got ${status}`);
}

function validUpgradeStatus(status: number): number {
  if (status === 101 || (Number.isInteger(status) && status >= 200 && status <= 299)) return status;
  throw new UsageError(`the status of an upgrade must be 101, or 200 to 299 for CONNECT, got ${status}`);
}

function validReason(reason: string): string {
  if (!isFieldValue(reason)) throw new UsageError('the reason phrase holds a character that it may not hold');
  return reason;
}
