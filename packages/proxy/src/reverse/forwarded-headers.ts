import type { HttpHeaders, HttpRequest } from '@lamella/http';
import { LocalAddress, PeerAddress, TlsSession } from '@lamella/net-core';

/** Which fields tell the upstream who asked. */
export type ForwardedStyle = 'x-forwarded' | 'forwarded' | 'both' | 'none';

/**
 * Tells the upstream who asked, for which host, and how: X-Forwarded-For, -Host and -Proto, or Forwarded (RFC 7239).
 *
 * @param trustsClient - Whether the client is a proxy whose own such fields are true; then ours are appended. Otherwise what it
 * sent is thrown away: anybody can write such a field.
 */
export function addForwarded(
  headers: HttpHeaders,
  request: HttpRequest,
  style: ForwardedStyle,
  trustsClient: boolean,
): void {
  const before = trustsClient ? { for: headers.get('x-forwarded-for'), forwarded: headers.get('forwarded') } : {};
  if (!trustsClient) headers.deleteWhere(isClaim);
  if (style === 'none') return;

  const peer = request.extensions.get(PeerAddress);
  const client = peer?.type === 'tcp' ? peer.host : undefined;
  const proto = schemeOf(request);
  const host = request.authority;
  if (style !== 'forwarded') {
    const from = client?.toString() ?? 'unknown';
    headers.set('X-Forwarded-For', before.for === undefined ? from : `${before.for}, ${from}`);
    if (host !== undefined && !headers.has('x-forwarded-host')) headers.set('X-Forwarded-Host', host);
    if (!headers.has('x-forwarded-proto')) headers.set('X-Forwarded-Proto', proto);
    const local = request.extensions.get(LocalAddress);
    if (local?.type === 'tcp' && !headers.has('x-forwarded-port')) headers.set('X-Forwarded-Port', String(local.port));
  }
  if (style !== 'x-forwarded') {
    const from =
      client === undefined ? 'unknown' : client.type === 'ip' && client.family === 6 ? `"[${client}]"` : String(client);
    const parts = [`for=${from}`, ...(host === undefined ? [] : [`host="${host}"`]), `proto=${proto}`];
    const element = parts.join(';');
    headers.set('Forwarded', before.forwarded === undefined ? element : `${before.forwarded}, ${element}`);
  }
}

/** Scheme by which the client has come. */
export function schemeOf(request: HttpRequest): 'http' | 'https' {
  return request.extensions.get(TlsSession) === undefined ? 'http' : 'https';
}

/** Whether a field of a name says who asked, or how. Behind CGI and its kind a field is an environment variable, where `_`, `.` and `-` are the same. */
export function isClaim(name: string): boolean {
  const first = name.charCodeAt(0) | LOWER_CASE;
  if (first !== LETTER_X && first !== LETTER_F) return false;
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
  // Frameworks take X-Forwarded-Prefix, -Ssl, -Scheme and others for the truth as well: none of this family is believed.
  return plain === 'forwarded' || plain === 'x-real-ip' || plain.startsWith('x-forwarded');
}

const LOWER_CASE = 0x20;
const LETTER_F = 0x66;
const LETTER_X = 0x78;
