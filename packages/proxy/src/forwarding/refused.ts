import { HttpResponse } from '@lamella/http';

/** The answer to a request that this proxy does not send on, and why. */
export function refused(
  status: number,
  why: string,
  headers: readonly (readonly [string, string])[] = [],
): HttpResponse {
  return HttpResponse.text(`${status}: ${why}\n`, { status, headers });
}
