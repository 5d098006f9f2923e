import type { HttpRequest } from '@lamella/http';
import { hasListToken, isToken } from '@lamella/http';

/**
 * Whether a request asks for an upgrade that a proxy passes on. RFC 9110 section 7.8: it counts only if Connection names it, and
 * only in HTTP/1.1.
 *
 * @remarks
 * An upgrade to another HTTP or to TLS is for one hop. Passed on, it would open a way past this proxy: the requests in there are
 * seen by nobody (RFC 9113 has taken `h2c` back). What is no list of protocols at all is not passed on either.
 */
export function wantsUpgrade(request: HttpRequest): boolean {
  if (request.version !== '1.1') return false;
  const protocols = request.headers.getAll('upgrade');
  if (protocols.length === 0 || protocols.some(isForOneHop)) return false;
  return request.headers.getAll('connection').some((value) => hasListToken(value, 'upgrade'));
}

/** Upgrade has no quoted strings: who reads it by commas alone must not find in it what was hidden behind a quote. */
function isForOneHop(protocols: string): boolean {
  const names = protocols.split(',').map((name) => name.trim());
  return names.some((name) => name !== '' && (!name.split('/').every(isToken) || HTTP_OR_TLS.test(name)));
}

const HTTP_OR_TLS = /^(?:h2c?|http|tls)(?:$|\/)/i;
