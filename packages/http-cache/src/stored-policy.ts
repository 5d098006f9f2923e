import type { HttpHeaders } from '@lamella/http';
import { splitTokens } from '@lamella/http';
import CachePolicy from 'http-cache-semantics';
import type { CacheDirectives } from './cache-directives.ts';
import { directiveSeconds, formatCacheDirectives, parseCacheDirectives } from './cache-directives.ts';
import type { CacheEntry } from './cache-entry.ts';

/** What the rules of RFC 9111 say of a response, stored or about to be. Ages in seconds. */
export interface StoredPolicy {
  /** Whether it may be stored at all. RFC 9111 section 3. */
  readonly isStorable: boolean;
  /** How old it was when it came. Section 4.2.3. */
  readonly initialAgeSeconds: number;
  /** How old it may become. Section 4.2.1. */
  readonly maxAgeSeconds: number;
  /** Directives of its Cache-Control. */
  readonly directives: CacheDirectives;
}

/** What {@link policyOf} judges. */
export interface JudgedResponse
  extends Pick<CacheEntry, 'status' | 'requestedAtMs' | 'receivedAtMs' | 'hadAuthorization'> {
  /** Fields of the response. */
  readonly headers: HttpHeaders;
}

/**
 * Judges a response by `http-cache-semantics`, which knows freshness, heuristics and what may be stored.
 *
 * @remarks
 * The library is asked for facts, not for a decision: it sends `must-revalidate` back to the origin even while it is fresh, takes
 * directives only in lower case, and does not count what a response lost on its way. So the directives and the age that it gets are
 * read here.
 *
 * @param method - Of the request; GET for everything that is stored.
 * @param isShared - Whether others than the one who asked may get the response.
 */
export function policyOf(response: JudgedResponse, isShared: boolean): StoredPolicy {
  const { headers, status, receivedAtMs, hadAuthorization } = response;
  const directives = parseCacheDirectives(headers.get('cache-control'));
  const policy = new (policyClassAt(receivedAtMs))(
    { method: 'GET', headers: hadAuthorization ? { authorization: 'given' } : {} },
    { status, headers: judgedHeaders(headers, directives) },
    { shared: isShared },
  );
  return {
    isStorable: policy.storable() && !splitTokens(headers.get('vary') ?? '').includes('*'),
    initialAgeSeconds: initialAge(response),
    maxAgeSeconds: Math.min(policy.maxAge(), longestAge(headers, directives, isShared)),
    directives,
  };
}

/** RFC 9111 section 4.2.2: what says nothing of its age may be guessed to stay for a tenth of what it has; of a page of ten years that is a year. */
function longestAge(headers: HttpHeaders, directives: CacheDirectives, isShared: boolean): number {
  const isStated = directives.has('max-age') || (isShared && directives.has('s-maxage')) || headers.has('expires');
  return isStated ? Number.POSITIVE_INFINITY : MAX_GUESSED_SECONDS;
}

/** RFC 9111 section 4.2.3: what it spent on the way, by its own Age or by its Date, whichever is more. */
function initialAge({ headers, requestedAtMs, receivedAtMs }: JudgedResponse): number {
  const dateMs = Date.parse(headers.get('date') ?? '');
  const apparentAge = Number.isNaN(dateMs) ? 0 : Math.max(0, receivedAtMs - dateMs) / 1000;
  const given = headers.getAll('age')[0]?.trim() ?? '';
  const ageValue = DIGITS.test(given) ? Math.min(Number(given), 2 ** 31) : 0;
  // A Date is in whole seconds: what is younger than that has no age.
  return Math.max(Math.floor(apparentAge), ageValue + Math.max(0, receivedAtMs - requestedAtMs) / 1000);
}

/** Only what the library looks at, in the form in which it looks. */
function judgedHeaders(headers: HttpHeaders, directives: CacheDirectives): Record<string, string> {
  const judged: Record<string, string> = {};
  for (const name of JUDGED) {
    const value = name === 'set-cookie' ? headers.getAll(name)[0] : headers.get(name);
    if (value !== undefined) judged[name] = value;
  }
  if (directives.size > 0) {
    // To the library proxy-revalidate means that nothing is ever fresh; what it does mean is looked at when something is stale.
    const asked = new Map([...directives].filter(([name]) => name !== 'proxy-revalidate'));
    // It takes the digits that something begins with for a number, `5x` for 5.
    for (const name of ['max-age', 's-maxage']) {
      const seconds = directiveSeconds(directives, name);
      if (seconds !== undefined) asked.set(name, String(seconds));
    }
    judged['cache-control'] = formatCacheDirectives(asked);
  }
  return judged;
}

/** The library asks its own method for the time, in the constructor already. */
function policyClassAt(atMs: number): typeof CachePolicy {
  return class extends CachePolicy {
    now(): number {
      return atMs;
    }
  };
}

/** Whether the origin can be asked whether a stored response is still good. */
export function hasValidator(headers: HttpHeaders): boolean {
  return headers.has('etag') || headers.has('last-modified');
}

const JUDGED = ['date', 'expires', 'last-modified', 'etag', 'set-cookie', 'pragma', 'vary'] as const;
const DIGITS = /^[0-9]+$/;
const MAX_GUESSED_SECONDS = 86_400;
