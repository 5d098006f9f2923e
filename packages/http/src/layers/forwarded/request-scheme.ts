import { TlsSession } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { ForwardedFacts } from './forwarded-facts.ts';

/**
 * Scheme that a proxy which ends TLS in front of a server says its client has used; there only if the server was told to believe it, as
 * `trustsScheme` of `@lamella/http2` does.
 */
export const TrustedScheme: ExtensionKey<'http' | 'https', 'stream'> = extensionKey('http/trusted-scheme', {
  scope: 'stream',
});

/**
 * Scheme by which the client has come: `https` if its connection has a TLS session, or what {@link TrustedScheme} says. What the request
 * itself claims, by a whole URL or by `:scheme`, plays no part.
 */
export function requestScheme(request: HttpRequest): 'http' | 'https' {
  const { extensions } = request;
  return extensions.get(TrustedScheme) ?? (extensions.get(TlsSession) === undefined ? 'http' : 'https');
}

/**
 * Scheme of the URL of a request: for one that a server got, as its client sees it, by what trusted proxies say (see
 * `readForwardedLayer`) or else by {@link requestScheme}; for any other, as its target says.
 *
 * @returns `undefined` if nothing says.
 */
export function urlScheme(request: HttpRequest): string | undefined {
  const { extensions, parsedTarget } = request;
  if (extensions.ingress === undefined) return parsedTarget.scheme;
  return extensions.get(ForwardedFacts)?.proto ?? requestScheme(request);
}
