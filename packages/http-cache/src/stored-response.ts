import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpHeaders, splitTokens } from '@lamella/http';
import type { CacheEntry } from './cache-entry.ts';
import { selectionOf } from './cache-entry.ts';
import { hasValidator, policyOf } from './stored-policy.ts';

/** When a response was asked for, and when it came, in milliseconds since the epoch. */
export interface ResponseTimes {
  readonly requestedAtMs: number;
  readonly receivedAtMs: number;
}

/** What {@link newEntry} needs to know of the cache. */
export interface NewEntryOptions extends ResponseTimes {
  readonly isShared: boolean;
  readonly keyHeaders: readonly string[];
}

/**
 * The entry for a response that has just come.
 *
 * @returns `undefined` if it must not be stored, or could never be used.
 */
export function newEntry(
  request: HttpRequest,
  response: HttpResponse,
  options: NewEntryOptions,
): CacheEntry | undefined {
  const { isShared, requestedAtMs, receivedAtMs } = options;
  if (request.method !== 'GET' || response.upgrade !== undefined || response.upgraded !== undefined) return undefined;
  if (isShared && response.headers.has('set-cookie')) return undefined;
  const hadAuthorization = request.headers.has('authorization');
  const judged = { status: response.status, headers: response.headers, requestedAtMs, receivedAtMs, hadAuthorization };
  const policy = policyOf(judged, isShared);
  const selectedBy = selectionOf(request, response.headers.get('vary'), options.keyHeaders);
  if (!policy.isStorable || selectedBy === undefined) return undefined;
  if (policy.maxAgeSeconds <= policy.initialAgeSeconds && !hasValidator(response.headers)) return undefined;
  return {
    id: crypto.randomUUID(),
    status: response.status,
    reason: response.reason,
    headers: storedHeaders(response.headers),
    selectedBy,
    requestedAtMs,
    receivedAtMs,
    hadAuthorization,
    bodyBytes: 0, // the store knows when it has it
  };
}

/**
 * The entry after the origin has confirmed it by a 304. RFC 9111 sections 3.2 and 4.3.4.
 *
 * @returns `undefined` if the 304 speaks of another response than the stored one.
 */
export function confirmedEntry(entry: CacheEntry, fresh: HttpHeaders, times: ResponseTimes): CacheEntry | undefined {
  const headers = HttpHeaders.from(entry.headers);
  const etag = fresh.get('etag');
  if (etag !== undefined && opaque(etag) !== opaque(headers.get('etag') ?? '')) return undefined;
  const lastModified = fresh.get('last-modified');
  const isByDate = etag === undefined && headers.get('etag') === undefined && lastModified !== undefined;
  if (isByDate && lastModified !== headers.get('last-modified')) return undefined;
  const updates = HttpHeaders.from(storedHeaders(fresh));
  updates.deleteWhere((name) => BODY_FIELDS.has(name.toLowerCase()));
  headers.delete('age');
  headers.deleteWhere((name) => updates.has(name));
  for (const [name, value] of updates) headers.append(name, value);
  return { ...entry, ...times, headers: [...headers] };
}

/** The request that asks whether a stored response is still good. RFC 9111 section 4.3.1. */
export function validationRequest(request: HttpRequest, entry: CacheEntry): HttpRequest {
  const stored = HttpHeaders.from(entry.headers);
  const etag = stored.get('etag');
  const lastModified = stored.get('last-modified');
  if (etag === undefined && lastModified === undefined) return request;
  const headers = request.headers.clone();
  if (etag !== undefined) {
    const asked = headers.get('if-none-match');
    headers.set('If-None-Match', asked === undefined || asked.trim() === '*' ? etag : `${asked}, ${etag}`);
  }
  if (lastModified !== undefined && !headers.has('if-modified-since')) headers.set('If-Modified-Since', lastModified);
  return request.with({ headers });
}

/** Fields without those that are for one hop, or for the cache alone. RFC 9111 section 3.1. */
function storedHeaders(headers: HttpHeaders): [name: string, value: string][] {
  const named = new Set(headers.getAll('connection').flatMap((value) => splitTokens(value.toLowerCase())));
  return [...headers].filter(([name]) => {
    const lower = name.toLowerCase();
    return !ONE_HOP.has(lower) && !(named.has(lower) && !KEPT.has(lower));
  });
}

function opaque(etag: string): string {
  return etag.trim().replace(/^W\//, '');
}

const ONE_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A response that loses one of these because Connection names it would be kept for longer, or for others, than it may. */
const KEPT: ReadonlySet<string> = new Set([
  'cache-control',
  'vary',
  'content-encoding',
  'content-type',
  'expires',
  'date',
]);

/** What says something of the body, which stays the old one. */
const BODY_FIELDS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'transfer-encoding',
]);
