import type { Layer } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import type { BasicCredentials } from '../auth/basic-credentials.ts';
import { formatBasicCredentials } from '../auth/basic-credentials.ts';
import { callInner } from '../shared/call-inner.ts';

/**
 * Sends a name and a password to the proxy with every request that has no Proxy-Authorization of its own. RFC 9110 section 11.7.2.
 *
 * @remarks
 * Put it in front of a client whose every request goes to that one proxy: whoever gets the request gets the credentials.
 *
 * @throws UsageError if the name or the password is invalid.
 *
 * @example
 * const layer = addProxyAuthLayer({ name: 'ann', password: 'secret' });
 */
export function addProxyAuthLayer(credentials: BasicCredentials): Layer<HttpRequest, HttpResponse> {
  const value = formatBasicCredentials(credentials);
  return (inner) => ({
    serve(request) {
      if (request.headers.has('proxy-authorization')) return callInner(inner, request);
      const authorized = request.with({ headers: request.headers });
      authorized.headers.append('Proxy-Authorization', value);
      return callInner(inner, authorized);
    },
  });
}
