import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpHeaders, splitTokens } from '@lamella/http';
import type { CacheEntry } from './cache-entry.ts';
import { entryHeaders, neverIndexedOf, selectionOf } from './cache-entry.ts';
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
  const headers = storedHeaders(response.headers);
  return {
    id: crypto.randomUUID(),
    status: response.status,
    reason: response.reason,
    headers,
    ...neverIndexedOf(headers, response.headers.neverIndexed),
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
 * @remarks
 * A Set-Cookie in a 304 is for the one who asked: a shared cache does not keep it. What answers a request with Authorization may be for
 * that one, too: the entry counts from then on as one that was asked for with it.
 *
 * @param request - What the client asked, whose own conditions the 304 may be an answer to.
 * @returns `undefined` if the 304 speaks of another response than the stored one, or may do so.
 */
export function confirmedEntry(
  entry: CacheEntry,
  request: HttpRequest,
  fresh: HttpHeaders,
  times: ResponseTimes,
  isShared: boolean,
): CacheEntry | undefined {
  const headers = entryHeaders(entry);
  if (!isAnswerTo(headers, request, fresh)) return undefined;
  const updates = HttpHeaders.from(storedHeaders(fresh));
  updates.deleteWhere((name) => BODY_FIELDS.has(name.toLowerCase()));
  if (isShared) updates.delete('set-cookie');
  headers.delete('age');
  headers.deleteWhere((name) => updates.has(name));
  for (const [name, value] of updates) headers.append(name, value);
  return {
    ...entry,
    ...times,
    headers: [...headers],
    ...neverIndexedOf([...headers], entry.neverIndexed, fresh.neverIndexed),
    selectedBy: confirmedSelection(entry, request, headers),
    hadAuthorization: entry.hadAuthorization || request.headers.has('authorization'),
  };
}

/**
 * The fields that choose a confirmed response. The 304 is an answer to this request: what its Vary names beside what chose the response
 * so far has the values of this request. What it leaves out goes on choosing, since the stored response was made for that value.
 */
function confirmedSelection(entry: CacheEntry, request: HttpRequest, headers: HttpHeaders): CacheEntry['selectedBy'] {
  const named = selectionOf(request, headers.get('vary'), []);
  return Object.assign(Object.create(null), entry.selectedBy, named);
}

/**
 * Whether a confirmed entry may still be kept: a 304 may say no-store, private or `Vary: *`, where the response did not, or answer a
 * request with Authorization and not allow others to get that. RFC 9111 section 3.5.
 */
export function isStillStorable(entry: CacheEntry, isShared: boolean): boolean {
  return policyOf({ ...entry, headers: entryHeaders(entry) }, isShared).isStorable;
}

/** The request that asks whether a stored response is still good. RFC 9111 section 4.3.1. */
export function validationRequest(request: HttpRequest, entry: CacheEntry): HttpRequest {
  const stored = entryHeaders(entry);
  const etag = stored.get('etag');
  const lastModified = stored.get('last-modified');
  if (etag === undefined && lastModified === undefined) return request;
  const headers = request.headers.clone();
  if (etag !== undefined) {
    const asked = headers.get('if-none-match');
    headers.set('If-None-Match', asked === undefined || asked.trim() === '*' ? etag : `${asked}, ${etag}`);
  }
  // Never a date of the client's own: the 304 to that need not say which state it is about.
  if (lastModified !== undefined) headers.set('If-Modified-Since', lastModified);
  else headers.delete('if-modified-since');
  return request.with({ headers });
}

/** Whether a 304 is about what is stored, and not about what only the client has. */
function isAnswerTo(stored: HttpHeaders, request: HttpRequest, fresh: HttpHeaders): boolean {
  const etag = fresh.get('etag');
  if (etag !== undefined) return opaque(etag) === opaque(stored.get('etag') ?? '');
  if (!hasValidator(stored) || request.headers.has('if-none-match')) return false;
  const lastModified = fresh.get('last-modified');
  return stored.has('etag') || lastModified === undefined || lastModified === stored.get('last-modified');
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
