import { duplexFromByteStream } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { AbortScope, ClosedError, UsageError } from '@lamella/service-core';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest, InformationalResponse } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { fieldsOf, rawOf } from './dispatch-fields.ts';
import { dispatchRequest } from './dispatch-request.ts';
import type { DispatchController, DispatchHandler, DispatchOptions, LegacyDispatchHandler } from './dispatch-types.ts';
import { modernHandler } from './legacy-handler.ts';

/** What {@link undiciDispatcher} makes: enough for `fetch(url, { dispatcher })` and for all functions of undici. */
export interface ServiceDispatcher {
  /** Sends a request to the service; the handler hears of everything. @returns Always true: the service has its own limits. */
  dispatch(options: DispatchOptions, handler: DispatchHandler | LegacyDispatchHandler): boolean;
  /** Takes no more requests, and waits for those under way. The service stays as it is. */
  close(callback?: () => void): Promise<void>;
  /** Takes no more requests, and ends those under way with `error`. */
  destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void>;
}

/**
 * Makes a service a dispatcher of undici 6, 7 or 8, and of the `fetch` of Node.js.
 *
 * @remarks
 * Nothing is imported of undici. Given its `Dispatcher` class, of whichever version, the result is one of its instances, with
 * `request`, `stream`, `pipeline`, `compose` and the rest; without it, it has `dispatch`, `close` and `destroy`, which is what
 * `fetch` and undici's functions use.
 *
 * Bodies are pulled when the handler has room. Timeouts, `idempotent`, `blocking`, `reset` and `expectContinue` of the
 * options are ignored: the service has its own ways for that. `onBodySent` and `onRequestSent` are not called.
 *
 * @example
 * const dispatcher = undiciDispatcher(createHttpClient({ connector: tcpConnector() }));
 * // The types of `fetch` know the dispatchers of one version of undici only.
 * const response = await fetch('http://example.com/', { dispatcher } as object);
 */
export function undiciDispatcher(service: Service<HttpRequest, HttpResponse>): ServiceDispatcher;
/**
 * The same as an instance of the `Dispatcher` class of undici.
 *
 * @example
 * import { Dispatcher, request } from 'undici';
 * const client = createHttpClient({ connector: tcpConnector() });
 * const { body } = await request('http://example.com/', { dispatcher: undiciDispatcher(client, Dispatcher) });
 */
export function undiciDispatcher<Dispatcher extends object>(
  service: Service<HttpRequest, HttpResponse>,
  base: new () => Dispatcher,
): Dispatcher;
export function undiciDispatcher(service: Service<HttpRequest, HttpResponse>, base?: new () => object): object {
  const core = new DispatcherCore(service);
  return Object.assign(base === undefined ? {} : new base(), {
    // With two parameters, which undici looks at.
    dispatch: (options: DispatchOptions, handler: DispatchHandler | LegacyDispatchHandler) =>
      core.dispatch(options, handler),
    close: (callback?: () => void) => withCallback(core.close(), callback),
    destroy: (error?: Error | null | (() => void), callback?: () => void) =>
      typeof error === 'function' ? withCallback(core.destroy(), error) : withCallback(core.destroy(error), callback),
  });
}

/** undici calls back, or gives a promise. */
function withCallback(done: Promise<void>, callback: (() => void) | undefined): Promise<void> {
  return callback === undefined ? done : done.then(callback);
}

class DispatcherCore {
  readonly #service: Service<HttpRequest, HttpResponse>;
  readonly #running = new Map<ServiceController, Promise<void>>();
  #isClosed = false;

  constructor(service: Service<HttpRequest, HttpResponse>) {
    this.#service = service;
  }

  dispatch(options: DispatchOptions, given: DispatchHandler | LegacyDispatchHandler): boolean {
    const handler = modernHandler(given);
    const controller = new ServiceController();
    // A handler that throws on hearing of a failure has nobody else to tell.
    const done = this.#run(options, handler, controller).catch(() => {});
    this.#running.set(controller, done);
    void done.then(() => this.#running.delete(controller));
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running.values());
  }

  destroy(error?: Error | null): Promise<void> {
    for (const controller of this.#running.keys()) {
      controller.abort(error ?? new ClosedError('the dispatcher was destroyed'));
    }
    return this.close();
  }

  async #run(options: DispatchOptions, handler: DispatchHandler, controller: ServiceController): Promise<void> {
    let response: HttpResponse | undefined;
    const { scope } = controller;
    try {
      if (this.#isClosed) throw new ClosedError('the dispatcher is closed');
      handler.onRequestStart?.(controller, {});
      scope.throwIfAborted();
      const request = dispatchRequest(options, scope, (interim) => startResponse(interim, handler, controller));
      response = await scope.race(this.#service.serve(request));
      if (response.upgraded === undefined) await respond(response, handler, controller);
      else upgrade(response, handler, controller);
    } catch (error) {
      response?.[Symbol.dispose]();
      handler.onResponseError?.(controller, toError(scope.aborted ? scope.reason : error));
    } finally {
      scope.close();
    }
  }
}

function startResponse(
  response: HttpResponse | InformationalResponse,
  handler: DispatchHandler,
  controller: ServiceController,
): void {
  const { status, headers, reason } = response;
  controller.rawHeaders = rawOf(headers);
  handler.onResponseStart?.(controller, status, fieldsOf(headers), reason);
}

async function respond(response: HttpResponse, handler: DispatchHandler, controller: ServiceController) {
  const { body } = response;
  const listener = controller.scope.onAbort((reason) => body.cancel(reason));
  try {
    handler.onResponseStarted?.();
    startResponse(response, handler, controller);
    await controller.room();
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) {
      controller.scope.throwIfAborted();
      handler.onResponseData?.(controller, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      await controller.room();
    }
  } finally {
    listener.close();
  }
  const trailers = body.trailers ?? HttpHeaders.from();
  controller.rawTrailers = rawOf(trailers);
  handler.onResponseEnd?.(controller, fieldsOf(trailers));
}

function upgrade(response: HttpResponse, handler: DispatchHandler, controller: ServiceController): void {
  const { status, headers, upgraded } = response;
  if (upgraded === undefined) return;
  controller.scope.throwIfAborted();
  if (handler.onRequestUpgrade === undefined) throw new UsageError('the handler takes no upgraded connection');
  controller.rawHeaders = rawOf(headers);
  const socket = duplexFromByteStream(upgraded.stream);
  try {
    handler.onRequestUpgrade(controller, status, fieldsOf(headers), socket);
    controller.scope.throwIfAborted(); // so undici gives up what it does not like, and forgets the socket
  } catch (error) {
    socket.on('error', () => {}); // nobody listens to it any more, which would end the process
    socket.destroy();
    throw error;
  }
}

class ServiceController implements DispatchController {
  readonly scope = new AbortScope();
  rawHeaders: readonly Buffer[] | null = null;
  rawTrailers: readonly Buffer[] | null = null;
  #resume: PromiseWithResolvers<void> | undefined;

  get aborted(): boolean {
    return this.scope.aborted;
  }

  get reason(): unknown {
    return this.scope.reason ?? null;
  }

  get paused(): boolean {
    return this.#resume !== undefined;
  }

  abort(reason: unknown): void {
    this.scope.abort(reason);
    this.resume();
  }

  pause(): void {
    this.#resume ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resume?.resolve();
    this.#resume = undefined;
  }

  /** Waits until the handler wants more. Rejects if it does not any more. */
  async room(): Promise<void> {
    while (this.#resume !== undefined) await this.#resume.promise;
    this.scope.throwIfAborted();
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}
