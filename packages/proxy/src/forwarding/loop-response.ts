import { HttpResponse } from '@lamella/http';
import { proxyStatus } from './proxy-status.ts';

/** Answers a request that has come back to the proxy that sent it on. RFC 9110 section 7.6.3, RFC 9209 section 2.3. */
export function loopResponse(pseudonym: string): HttpResponse {
  return HttpResponse.text('508 Loop Detected: the request has come through this proxy before\n', {
    status: 508,
    headers: [proxyStatus(pseudonym, 'proxy_loop_detected')],
  });
}
