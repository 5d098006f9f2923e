import type { HttpRequest } from '@lamella/http';
import { requestScheme, urlScheme } from '@lamella/http';
import { formatAuthority, tryParseAuthority } from '@lamella/net-core';

/**
 * The key of the resource that a request is for: scheme, host, port, path and query.
 *
 * @remarks
 * A server knows how its client has come, by the connection or by trusted proxies, and services inside answer by that: a whole URL may
 * claim another scheme, and would fill in clear what is given by TLS.
 *
 * @returns `undefined` if the request does not say which resource that is, or says another scheme than the one it has come by.
 */
export function cacheKey(request: HttpRequest): string | undefined {
  const { scheme: claimed, path, query } = request.parsedTarget;
  const scheme = urlScheme(request) ?? requestScheme(request);
  if (claimed !== undefined && claimed !== scheme) return undefined;
  const authority = request.authority === undefined ? undefined : tryParseAuthority(request.authority);
  if (authority === undefined || path === '') return undefined;
  const { host, port = scheme === 'https' ? 443 : 80 } = authority;
  return `${scheme}://${formatAuthority({ host, port })}${path}${query === undefined ? '' : `?${query}`}`;
}

/**
 * The key of a resource that a response names in Location or Content-Location.
 *
 * @returns `undefined` unless it lies on the same origin as `key`: a server can't make a cache forget what others serve.
 */
export function relatedKey(key: string, reference: string): string | undefined {
  if (!URL.canParse(reference, key)) return undefined;
  const base = new URL(key);
  const url = new URL(reference, base);
  if (url.origin !== base.origin) return undefined;
  return `${key.slice(0, originLength(key))}${url.pathname}${url.search}`;
}

function originLength(key: string): number {
  return key.indexOf('/', key.indexOf('://') + '://'.length);
}
