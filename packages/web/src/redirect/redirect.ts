import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';

/** Status codes of redirects: for good (301, 308) or for now (302, 303, 307); 307 and 308 keep the method, 303 makes it GET. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

/** Options of {@link redirectResponse}. */
export interface RedirectResponseOptions {
  /** Status code. Default 302. */
  readonly status?: RedirectStatus;
}

/** Options of {@link redirectService}. */
export interface RedirectServiceOptions {
  /** Where to: a URL or a path, or what makes one of the request. Pass what a client wants through `localTarget`. */
  readonly to: string | ((request: HttpRequest) => string);
  /** Status code. Default 308. */
  readonly status?: RedirectStatus;
  /** Whether the query of the request goes along; one of the target stays in front. Default `false`. */
  readonly keepsQuery?: boolean;
}

/**
 * Makes a redirect.
 *
 * @param location - A URL of http or https, or a path; not what a client has sent, unless it went through `localTarget`.
 * @throws UsageError for anything else: another scheme, `//host`, a backslash, a blank, a control character or one beyond ASCII.
 *
 * @example
 * redirectResponse('/login?next=%2Faccount', { status: 303 });
 */
export function redirectResponse(location: string, options: RedirectResponseOptions = {}): HttpResponse {
  const { status = 302 } = options;
  requireStatus(status);
  requireLocation(location);
  return HttpResponse.from({ status, headers: { Location: location } });
}

/**
 * Makes a service that redirects every request.
 *
 * @throws UsageError if an option is out of its range. The service rejects with it if `to` makes no location.
 *
 * @example
 * const moved = redirectService({ to: 'https://www.example.test/news', status: 301 });
 */
export function redirectService(options: RedirectServiceOptions): Service<HttpRequest, HttpResponse> {
  const { to, status = 308, keepsQuery = false } = options;
  requireStatus(status);
  if (typeof to !== 'function') requireLocation(to);
  return {
    async serve(request) {
      const location = typeof to === 'function' ? to(request) : to;
      return redirectResponse(keepsQuery ? withQuery(location, request.query) : location, { status });
    },
  };
}

/**
 * Takes what a client wants to be sent to, if that is on this site: the guard against open redirects.
 *
 * @remarks
 * Browsers read `//host`, `/\host`, and either with tabs and line feeds in it, as another host. So only a path passes that begins with one
 * slash and holds nothing that is read in more than one way; it is resolved as browsers do it, and must be on the same host still.
 *
 * @param wanted - Such as the value of `next` in a query; decoded once.
 * @param fallback - What to take instead. Default `'/'`.
 *
 * @example
 * localTarget('/account?tab=1'); // '/account?tab=1'
 * localTarget('//evil.test/'); // '/'
 */
export function localTarget(wanted: string | null | undefined, fallback = '/'): string {
  if (typeof wanted !== 'string' || !LOCAL.test(wanted) || !URL.canParse(wanted, HERE)) return fallback;
  const { origin, pathname, search, hash } = new URL(wanted, HERE);
  // `/.//host` resolves to a path of two slashes, which another reader takes for a host.
  return origin === HERE && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : fallback;
}

function withQuery(location: string, query: string | undefined): string {
  if (query === undefined) return location;
  const [base = '', ...fragment] = location.split('#');
  const joined = `${base}${base.includes('?') ? '&' : '?'}${query}`;
  return [joined, ...fragment].join('#');
}

function requireLocation(location: unknown): void {
  if (typeof location === 'string' && LOCATION.test(location) && URL.canParse(location, HERE)) return;
  throw new UsageError('a redirect needs a URL of http or https, or a path that begins with one slash');
}

function requireStatus(status: number): void {
  if ([301, 302, 303, 307, 308].includes(status)) return;
  throw new UsageError(`the status of a redirect must be 301, 302, 303, 307 or 308, got ${status}`);
}

const HERE = 'http://here.invalid';
/** One slash, then nothing that somebody might read as another one, leave out, or end a field with. */
const LOCAL = /^\/(?![/\\])[^\\\p{Cc}\s]*$/u;
const LOCATION = /^(?:https?:\/\/[^/\\]|\/(?![/\\]))[\x21-\x5b\x5d-\x7e]*$/i;
