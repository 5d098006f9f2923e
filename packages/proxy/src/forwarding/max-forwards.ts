import type { HttpHeaders, HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { setInPlace } from './set-in-place.ts';

/**
 * Answers a TRACE or OPTIONS request that must not go further. RFC 9110 section 7.6.2.
 *
 * @param allowed - Methods that this proxy takes, as Allow says them.
 * @returns The answer, or `undefined` if the request goes on.
 */
export function answerLastHop(request: HttpRequest, allowed: string): HttpResponse | undefined {
  if (forwardsLeft(request) !== 0) return undefined;
  if (request.method === 'OPTIONS') return HttpResponse.from({ status: 204, headers: [['Allow', allowed]] });
  return HttpResponse.from({ headers: [['Content-Type', 'message/http']], body: reflection(request) });
}

/** Takes one from Max-Forwards, on the headers that go to the next hop. */
export function countForward(request: HttpRequest, headers: HttpHeaders): void {
  const left = forwardsLeft(request);
  if (left !== undefined) setInPlace(headers, 'Max-Forwards', String(left - 1));
}

/** Only TRACE and OPTIONS count; a malformed number is ignored, as anybody else's header. */
function forwardsLeft(request: HttpRequest): number | undefined {
  if (request.method !== 'TRACE' && request.method !== 'OPTIONS') return undefined;
  const value = request.headers.get('max-forwards');
  return value !== undefined && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined;
}

/** RFC 9110 section 9.3.8: what arrived, without what is nobody else's business. */
function reflection(request: HttpRequest): Uint8Array {
  const headers = request.headers.clone();
  headers.deleteWhere((name) => SENSITIVE.has(name.toLowerCase()));
  return Buffer.from(`TRACE ${request.target} HTTP/${request.version}\r\n${headers}\r\n`, 'latin1'); // one character a byte
}

const SENSITIVE: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);
