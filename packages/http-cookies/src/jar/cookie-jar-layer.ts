import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { parseCookies } from '../server/parse-cookies.ts';
import type { CookieJar, SameSiteContext } from './cookie-jar.ts';

/** Options of {@link cookieJarLayer}. */
export interface CookieJarLayerOptions {
  /** Where cookies are kept; several clients may share one. */
  readonly jar: CookieJar;
  /**
   * From where a request comes, for SameSite. Default: by its Sec-Fetch-Site and Sec-Fetch-Mode, and `'strict'` (from the same site) without
   * them, since a client without pages has no other site that it could come from.
   */
  readonly contextOf?: (request: HttpRequest) => SameSiteContext;
  /** Hears of each Set-Cookie that the jar refuses. Must not throw. Default: nothing. */
  readonly onRefused?: (setCookie: string, url: string) => void;
}

/**
 * Sends the cookies of a jar with each request, and keeps those that responses set.
 *
 * @remarks
 * Belongs inside of `followRedirectLayer`: then every hop sends the cookies of its own URL, and those that a redirect sets are kept; outside,
 * a redirect's cookies are never seen. A Cookie field that the request has already comes first, and wins over a cookie of the same name.
 * Only requests for whole URLs have cookies. What a jar refuses is left out, and fails no response.
 *
 * @throws UsageError if an option is missing or of the wrong type.
 *
 * @example
 * const client = stack(
 *   followRedirectLayer(),
 *   cookieJarLayer({ jar: createCookieJar() }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.headers.get('cookie') ?? 'none')),
 * );
 */
export function cookieJarLayer(options: CookieJarLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { jar, contextOf = contextByFetchMetadata, onRefused } = options;
  if (typeof jar?.cookiesFor !== 'function')
    throw new UsageError('jar must be a cookie jar, such as createCookieJar()');
  if (typeof contextOf !== 'function') throw new UsageError('contextOf must be a function');

  return (inner) => ({
    async serve(request) {
      const url = urlOf(request);
      if (url === undefined) return inner.serve(request);
      const context = contextOf(request);
      const response = await inner.serve(withCookies(request, jar.cookiesFor(url, context)));
      for (const setCookie of response.headers.getAll('set-cookie')) {
        if (!jar.accept(setCookie, url, context)) onRefused?.(setCookie, url);
      }
      return response;
    },
  });
}

function withCookies(request: HttpRequest, kept: string | undefined): HttpRequest {
  if (kept === undefined) return request;
  const headers = request.headers.clone();
  const own = headers.get('cookie');
  headers.set('Cookie', own === undefined ? kept : merged(own, kept));
  return request.with({ headers });
}

function merged(own: string, kept: string): string {
  const names = parseCookies(own);
  const others = kept.split('; ').filter((pair) => !names.has(pair.slice(0, Math.max(0, pair.indexOf('=')))));
  return [own, ...others].join('; ');
}

function urlOf({ parsedTarget: { scheme }, target }: HttpRequest): string | undefined {
  return scheme === 'http' || scheme === 'https' ? target : undefined;
}

function contextByFetchMetadata({ headers, method }: HttpRequest): SameSiteContext {
  if (headers.get('sec-fetch-site') !== 'cross-site') return 'strict';
  const isNavigation = headers.get('sec-fetch-mode') === 'navigate' && (method === 'GET' || method === 'HEAD');
  return isNavigation ? 'lax' : 'none';
}
