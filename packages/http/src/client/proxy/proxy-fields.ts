import type { HttpHeaders } from '../../message/http-headers.ts';

/**
 * What becomes of `Proxy-Authorization` on a way that a client has chosen: the proxy that gets whole requests is told who we are,
 * unless the caller has said so; an origin never is, neither through a tunnel nor directly.
 */
export function proxyFields(isToProxy: boolean, authorization: string | undefined): (headers: HttpHeaders) => void {
  if (!isToProxy) return (headers) => headers.delete('proxy-authorization');
  return (headers) => {
    if (authorization !== undefined && !headers.has('proxy-authorization')) {
      headers.set('Proxy-Authorization', authorization);
    }
  };
}
