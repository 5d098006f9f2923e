import type { Duplex } from 'node:stream';
import type { UpgradedConnection } from '@lamella/net-core';
import { byteStreamFromDuplex, createConnection } from '@lamella/net-core';
import type { AbortListener } from '@lamella/service-core';
import { createExtensions } from '@lamella/service-core';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { isBodyless } from '../../message/status.ts';
import { pairsOf } from './dispatch-fields.ts';
import type { DispatchController, DispatchHandler, DispatchHeaders, LegacyDispatchHandler } from './dispatch-types.ts';
import { PushedBody } from './pushed-body.ts';

/** One request on its way through a dispatcher: hears what becomes of it, in both manners of handlers. */
export class UndiciExchange {
  readonly response: Promise<HttpResponse>;
  readonly handler: DispatchHandler & LegacyDispatchHandler;
  readonly #request: HttpRequest;
  readonly #settle: { resolve: (response: HttpResponse) => void; reject: (error: unknown) => void };
  #abort: ((reason: unknown) => void) | undefined;
  #listener: AbortListener | undefined;
  #body: PushedBody | undefined;
  #isOver = false;

  constructor(request: HttpRequest) {
    this.#request = request;
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    this.response = promise;
    this.#settle = { resolve, reject };
    this.handler = this.#makeHandler();
    // A dispatcher calls `#start` when it has a connection, which may be long after: nobody has to wait for that.
    this.#listener = request.scope.onAbort((reason) => this.fail(reason));
  }

  /** Nothing more will come. */
  fail(error: unknown): void {
    const { scope, body } = this.#request;
    const reason = scope.aborted ? scope.reason : error;
    this.#isOver = true;
    this.#listener?.close();
    body.cancel(reason);
    this.#settle.reject(reason);
    this.#body?.fail(reason);
  }

  /** undici 7 and 8 look for the first half, undici 6 for the second. */
  #makeHandler(): DispatchHandler & LegacyDispatchHandler {
    let resumeLegacy: () => void = () => {};
    return {
      onRequestStart: (controller) => this.#start((reason) => controller.abort(toError(reason))),
      onRequestUpgrade: (controller, status, headers, socket) =>
        this.#upgrade(status, rawOr(controller.rawHeaders, headers), socket),
      onResponseStart: (controller, status, headers, reason) =>
        this.#head(status, rawOr(controller.rawHeaders, headers), reason, () => controller.resume()),
      onResponseData: (controller, chunk) => {
        if (this.#body?.push(chunk) === false) controller.pause();
      },
      onResponseEnd: (_controller, trailers) => this.#end(trailers),
      onResponseError: (_controller, error) => this.fail(error),

      onConnect: (abort) => this.#start((reason) => abort(toError(reason))),
      onUpgrade: (status, rawHeaders, socket) => this.#upgrade(status, rawHeaders, socket),
      onHeaders: (status, rawHeaders, resume, reason) => {
        resumeLegacy = resume;
        this.#head(status, rawHeaders, reason, () => resumeLegacy());
        return true;
      },
      onData: (chunk) => this.#body?.push(chunk) ?? true,
      onComplete: (rawTrailers) => this.#end(rawTrailers),
      onError: (error) => this.fail(error),
    };
  }

  #start(abort: (reason: unknown) => void): void {
    this.#abort = abort;
    this.#listener?.close(); // undici may try again
    this.#listener = this.#request.scope.onAbort(abort);
  }

  #head(status: number, fields: DispatchHeaders, reason: string | undefined, resume: () => void): void {
    const headers = HttpHeaders.from(pairsOf(fields));
    if (status < 200) {
      this.#request.onInformational?.({ status, reason: reason ?? '', headers });
      return;
    }
    const body = new PushedBody(resume, (why) => this.#abort?.(why));
    this.#body = body;
    const length = headers.get('content-length') ?? '';
    const hasSize = LENGTH.test(length) && this.#request.method !== 'HEAD' && !isBodyless(status);
    const content = HttpBody.fromSource(body, hasSize ? { size: Number(length) } : {});
    this.#settle.resolve(this.#responseOf(status, reason, headers, content));
  }

  #end(trailers: DispatchHeaders | undefined): void {
    this.#listener?.close();
    this.#body?.end(HttpHeaders.from(pairsOf(trailers)));
  }

  #upgrade(status: number, fields: DispatchHeaders, socket: Duplex): void {
    this.#listener?.close();
    if (this.#isOver) {
      socket.on('error', () => {}); // nobody is left to hear of it
      socket.destroy();
      return;
    }
    const upgraded = createConnection(byteStreamFromDuplex(socket), {
      extensions: createExtensions('connection').fork('upgrade'),
    });
    const headers = HttpHeaders.from(pairsOf(fields));
    this.#settle.resolve(this.#responseOf(status, undefined, headers, HttpBody.empty, upgraded));
  }

  #responseOf(
    status: number,
    reason: string | undefined,
    headers: HttpHeaders,
    body: HttpBody,
    upgraded?: UpgradedConnection,
  ): HttpResponse {
    const makeExtensions = () => this.#request.extensions.fork('response');
    return new HttpResponse({ status, reason: reason ?? '', headers, body, version: '1.1', upgraded, makeExtensions });
  }
}

/** As they came, if the dispatcher tells: what it has parsed has lost case and order. */
function rawOr(raw: DispatchController['rawHeaders'], headers: DispatchHeaders): DispatchHeaders {
  return Array.isArray(raw) && raw.length > 0 ? raw : headers;
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}

const LENGTH = /^[0-9]{1,15}$/;
