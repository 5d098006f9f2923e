import type { HttpHeaders } from '@lamella/http';

/**
 * Whether whoever asks has the stored response already. RFC 9110 sections 13.1.2, 13.1.3 and 13.2.2; a date that is none is ignored.
 *
 * @param asked - Fields of the request.
 * @param stored - Fields of the stored response.
 */
export function isNotModified(asked: HttpHeaders, stored: HttpHeaders): boolean {
  const tags = asked.get('if-none-match');
  const etag = stored.get('etag');
  if (tags !== undefined) {
    if (tags.trim() === '*') return true;
    return (
      etag !== undefined && Array.from(tags.matchAll(ENTITY_TAG), ([, tag]) => tag).includes(etag.replace(/^W\//, ''))
    );
  }
  const since = Date.parse(asked.get('if-modified-since') ?? '');
  const modified = Date.parse(stored.get('last-modified') ?? '');
  return !Number.isNaN(since) && !Number.isNaN(modified) && modified <= since;
}

const ENTITY_TAG = /(?:W\/)?("[^"]*")/g;
