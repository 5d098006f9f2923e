import type { HttpHeaders, HttpVersion } from '@lamella/http';

/**
 * Adds this proxy to the Via field, on a line of its own behind those of others. RFC 9110 section 7.6.3.
 *
 * @param version - Version that the message was received in.
 * @param pseudonym - Name of this proxy; a token.
 */
export function addVia(headers: HttpHeaders, version: HttpVersion, pseudonym: string): void {
  headers.append('Via', `${version} ${pseudonym}`);
}

/**
 * Whether a message has come through this proxy before.
 *
 * @remarks
 * Via has no quoted strings, but its comments may hold quotes. So every comma ends an entry: a quote that a client sends must not
 * hide what stands behind it, or the request would go round for ever.
 */
export function hasVia(headers: HttpHeaders, pseudonym: string): boolean {
  if (!headers.has('via')) return false;
  const entries = headers.getAll('via').flatMap((value) => value.split(','));
  return entries.some((entry) => entry.trim().split(/[ \t]+/)[1] === pseudonym);
}
