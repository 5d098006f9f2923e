import type { HttpRequest } from '@lamella/http';
import { HttpHeaders, type HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { MadeByProxy } from '../forwarding/made-by-proxy.ts';
import type { ErrorPage } from './error-page.ts';
import { preferredPage } from './preferred-page.ts';

/** Options of {@link errorPagesLayer}. */
export interface ErrorPagesOptions {
  /** Pages by status, `'404'`, or by class, `'4xx'` or `'5xx'`; the exact status is taken before its class. */
  readonly pages: Readonly<Record<string, ErrorPage | ((request: HttpRequest, response: HttpResponse) => ErrorPage)>>;
  /** Whose errors are replaced: those that the proxy has made, or all. Default `'proxy'`: what an upstream says stays. */
  readonly replaces?: 'proxy' | 'all';
}

/**
 * Shows pages of one's own for errors.
 *
 * @remarks
 * The status, the reason and all fields but those about the content stay. The page is chosen by Accept (RFC 9110 section 12.5.1). A response
 * to HEAD keeps the fields of the page and has no content.
 *
 * @throws UsageError if a key of `pages` is no status or class, or a page has no form.
 *
 * @example
 * const layer = errorPagesLayer({
 *   pages: { '502': { html: '<h1>Back soon</h1>', json: '{"error":"back soon"}' }, '5xx': { text: 'something broke' } },
 * });
 */
export function errorPagesLayer(options: ErrorPagesOptions): Layer<HttpRequest, HttpResponse> {
  const { pages, replaces = 'proxy' } = options;
  for (const [key, page] of Object.entries(pages)) {
    if (!/^[45](?:[0-9]{2}|xx)$/.test(key)) {
      throw new UsageError(`pages must be named by a status such as 502, or by 4xx or 5xx; got ${JSON.stringify(key)}`);
    }
    const isEmpty =
      typeof page === 'object' && page.html === undefined && page.json === undefined && page.text === undefined;
    if (isEmpty) throw new UsageError(`the page for ${key} must have html, json or text`);
  }
  const replaced = (request: HttpRequest, response: HttpResponse): HttpResponse => {
    const { status } = response;
    if (status < 400 || (replaces === 'proxy' && response.extensions.get(MadeByProxy) !== true)) return response;
    const page = pages[status] ?? pages[`${Math.floor(status / 100)}xx`];
    if (page === undefined) return response;
    const chosen = preferredPage(
      request.headers.get('accept'),
      typeof page === 'function' ? page(request, response) : page,
    );
    if (chosen === undefined) return response;
    response.body.cancel();
    const headers = HttpHeaders.from(response.headers);
    headers.deleteWhere((name) =>
      /^(?:content-(?!security-policy).*|etag|last-modified|accept-ranges|transfer-encoding|trailer)$/i.test(name),
    );
    headers.append('Content-Type', chosen.type);
    headers.append('Vary', 'Accept');
    return response.with({ headers, body: chosen.content });
  };
  return (inner) => ({
    async serve(request) {
      const response = await inner.serve(request);
      try {
        return replaced(request, response);
      } catch (error) {
        response[Symbol.dispose](); // nobody is going to get it
        throw error;
      }
    },
  });
}
