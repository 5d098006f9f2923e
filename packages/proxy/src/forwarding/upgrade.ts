import type { HttpRequest } from '@lamella/http';
import { hasListToken, isToken } from '@lamella/http';

/**
 * Whether a request asks for an upgrade that a proxy passes on. RFC 9110 section 7.8: it counts only if Connection names it, and
 * not in HTTP/1.0. An extended CONNECT of HTTP/2 (RFC 8441) looks like one here.
 *
 * @remarks
 * An upgrade to another HTTP or to TLS is for one hop. Passed on, it would open a way past this proxy: the requests in there are
 * seen by nobody (RFC 9113 has taken `h2c` back). What is no list of protocols at all is not passed on either.
 */
export function wantsUpgrade(request: HttpRequest): boolean {
  if (request.version === '1.0') return false;
  // Upgrade has no quoted strings: who reads it by commas alone must not find in it what was hidden behind a quote.
  const protocols = request.headers.getAll('upgrade').flatMap((value) => value.split(','));
  const names = protocols.map((protocol) => protocol.trim()).filter((protocol) => protocol !== '');
  if (names.length === 0 || !names.every(mayGoOn)) return false;
  return request.headers.getAll('connection').some((value) => hasListToken(value, 'upgrade'));
}

/** A name and perhaps a version, both tokens. */
function mayGoOn(protocol: string): boolean {
  return protocol.split('/').every(isToken) && !HTTP_OR_TLS.test(protocol);
}

const HTTP_OR_TLS = /^(?:h2c?|http|tls)(?:$|\/)/i;
