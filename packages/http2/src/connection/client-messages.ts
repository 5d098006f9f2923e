import { createHash } from 'node:crypto';
import type { HttpRequest } from '@lamella/http';
import { hasListToken } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import { appendFields } from './wire-fields.ts';

/** Pseudo-header fields of a request, in an order of one's own. */
export type PseudoHeaderOrder = readonly ('method' | 'scheme' | 'authority' | 'path')[];

/** A request as it goes out. */
export interface ClientRequestHead {
  /** The whole field section, names and values in turn. */
  readonly fields: string[];
  /** What a positive answer makes of the stream. */
  readonly becomes: 'tunnel' | 'upgrade' | undefined;
}

/**
 * The protocol that a request wants to upgrade to, as HTTP/1.1 says it.
 *
 * @returns `undefined` if it is none of these requests.
 */
export function upgradeOf({ method, headers }: HttpRequest): string | undefined {
  const upgrade = headers.get('upgrade');
  if (upgrade === undefined || method !== 'GET' || !hasListToken(headers.get('connection') ?? '', 'upgrade')) {
    return undefined;
  }
  return upgrade.trim();
}

/**
 * The field section of a request. RFC 9113 section 8.3.1.
 *
 * @param scheme - Where the target does not say one.
 * @param upgrade - What {@link upgradeOf} gave.
 * @throws UsageError if nothing says which host it is for, or two fields do, or the headers contradict the body.
 */
export function requestHead(
  request: HttpRequest,
  scheme: string,
  order: PseudoHeaderOrder,
  upgrade: string | undefined,
): ClientRequestHead {
  const { method, headers, parsedTarget } = request;
  const isConnect = method === 'CONNECT';
  // As in HTTP/1.1, Host may name another host than the place that the request is sent to: that of a gateway's client.
  const authority = (isConnect ? undefined : headers.get('host')) || parsedTarget.authority;
  // RFC 9112 section 3.2: each server on the way might take another one of them for the right one. Joined they have a blank, as no host has.
  if (authority?.includes(', ') === true) throw new UsageError('a request must not have more than one Host field');
  if (authority === undefined) {
    throw new UsageError(`the request for ${request.target} says no host: give a whole URL or a Host header`);
  }
  const fields: string[] = [];
  for (const pseudo of order) {
    if (pseudo === 'method') fields.push(':method', upgrade === undefined ? method : 'CONNECT');
    else if (pseudo === 'authority') fields.push(':authority', authority);
    else if (isConnect)
      continue; // RFC 9113 section 8.5
    else if (pseudo === 'scheme') fields.push(':scheme', parsedTarget.scheme ?? scheme);
    else fields.push(':path', pathOf(request));
  }
  if (upgrade !== undefined) fields.push(':protocol', upgrade); // RFC 8441 section 4
  const stated = appendFields(fields, headers, upgrade === undefined ? 'host' : 'sec-websocket-key', 'host');
  const length = upgrade === undefined ? announcedLength(request, stated) : undefined;
  if (length !== undefined) fields.push('content-length', String(length));
  return { fields, becomes: isConnect ? 'tunnel' : upgrade === undefined ? undefined : 'upgrade' };
}

/** What a server of HTTP/1.1 would have answered to the key of a WebSocket. RFC 6455 section 4.2.2. */
export function acceptOf(request: HttpRequest): string {
  const key = request.headers.get('sec-websocket-key') ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

function pathOf({ method, parsedTarget: { path, query } }: HttpRequest): string {
  if (path === '' && query === undefined && method === 'OPTIONS') return '*'; // RFC 9113 section 8.3.1
  const start = path === '' ? '/' : path;
  return query === undefined ? start : `${start}?${query}`;
}

/** RFC 9110 section 8.6: methods that expect content say its length even if there is none. */
function announcedLength({ method, body }: HttpRequest, stated: string | undefined): number | undefined {
  const size = body.sizeOnWire;
  if (stated !== undefined && Number(stated) !== size) {
    if (size !== undefined || !/^[0-9]{1,15}$/.test(stated)) {
      throw new UsageError(`content-length says ${stated} bytes, but the body has ${size ?? 'no known length'}`);
    }
    return Number(stated);
  }
  if (method === 'CONNECT') {
    if (size !== 0) throw new UsageError('a CONNECT request has no content');
    return undefined;
  }
  if (size === 0 && stated === undefined && !EXPECTS_CONTENT.has(method)) return undefined;
  return size;
}

const EXPECTS_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
