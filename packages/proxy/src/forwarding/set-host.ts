import type { HttpHeaders } from '@lamella/http';
import { setInPlace } from './set-in-place.ts';

/** Makes Host say `authority`. Where there is none, the engine is going to place it in front. RFC 9112 section 3.2. */
export function setHost(headers: HttpHeaders, authority: string): void {
  const host = headers.get('host');
  if (host !== undefined && host !== authority) setInPlace(headers, 'Host', authority);
}
