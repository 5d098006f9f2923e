import type { HttpHeaders, HttpVersion } from '@lamella/http';
import { splitList } from '@lamella/http';

/**
 * Adds this proxy to the Via field, on a line of its own behind those of others. RFC 9110 section 7.6.3.
 *
 * @param version - Version that the message was received in.
 * @param pseudonym - Name of this proxy; a token.
 */
export function addVia(headers: HttpHeaders, version: HttpVersion, pseudonym: string): void {
  headers.append('Via', `${version} ${pseudonym}`);
}

/** Whether a message has come through this proxy before. */
export function hasVia(headers: HttpHeaders, pseudonym: string): boolean {
  const via = headers.get('via');
  return via !== undefined && splitList(via).some((entry) => entry.split(/[ \t]+/)[1] === pseudonym);
}
