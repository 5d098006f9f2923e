import { HttpResponse } from '@lamella/http';
import { MadeByProxy } from './made-by-proxy.ts';

/** The answer to a request that this proxy does not send on, and why. */
export function refused(
  status: number,
  why: string,
  headers: readonly (readonly [string, string])[] = [],
): HttpResponse {
  const response = HttpResponse.text(`${status}: ${why}\n`, { status, headers });
  response.extensions.insert(MadeByProxy, true);
  return response;
}
