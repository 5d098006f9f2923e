import { randomBytes } from 'node:crypto';
import type { HttpHeaders, HttpResponse } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import type { Http2RequestHead } from '../protocol/message-fields.ts';
import type { ServerExchange } from './server-exchange.ts';
import { appendFields } from './wire-fields.ts';

/**
 * The fields of a request, in the shape that requests have everywhere: an extended CONNECT as the Upgrade that it stands for, so that
 * whoever handles upgrades need not know by which version a request came.
 *
 * @returns Names and values in turn.
 */
export function requestHeaders({ head }: ServerExchange): string[] {
  const { authority, fields, protocol } = head;
  if (protocol === undefined) return fields;
  const headers = ['host', authority, 'connection', 'Upgrade', 'upgrade', protocol];
  // RFC 8441 section 5: it has no key, since it needs none; whoever forwards it by HTTP/1.1 does.
  if (protocol === 'websocket') headers.push('sec-websocket-key', randomBytes(16).toString('base64'));
  for (let index = 2; index < fields.length; index += 2) {
    const name = fields[index] as string; // names and values come in pairs
    if (name !== 'sec-websocket-key') headers.push(name, fields[index + 1] as string);
  }
  return headers;
}

/**
 * The target of a request, as HTTP/1.1 would say it: its path, or the whole URL where it is for another scheme than that of the
 * connection, which is what a proxy is asked for.
 *
 * @param ownScheme - That of the connection.
 * @param trustsScheme - Whether what a request says of `http` and `https` is how its client has come.
 */
export function requestTarget(
  { scheme, authority, path }: Http2RequestHead,
  ownScheme: string,
  trustsScheme: boolean,
): string {
  if (scheme === ownScheme) return path;
  const lower = scheme.toLowerCase();
  const isOwn = lower === ownScheme || (trustsScheme && (lower === 'http' || lower === 'https'));
  return isOwn || path === '*' ? path : `${lower}://${authority}${path}`;
}

/**
 * The field section of a response or an interim one.
 *
 * @param date - Value of the Date field, if one is to be added.
 * @param length - Number of bytes to announce; `'stated'`: what the headers say; `undefined`: none.
 * @throws UsageError if the headers announce another length than the body has, or one that is none.
 */
export function responseHead(
  status: number,
  headers: HttpHeaders,
  date: string | undefined,
  length: number | 'stated' | undefined,
): string[] {
  const fields = [':status', STATUS_TEXTS[status] ?? String(status)];
  const stated = appendFields(fields, headers);
  if (stated !== undefined && !LENGTH.test(stated)) {
    throw new UsageError(`content-length must be a number of bytes, got ${JSON.stringify(stated)}`);
  }
  if (length === 'stated') {
    if (stated !== undefined) fields.push('content-length', stated);
  } else if (length !== undefined) {
    if (stated !== undefined && Number(stated) !== length) {
      throw new UsageError(`content-length says ${stated} bytes, but the body has ${length}`);
    }
    fields.push('content-length', String(length));
  }
  if (date !== undefined) fields.push('date', date);
  return fields;
}

/**
 * The field section that accepts a tunnel: no length, and nothing of the handshake of HTTP/1.1. RFC 8441 section 5.
 *
 * @param date - Value of the Date field, if the headers have none.
 */
export function tunnelHead(status: number, headers: HttpHeaders, date: string): string[] {
  const fields = [':status', String(status === 101 ? 200 : status)];
  appendFields(fields, headers, 'sec-websocket-accept');
  if (!headers.has('date')) fields.push('date', date);
  return fields;
}

/** What to announce of the body of a response. RFC 9110 section 8.6. */
export function announcedLength(
  method: string,
  { status, headers, body }: HttpResponse,
): number | 'stated' | undefined {
  if (status === 204) return undefined;
  if (status === 304) return 'stated';
  if (method === 'HEAD') return headers.has('content-length') || body.isEmpty ? 'stated' : body.sizeOnWire;
  return body.sizeOnWire;
}

/** By status: making text of a number costs more than finding it. */
const STATUS_TEXTS: readonly string[] = Array.from({ length: 600 }, (_, status) => String(status));
const LENGTH = /^[0-9]{1,15}$/;
