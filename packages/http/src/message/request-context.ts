import type { Extensions } from '@lamella/service-core';
import { AbortScope, createExtensions } from '@lamella/service-core';
import type { HttpHeaders } from './http-headers.ts';

/** What a {@link RequestContext} stands in. */
export interface RequestContextOptions {
  /** Store of the connection, or of the stream, that the request came in by. */
  readonly ingress?: Extensions<'connection'> | Extensions<'stream'> | undefined;
  /** Scope above the request's own, such as the connection's. */
  readonly parent?: AbortScope | undefined;
  /** Signal that cancels the request. */
  readonly signal?: AbortSignal | undefined;
}

/** Why a request is given up. The reason may be made when somebody looks: most of those that are taken back have nobody who does. */
export interface AbortCause {
  /** The same object each time. */
  readonly reason: unknown;
}

/**
 * Store and scope of a request, which its forks share.
 *
 * @remarks
 * Made when somebody asks for them: most requests of a busy server need neither.
 */
export class RequestContext {
  readonly #options: RequestContextOptions;
  #extensions: Extensions<'request'> | undefined;
  #scope: AbortScope | undefined;
  #aborted: AbortCause | undefined;
  #isClosed = false;
  /** Whether whoever handles the exchange looks after its time; see `allowQuiet` of the request. */
  allowsQuiet = false;
  /** Whether that holds for the head of the response, too. */
  allowsLateHead = false;
  /** Changes fields when a connection stands; see `beforeSend` of the request. */
  changeFields: ((headers: HttpHeaders) => void) | undefined;

  constructor(options: RequestContextOptions) {
    this.#options = options;
  }

  /** Store of the request, made at the first read. */
  get extensions(): Extensions<'request'> {
    this.#extensions ??= createExtensions('request', this.#options.ingress);
    return this.#extensions;
  }

  /** Scope of the request, made at the first read; aborted already if the context is. */
  get scope(): AbortScope {
    this.#scope ??= this.#makeScope();
    return this.#scope;
  }

  /** Aborts the scope, now or when it is made. */
  abort(cause: AbortCause): void {
    this.#aborted ??= cause;
    this.#scope?.abort(cause.reason);
  }

  /** The exchange is over; see {@link AbortScope.close}. */
  close(): void {
    this.#isClosed = true;
    this.#scope?.close();
  }

  #makeScope(): AbortScope {
    const { signal, parent } = this.#options;
    // Whoever asks after the end is told how it was then, and does not stay on the scope above, which may live for long.
    const isOver = this.#aborted !== undefined || this.#isClosed;
    if (!isOver) return signal === undefined ? new AbortScope(parent) : AbortScope.following(signal);
    const scope = new AbortScope();
    if (this.#aborted !== undefined) scope.abort(this.#aborted.reason);
    scope.close();
    return scope;
  }
}
