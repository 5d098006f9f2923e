import type { Clock, Service } from '@lamella/service-core';
import { abortScope, TimeoutError, UsageError } from '@lamella/service-core';
import type { HttpBodyInit } from '../../message/http-body.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeadersInit } from '../../message/http-headers.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { basicCredentials, bearerCredentials } from '../credentials.ts';
import type { MultipartInit } from './multipart.ts';
import { multipartBody } from './multipart.ts';
import type { QueryInit } from './request-url.ts';
import { encodeQuery, pairsOf, withQuery } from './request-url.ts';
import { unexpectedStatus } from './unexpected-status.ts';

/** What a request is made of so far. */
export interface RequestPlan {
  readonly service: Service<HttpRequest, HttpResponse>;
  readonly method: string;
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly body: HttpBody;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Whether a status is what the caller wants. */
  readonly accepts: (status: number) => boolean;
  readonly maxBytes: number;
  readonly clock: Clock;
}

/**
 * A request that is being put together. Each method gives a new one; nothing is sent before `send`, `asJson`, `asText` or `asBytes`.
 *
 * @remarks
 * Names, values, credentials and types are checked by the method that takes them, with UsageError; nothing can be injected into
 * a head. A request whose body is text or bytes can be sent several times.
 */
export class RequestBuilder {
  readonly #plan: RequestPlan;

  /** For {@link requests}, which everybody else uses. */
  constructor(plan: RequestPlan) {
    this.#plan = plan;
  }

  /** Sets a field, in place of all of that name. */
  header(name: string, value: string): RequestBuilder {
    return this.headers([[name, value]]);
  }

  /** Sets several fields, each in place of all of its name. */
  headers(init: HttpHeadersInit): RequestBuilder {
    const headers = this.#plan.headers.clone();
    const more = HttpHeaders.from(init);
    for (const [name] of more) headers.delete(name);
    for (const [name, value] of more) headers.append(name, value);
    return this.#with({ headers });
  }

  /** Appends to the query: names and values, percent-encoded. */
  query(init: QueryInit): RequestBuilder {
    return this.#with({ url: withQuery(this.#plan.url, encodeQuery(init)) });
  }

  /** Says who we are by name and password. RFC 7617. */
  basic(user: string, password: string): RequestBuilder {
    return this.header('Authorization', `Basic ${basicCredentials(user, password)}`);
  }

  /** Says who we are by a token. RFC 6750. */
  bearer(token: string): RequestBuilder {
    return this.header('Authorization', `Bearer ${bearerCredentials(token)}`);
  }

  /** Sets the content as it is. */
  body(init: HttpBodyInit, contentType?: string): RequestBuilder {
    const next = this.#with({ body: HttpBody.from(init) });
    return contentType === undefined ? next : next.header('Content-Type', contentType);
  }

  /** Sets a value as JSON for the content. @throws UsageError if it has no JSON. */
  json(value: unknown): RequestBuilder {
    const text = JSON.stringify(value);
    if (text === undefined) throw new UsageError(`a ${typeof value} has no JSON`);
    return this.body(text, 'application/json');
  }

  /** Sets fields of a form for the content, as `application/x-www-form-urlencoded`. */
  form(fields: QueryInit): RequestBuilder {
    return this.body(new URLSearchParams(pairsOf(fields)).toString(), 'application/x-www-form-urlencoded');
  }

  /** Sets fields and files of a form for the content, as `multipart/form-data`; streams are sent as they come. */
  multipart(init: MultipartInit): RequestBuilder {
    const { body, contentType } = multipartBody(init);
    return this.body(body, contentType);
  }

  /**
   * Sets the longest time for all of it, in milliseconds, greater than 0: up to the head of the response for `send`, up to the end of the
   * body for `asJson`, `asText` and `asBytes`.
   */
  timeoutMs(timeoutMs: number): RequestBuilder {
    return this.#with({ timeoutMs: validTimeout(timeoutMs) });
  }

  /** Cancels the request by a signal; it fails with the reason of the signal. */
  signal(signal: AbortSignal): RequestBuilder {
    return this.#with({ signal });
  }

  /** Fails with {@link HttpStatusError} unless the status is one of these; without any, unless it is 200 to 299. */
  expectStatus(...statuses: readonly number[]): RequestBuilder {
    const wanted = new Set(statuses);
    return this.#with({ accepts: wanted.size === 0 ? isSuccess : (status) => wanted.has(status) });
  }

  /** Sends it. @returns The response, whose body is the caller's to read or cancel. */
  send(): Promise<HttpResponse> {
    return this.#run(async (response) => response);
  }

  /** Sends it, and reads the body as JSON. */
  asJson(): Promise<unknown>;
  /**
   * Sends it, reads the body as JSON, and gives that to `parse`.
   *
   * @param parse - Makes sure of the type, and throws if it is another one; the `parse` of a schema library will do.
   */
  asJson<Value>(parse: (value: unknown) => Value): Promise<Value>;
  asJson(parse: (value: unknown) => unknown = (value) => value): Promise<unknown> {
    return this.#run(async ({ body }, { maxBytes }) => parse(await body.json({ maxBytes })));
  }

  /** Sends it, and reads the body as UTF-8 text. */
  asText(): Promise<string> {
    return this.#run(({ body }, { maxBytes }) => body.text({ maxBytes }));
  }

  /** Sends it, and reads the body. */
  asBytes(): Promise<Uint8Array> {
    return this.#run(({ body }, { maxBytes }) => body.bytes({ maxBytes }));
  }

  async #run<Value>(read: (response: HttpResponse, plan: RequestPlan) => Promise<Value>): Promise<Value> {
    const plan = this.#plan;
    const { service, timeoutMs, clock } = plan;
    const request = requestOf(plan);
    const scope = abortScope(request);
    const timer = clock.startTimer(timeoutMs, () =>
      scope.abort(new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { layer: 'requests' } })),
    );
    let response: HttpResponse | undefined;
    try {
      response = await scope.race(service.serve(scope.input));
      if (plan.accepts(response.status)) return await scope.race(read(response, plan));
      throw await scope.race(unexpectedStatus(request, response));
    } catch (error) {
      response?.[Symbol.dispose](); // whoever hears of a failure has no body to read
      throw error;
    } finally {
      timer.cancel();
      scope.close();
    }
  }

  #with(changes: Partial<RequestPlan>): RequestBuilder {
    return new RequestBuilder({ ...this.#plan, ...changes });
  }
}

/** Each sending has headers of its own, and a body of its own where that is at hand. */
function requestOf({ method, url, headers, body, signal }: RequestPlan): HttpRequest {
  return HttpRequest.from({
    method,
    target: url,
    headers: headers.clone(),
    body: body.tryClone() ?? body,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Whether a status is 200 to 299. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** @throws UsageError if it is not greater than 0. */
export function validTimeout(timeoutMs: number): number {
  if (timeoutMs > 0) return timeoutMs;
  throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
}
