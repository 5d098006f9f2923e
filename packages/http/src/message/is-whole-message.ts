import type { HttpBody } from './http-body.ts';
import type { HttpHeaders } from './http-headers.ts';

/**
 * Whether the parts of a message that everybody relies on are there.
 *
 * @remarks
 * Types say so, but programs without types call constructors with what {@link HttpResponse.from} takes. Such a message would fail far from
 * where it was made, and when it is given up, where nobody catches it.
 */
export function isWholeMessage({ headers, body }: { readonly headers: HttpHeaders; readonly body: HttpBody }): boolean {
  return typeof headers?.has === 'function' && typeof body?.cancel === 'function';
}
