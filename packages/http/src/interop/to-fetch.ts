import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { HttpBody } from '../message/http-body.ts';
import { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import { isBodyless } from '../message/status.ts';

/** The shape of `fetch`. */
export type FetchFunction = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Makes a plain `fetch` of a service, with no global state: libraries that take a `fetch` option then use your client.
 *
 * @remarks
 * Uses `Request`, `Response` and `Headers` of the platform, and nothing of its `fetch`. Bodies are streamed both ways; text and bytes
 * are sent with their length. It sends what it is given and returns what comes: redirects, decompression, cookies and caches
 * are layers on the service. With `redirect: 'error'` a redirect is a rejection; `integrity`, `cache`, `mode`, `credentials` and
 * `keepalive` have no meaning here. Failures are those of the service, not a `TypeError`; an abort rejects with its reason.
 *
 * @example
 * const fetch = toFetch(createHttpClient({ connector: tcpConnector() }));
 * const response = await fetch('http://example.com/', { headers: { accept: 'text/plain' } });
 */
export function toFetch(service: Service<HttpRequest, HttpResponse>): FetchFunction {
  return async (input, init) => {
    const web = new Request(input, init);
    const { signal, redirect } = web;
    signal.throwIfAborted();
    const target = web.url.replace(/#.*$/, '');
    const body = bodyOf(web, init?.body);
    const response = await service.serve(
      HttpRequest.from({ method: web.method, target, headers: web.headers, signal, body }),
    );
    return webResponse(response, target, redirect);
  };
}

/** What is at hand is sent with its length; the stream that the platform makes of it has none. */
function bodyOf(web: Request, given: RequestInit['body']): HttpBody {
  if (web.body === null) return HttpBody.empty;
  if (typeof given === 'string') return HttpBody.from(given);
  if (given instanceof URLSearchParams) return HttpBody.from(given.toString());
  if (given instanceof Uint8Array) return HttpBody.from(new Uint8Array(given)); // the caller may write into it again
  return HttpBody.from(web.body, given instanceof Blob ? { size: given.size } : {});
}

function webResponse(response: HttpResponse, url: string, redirect: string): Response {
  const { status, reason, headers, body } = response;
  if (response.upgraded !== undefined) {
    response[Symbol.dispose]();
    throw new UsageError(`fetch can't give a connection that switched protocols: ${status}`);
  }
  if (redirect === 'error' && REDIRECTS.has(status) && headers.has('location')) {
    response[Symbol.dispose]();
    throw new UsageError(`the answer is a redirect, ${status}, which the request does not want`);
  }
  const fields = new Headers();
  for (const [name, value] of headers) fields.append(name, value);
  const isBare = isBodyless(status) || status === 205 || body.isEmpty;
  if (isBare) body.cancel();
  const web = new Response(isBare ? null : body.toWebStream(), { status, statusText: reason, headers: fields });
  Object.defineProperty(web, 'url', { value: url });
  return web;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
