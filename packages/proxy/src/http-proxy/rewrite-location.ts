import type { HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { tryParseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** How the Location of redirects that lead to the target itself is changed. */
export interface LocationRewriteOptions {
  readonly hostRewrite: string | undefined;
  readonly autoRewrite: boolean;
  readonly protocolRewrite: string | undefined;
}

/** Changes the Location of a response. */
export type LocationRewriter = (headers: HttpHeaders, response: HttpResponse, request: HttpRequest) => void;

/**
 * Makes the function that changes redirects, by the rules of http-proxy: statuses 201, 301, 302, 307 and 308, a whole URL whose host is
 * that of the target.
 *
 * @param origin - Scheme, host and port of the target.
 * @returns `undefined` if nothing is to be changed.
 * @throws UsageError if an option makes no sense.
 */
export function locationRewriter(origin: string, options: LocationRewriteOptions): LocationRewriter | undefined {
  const { hostRewrite, autoRewrite, protocolRewrite } = options;
  if (hostRewrite !== undefined && tryParseAuthority(hostRewrite) === undefined) {
    throw new UsageError(`hostRewrite must be host or host:port, got ${JSON.stringify(hostRewrite)}`);
  }
  const scheme = protocolRewrite?.replace(/:$/, '');
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw new UsageError(`protocolRewrite must be http or https, got ${JSON.stringify(protocolRewrite)}`);
  }
  if (hostRewrite === undefined && !autoRewrite && scheme === undefined) return undefined;
  const own = hostOf(`${origin}/`);
  return (headers, { status }, request) => {
    const location = STATUSES.has(status) ? headers.get('location') : undefined;
    const parts = location === undefined ? null : LOCATION.exec(location);
    if (location === undefined || parts === null || hostOf(location) !== own) return;
    const [, oldScheme = '', oldHost = '', rest = ''] = parts;
    const host = hostRewrite ?? (autoRewrite ? (request.authority ?? oldHost) : oldHost);
    headers.set('Location', `${scheme ?? oldScheme}://${host}${rest}`);
  };
}

/** Host and port in one spelling, the port of the scheme left out. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

const STATUSES: ReadonlySet<number> = new Set([201, 301, 302, 307, 308]);
const LOCATION = /^(https?):\/\/([^/?#]*)(.*)$/i;
