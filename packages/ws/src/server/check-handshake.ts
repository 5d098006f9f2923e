import type { HttpRequest } from '@lamella/http';
import { HttpHeaders, HttpResponse, hasListToken } from '@lamella/http';
import { isKey } from '../handshake/accept-key.ts';
import { parseSubprotocols } from '../handshake/subprotocols.ts';

/** What a client asks for in its opening handshake. */
export interface Handshake {
  readonly key: string;
  /** Subprotocols in the order in which the client likes them. */
  readonly protocols: readonly string[];
}

/** Checks the opening handshake of a client. RFC 6455 section 4.2.1. @returns What it asks for, or the answer that refuses it. */
export function checkHandshake(request: HttpRequest): Handshake | HttpResponse {
  const { headers } = request;
  if (request.method !== 'GET') return refuse(405, 'a WebSocket is asked for by GET', [['Allow', 'GET']]);
  // HTTP/1.0 has no upgrades; an extended CONNECT of HTTP/2 (RFC 8441) looks like one here.
  if (request.version === '1.0' || !asksForWebSocket(headers)) {
    return refuse(426, 'this is a WebSocket', [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ]);
  }
  if (!request.body.isEmpty) return refuse(400, 'a handshake has no content');
  const versions = headers.getAll('sec-websocket-version');
  if (versions.length !== 1 || versions[0] !== '13') {
    return refuse(426, 'the version of WebSocket is 13', [
      ['Sec-WebSocket-Version', '13'],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ]);
  }
  const [key, ...moreKeys] = headers.getAll('sec-websocket-key');
  if (key === undefined || moreKeys.length > 0 || !isKey(key)) {
    return refuse(400, 'Sec-WebSocket-Key must be given once, as Base64 of 16 bytes');
  }
  const protocols = parseSubprotocols(headers.getAll('sec-websocket-protocol'));
  if (protocols === undefined) return refuse(400, 'Sec-WebSocket-Protocol must be a list of different tokens');
  return { key, protocols };
}

/** An answer that refuses a handshake. */
export function refuse(
  status: number,
  why: string,
  headers: readonly (readonly [string, string])[] = [],
): HttpResponse {
  return HttpResponse.text(`${why}\n`, { status, headers: HttpHeaders.from(headers) });
}

/** Both fields are lists of tokens, which no quote hides anything in. */
function asksForWebSocket(headers: HttpHeaders): boolean {
  const isUpgrade = headers.getAll('upgrade').some((value) => hasListToken(value, 'websocket'));
  return isUpgrade && headers.getAll('connection').some((value) => hasListToken(value, 'upgrade'));
}
