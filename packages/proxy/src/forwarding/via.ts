import type { HttpHeaders, HttpVersion } from '@lamella/http';
import { splitList } from '@lamella/http';

/**
 * Adds this proxy to the Via field. RFC 9110 section 7.6.3.
 *
 * @param version - Version that the message was received in.
 * @param pseudonym - Name of this proxy; a token.
 */
export function addVia(headers: HttpHeaders, version: HttpVersion, pseudonym: string): void {
  const entry = `${version} ${pseudonym}`;
  const via = headers.get('via');
  if (via === undefined) headers.append('Via', entry);
  else headers.set(nameAsWritten(headers, 'Via'), `${via}, ${entry}`);
}

/** Whether a message has come through this proxy before. */
export function hasVia(headers: HttpHeaders, pseudonym: string): boolean {
  const via = headers.get('via');
  return via !== undefined && splitList(via).some((entry) => entry.split(/[ \t]+/)[1] === pseudonym);
}

/** The name of a field in the case in which it stands there; as given if it does not. */
export function nameAsWritten(headers: HttpHeaders, name: string): string {
  const lower = name.toLowerCase();
  for (const [written] of headers) if (written.toLowerCase() === lower) return written;
  return name;
}
