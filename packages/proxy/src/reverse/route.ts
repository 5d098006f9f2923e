import type { HttpRequest } from '@lamella/http';
import { tryParseRequestTarget } from '@lamella/http';
import { tryParseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** Where requests go that match. */
export interface ReverseRoute {
  /** Host that the request is for, without port: a name, or `*.example.com` for all below it. Default: any. */
  readonly host?: string;
  /** Path that the request starts with, by whole segments: `/api` matches `/api` and `/api/x`, not `/apix`. Default `/`. */
  readonly path?: string;
  /**
   * Upstream, such as `http://127.0.0.1:3000`. With a path (`http://127.0.0.1:3000/v1`, or just a slash) that path takes the place
   * of the one that matched; without, the path goes on as it came.
   */
  readonly to: string;
}

/** A route, checked and taken apart. */
export interface CompiledRoute {
  readonly matches: (host: string, path: string) => boolean;
  /** The target upstream for a path that matches. */
  readonly rewrite: (path: string, query: string | undefined) => string;
  /** Host and optional port of the upstream. */
  readonly authority: string;
}

/** Checks a route. @throws UsageError saying which field is wrong, and how. */
export function compileRoute(route: ReverseRoute): CompiledRoute {
  const { path = '/', to } = route;
  const target = tryParseRequestTarget('GET', to);
  if (typeof target === 'string' || target.scheme !== 'http' || target.query !== undefined) {
    throw new UsageError(`a route's to must be a URL such as http://127.0.0.1:3000, got ${JSON.stringify(to)}`);
  }
  if (!/^\/[^?#\s]*$/.test(path))
    throw new UsageError(`a route's path must start with a slash, got ${JSON.stringify(path)}`);
  const prefix = path.endsWith('/') ? path.slice(0, -1) : path;
  const { authority = '', path: upstreamPath } = target;
  const base = upstreamPath.endsWith('/') ? upstreamPath.slice(0, -1) : upstreamPath;
  return {
    authority,
    matches: (host, requestPath) => hostMatches(route.host, host) && pathMatches(prefix, requestPath),
    rewrite(requestPath, query) {
      const rewritten = upstreamPath === '' ? requestPath : `${base}${requestPath.slice(prefix.length)}`;
      const start = rewritten === '' ? '/' : rewritten;
      return `http://${authority}${start}${query === undefined ? '' : `?${query}`}`;
    },
  };
}

/** The host that a request is for, in lower case and without port, or `''`. */
export function hostOf(request: HttpRequest): string {
  const authority = request.authority === undefined ? undefined : tryParseAuthority(request.authority);
  return authority?.host.toString() ?? '';
}

function hostMatches(pattern: string | undefined, host: string): boolean {
  if (pattern === undefined) return true;
  const lower = pattern.toLowerCase();
  return lower.startsWith('*.') ? host.endsWith(lower.slice(1)) : host === lower;
}

function pathMatches(prefix: string, path: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}
