import type { HttpHeaders, HttpRequest } from '@lamella/http';
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
  const names = protocolsOf(request.headers);
  if (names.length === 0 || !names.every(mayGoOn)) return false;
  return request.headers.getAll('connection').some((value) => hasListToken(value, 'upgrade'));
}

/**
 * The protocol that a server says it has switched to, if nobody has asked for it. RFC 9110 section 7.8: it must not. The bytes that follow
 * would be read by rules that nobody has agreed to, such as those of another HTTP, past this proxy.
 *
 * @param asked - Fields of the request as it went on.
 * @param answered - Fields of the 101. One that names no protocol at all means the one that was asked for.
 */
export function unaskedProtocol(asked: HttpHeaders, answered: HttpHeaders): string | undefined {
  const known = protocolsOf(asked);
  return protocolsOf(answered).find((protocol) => !known.some((each) => isSame(each, protocol)));
}

/** Upgrade has no quoted strings: who reads it by commas alone must not find in it what was hidden behind a quote. */
function protocolsOf(headers: HttpHeaders): readonly string[] {
  if (!headers.has('upgrade')) return NONE;
  const protocols = headers.getAll('upgrade').flatMap((value) => value.split(','));
  return protocols.map((protocol) => protocol.trim()).filter((protocol) => protocol !== '');
}

/** Case means nothing, and a version only where both sides name one. */
function isSame(first: string, second: string): boolean {
  const [firstName, firstVersion] = first.toLowerCase().split('/');
  const [secondName, secondVersion] = second.toLowerCase().split('/');
  if (firstName !== secondName) return false;
  return firstVersion === undefined || secondVersion === undefined || firstVersion === secondVersion;
}

/** A name and perhaps a version, both tokens. */
function mayGoOn(protocol: string): boolean {
  return protocol.split('/').every(isToken) && !HTTP_OR_TLS.test(protocol);
}

const NONE: readonly string[] = [];
const HTTP_OR_TLS = /^(?:h2c?|http|tls)(?:$|\/)/i;
