import type { HttpRequest, HttpResponse } from '@lamella/http';
import { RequestOrigin, tryParseRequestTarget } from '@lamella/http';
import { parseDomain, parseHost } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { isLamellaError, UsageError } from '@lamella/service-core';
import { hasDotSegment } from './dot-segment.ts';
import { endOfPrefix, pathAsRead } from './path-as-read.ts';

/**
 * Where requests go that match.
 *
 * @remarks
 * Of several routes that match, the most specific one is taken, whatever their order: one that names the host before one that
 * names `*.` and the domain above it, that before one for any host; then the longest path. Two routes for the same host and path
 * are an error.
 */
export interface ReverseRoute {
  /** Host that the request is for, without port: a name, an address, or `*.example.com` for all names below it. Default: any. */
  readonly host?: string;
  /**
   * Path that the request starts with, by whole segments: `/api` matches `/api` and `/api/x`, not `/apix`. Compared as the upstream may read
   * it: `/%61pi` and `//api` are `/api`, but case counts, and `%2F` is no slash. A slash at the end says nothing. Default `/`.
   */
  readonly path?: string;
  /**
   * Upstream, such as `http://127.0.0.1:3000`, or `https://api.internal`, for which the client needs TLS. With a path
   * (`http://127.0.0.1:3000/v1`, or just a slash) that path takes the place of the one that matched; without, the path goes on as it came.
   * Default, with an `upstream`: its name, and the path as it came.
   */
  readonly to?: string;
  /**
   * Sends the requests of this route, such as an `upstreamGroup` or a `canaryService`; their target is what `to` says. Default: the client of
   * the proxy.
   */
  readonly upstream?: Service<HttpRequest, HttpResponse> & { readonly name?: string };
}

/** A route, checked and taken apart. */
export interface CompiledRoute {
  /** The host it is for, in its canonical form, with `*.` in front if it is for those below; `undefined` for any. */
  readonly host: string | undefined;
  /** The path it is for as {@link pathAsRead} has it, without a slash at the end. */
  readonly prefix: string;
  /** Scheme and authority of the upstream. */
  readonly origin: RequestOrigin;
  /** Whether a path that matches goes on as it came. */
  readonly keepsPath: boolean;
  /** The target upstream for a path that matches. */
  readonly rewrite: (path: string, query: string | undefined) => string;
  /** Host and optional port of the upstream. */
  readonly authority: string;
  /** Sends the requests of this route, if that is not the client of the proxy. */
  readonly upstream: Service<HttpRequest, HttpResponse> | undefined;
}

/** Checks a route. @throws UsageError saying which field is wrong, and how. */
export function compileRoute({ host, path = '/', upstream, ...route }: ReverseRoute): CompiledRoute {
  const prefix = prefixOf(path);
  const to = route.to ?? (upstream === undefined ? '' : `http://${upstream.name ?? 'upstream'}`);
  const target = tryParseRequestTarget('GET', to);
  if (typeof target === 'string' || !SCHEMES.has(target.scheme ?? '') || target.query !== undefined) {
    throw new UsageError(`a route's to must be a URL such as http://127.0.0.1:3000, got ${JSON.stringify(to)}`);
  }
  const { scheme, authority = '', path: upstreamPath } = target;
  if (hasDotSegment(path) || hasDotSegment(upstreamPath)) {
    throw new UsageError(`a route must not have dot segments, got ${JSON.stringify(path)} to ${JSON.stringify(to)}`);
  }
  const base = withoutLastSlash(upstreamPath);
  const keepsPath = upstreamPath === '';
  return {
    host: host === undefined ? undefined : canonicalHost(host),
    prefix,
    upstream,
    authority,
    origin: RequestOrigin.from(`${scheme}://${authority}`),
    keepsPath,
    rewrite(requestPath, query) {
      const rewritten = keepsPath ? requestPath : `${base}${requestPath.slice(endOfPrefix(requestPath, prefix))}`;
      const start = rewritten === '' ? '/' : rewritten;
      return `${scheme}://${authority}${start}${query === undefined ? '' : `?${query}`}`;
    },
  };
}

function prefixOf(path: string): string {
  const target = tryParseRequestTarget('GET', path);
  if (typeof target === 'object' && target.form === 'origin' && target.query === undefined) {
    return withoutLastSlash(pathAsRead(path));
  }
  throw new UsageError(`a route's path must start with a slash, without a query; got ${JSON.stringify(path)}`);
}

function canonicalHost(host: string): string {
  try {
    return host.startsWith('*.') ? `*.${parseDomain(host.slice(2))}` : parseHost(host).toString();
  } catch (cause) {
    if (!isLamellaError(cause)) throw cause;
    throw new UsageError(`a route's host must be a name, *.name or an address: ${cause.message}`, { cause });
  }
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

const SCHEMES: ReadonlySet<string> = new Set(['http', 'https']);
