import type { HttpHeaders } from '@lamella/http';
import { setInPlace } from './set-in-place.ts';

/**
 * Makes Host say `authority`. RFC 9112 section 3.2.
 *
 * @param targetAuthority - Authority of the target that goes out: where there is no Host, the engine places this one, in front.
 */
export function setHost(headers: HttpHeaders, authority: string, targetAuthority: string): void {
  const host = headers.get('host') ?? targetAuthority;
  if (host !== authority) setInPlace(headers, 'Host', authority);
}
