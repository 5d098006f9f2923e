import type { Clock, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { isToken } from '../../message/field-syntax.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeadersInit } from '../../message/http-headers.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { isSuccess, RequestBuilder, validTimeout } from './request-builder.ts';
import { requestUrl, validBaseUrl } from './request-url.ts';

/** Options of {@link requests}; each request may change what they say, but for `baseUrl`. */
export interface RequestsOptions {
  /**
   * What stands in front of every path: `http://host[:port][/path]`. With it, requests take paths and go nowhere else; where it has a path, they
   * must not have dot segments. Default: none; then requests take whole URLs.
   */
  readonly baseUrl?: string;
  /** Fields of every request. Default: none. */
  readonly headers?: HttpHeadersInit;
  /** Longest time for a request, in milliseconds, greater than 0; see {@link RequestBuilder.timeoutMs}. Default `Infinity`. */
  readonly timeoutMs?: number;
  /** Whether every status but 200 to 299 is a failure. Default false. */
  readonly expectSuccess?: boolean;
  /** Longest body that is read whole, in bytes, at least 0. Default 16_777_216 (16 MiB). */
  readonly maxBytes?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** Starts requests, by method. */
export interface Requests {
  readonly get: (url: string) => RequestBuilder;
  readonly head: (url: string) => RequestBuilder;
  readonly post: (url: string) => RequestBuilder;
  readonly put: (url: string) => RequestBuilder;
  readonly patch: (url: string) => RequestBuilder;
  readonly delete: (url: string) => RequestBuilder;
  /** Starts a request of any other method, in its case. */
  readonly request: (method: string, url: string) => RequestBuilder;
}

/**
 * A comfortable way to send requests by any service: a client, a client within layers, or a stand-in of a test.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const api = requests(client, { baseUrl: 'http://api.test/v1', timeoutMs: 5_000, expectSuccess: true });
 * const created = await api.post('/items').bearer('token').json({ name: 'tea' }).asJson();
 * const page = await api.get('/items').query({ page: 2, tag: ['a', 'b'] }).asText();
 *
 * @throws UsageError if an option is out of its range.
 */
export function requests(service: Service<HttpRequest, HttpResponse>, options: RequestsOptions = {}): Requests {
  const { timeoutMs = Number.POSITIVE_INFINITY, expectSuccess = false, clock = systemClock } = options;
  const { maxBytes = 16 * 1024 * 1024 } = options;
  if (!(maxBytes >= 0)) throw new UsageError(`maxBytes must be >= 0, got ${maxBytes}`);
  const base = options.baseUrl === undefined ? undefined : validBaseUrl(options.baseUrl);
  const common = {
    service,
    headers: HttpHeaders.from(options.headers).clone(),
    body: HttpBody.empty,
    timeoutMs: validTimeout(timeoutMs),
    signal: undefined,
    accepts: expectSuccess ? isSuccess : () => true,
    maxBytes,
    clock,
  };
  const start = (method: string, url: string): RequestBuilder => {
    if (!isToken(method)) throw new UsageError(`method ${JSON.stringify(method)} is not a token`);
    return new RequestBuilder({ ...common, method, url: requestUrl(base, url) });
  };
  return {
    get: (url) => start('GET', url),
    head: (url) => start('HEAD', url),
    post: (url) => start('POST', url),
    put: (url) => start('PUT', url),
    patch: (url) => start('PATCH', url),
    delete: (url) => start('DELETE', url),
    request: start,
  };
}
