import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { urlScheme } from '../layers/forwarded/request-scheme.ts';
import { HttpBody } from '../message/http-body.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { HttpRequest } from '../message/http-request.ts';
import { HttpResponse } from '../message/http-response.ts';
import { reasonPhrase } from '../message/status.ts';

/** Options of {@link toWebRequest}. */
export interface WebRequestOptions {
  /**
   * Scheme of the URL. Default: for a request that a server got, as its client sees it ({@link urlScheme}): by trusted proxies, or by whether
   * its connection has TLS, but never by what the request claims. For any other, the scheme of its target, which counts before this option, or
   * `'http'`.
   */
  readonly scheme?: 'http' | 'https';
}

/**
 * Makes a `Request` of the Fetch standard.
 *
 * @remarks
 * The body is streamed, and used up by it; the signal is the request's own. `Headers` of the standard keep no case and join
 * duplicates. The standard resolves dot segments and takes a backslash for a slash (`/a/..\b` becomes `/b`): what a layer in front
 * decides by the path as it came, such as who may go where, need not hold for the path of the web request.
 *
 * @throws UsageError if the request says no host, or has a method that the standard forbids (CONNECT, TRACE, TRACK).
 */
export function toWebRequest(request: HttpRequest, options: WebRequestOptions = {}): Request {
  if (isForbidden(request.method)) throw new UsageError(`a web request can't have the method ${request.method}`);
  const { form, path, query } = request.parsedTarget;
  const isReceived = request.extensions.ingress !== undefined;
  const scheme = (isReceived ? options.scheme : undefined) ?? urlScheme(request) ?? options.scheme ?? 'http';
  const { authority } = request;
  if (authority === undefined) throw new UsageError('a web request needs a host: the request has none');
  const start = form === 'asterisk' || path === '' ? '/' : path;

  const hasBody = !/^(?:GET|HEAD)$/i.test(request.method) && !request.body.isEmpty;
  const init: RequestInit = { method: request.method, headers: webHeaders(request.headers), signal: request.signal };
  // A streamed body needs `duplex`, which the type of RequestInit does not know everywhere.
  const bodyInit = hasBody ? { body: request.body.toWebStream(), duplex: 'half' } : {};
  return new Request(`${scheme}://${authority}${start}${query === undefined ? '' : `?${query}`}`, {
    ...init,
    ...bodyInit,
  } as RequestInit);
}

/**
 * Makes a response of a `Response` of the Fetch standard, whose body is streamed, and used up by it.
 *
 * @throws UsageError if it is an error response, or its body has been used.
 */
export function fromWebResponse(response: Response): HttpResponse {
  if (response.type === 'error') throw new UsageError('the web response is an error response');
  if (response.bodyUsed || response.body?.locked === true)
    throw new UsageError('the body of the web response was used already');
  const headers = HttpHeaders.from();
  for (const [name, value] of response.headers) headers.append(name, value);
  return HttpResponse.from({
    status: response.status,
    reason: response.statusText === '' ? reasonPhrase(response.status) : response.statusText,
    headers,
    body: response.body === null ? HttpBody.empty : HttpBody.from(response.body),
  });
}

/**
 * Mounts a fetch-style handler, such as `app.fetch` of Hono or h3, as a service.
 *
 * @param handler - Called once per request. What it throws is the rejection of the service.
 *
 * @example
 * const server = stack(httpServerLayer(), fetchHandler((request) => new Response(`hello from ${request.url}`)));
 */
export function fetchHandler(
  handler: (request: Request) => Response | Promise<Response>,
  options: WebRequestOptions = {},
): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      if (isForbidden(request.method)) return HttpResponse.text('Not Implemented\n', { status: 501 });
      return fromWebResponse(await handler(toWebRequest(request, options)));
    },
  };
}

function webHeaders(headers: HttpHeaders): Headers {
  const web = new Headers();
  for (const [name, value] of headers) web.append(name, value);
  return web;
}

/** The Fetch standard, section 2.2.1: in any case, though methods are not the same in every case elsewhere. */
function isForbidden(method: string): boolean {
  return FORBIDDEN.has(method.toUpperCase());
}

const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
