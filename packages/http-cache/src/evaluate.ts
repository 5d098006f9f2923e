import type { HttpHeaders, HttpRequest } from '@lamella/http';
import { directiveSeconds, parseCacheDirectives } from './cache-directives.ts';
import type { CacheEntry } from './cache-entry.ts';
import { entryHeaders } from './cache-entry.ts';
import type { StoredPolicy } from './stored-policy.ts';
import { policyOf } from './stored-policy.ts';

/** What to do with a stored response that matches a request. */
export interface Evaluation {
  /**
   * `fresh`: give it. `refresh`: give it, and ask the origin afterwards (stale-while-revalidate). `validate`: ask the origin
   * whether it is still good.
   */
  readonly type: 'fresh' | 'refresh' | 'validate';
  /** Whether a confirmation that others are waiting for would do for this request as well. */
  readonly canShareValidation: boolean;
  /** Fields of the stored response; to be cloned before a change. */
  readonly headers: HttpHeaders;
  /** How old it is, in seconds. */
  readonly ageSeconds: number;
  /** For how long it is still fresh, in seconds; negative once it is stale. */
  readonly remainingSeconds: number;
  /** For how long it may still be given when the origin fails, in seconds; negative if it may not. */
  readonly staleIfErrorSeconds: number;
}

/** What the cache itself allows, beside the origin and the client. */
export interface EvaluationOptions {
  /** Whether others than the one who asked may get the response. */
  readonly isShared: boolean;
  /** How long past its freshness a response may be given when the origin fails, in seconds. */
  readonly staleIfErrorSeconds: number;
}

/** Decides about a stored response by what the origin and the client say. RFC 9111 section 4.2, RFC 5861. */
export function evaluate(
  entry: CacheEntry,
  request: HttpRequest,
  nowMs: number,
  options: EvaluationOptions,
): Evaluation {
  const { headers, policy } = factsOf(entry, options.isShared);
  const { directives, initialAgeSeconds, maxAgeSeconds } = policy;
  const ageSeconds = initialAgeSeconds + Math.max(0, nowMs - entry.receivedAtMs) / 1000;
  const asked = parseCacheDirectives(request.headers.get('cache-control'));
  const remainingSeconds = maxAgeSeconds - ageSeconds;
  const isStrict =
    directives.has('must-revalidate') ||
    directives.has('no-cache') ||
    (options.isShared && (directives.has('proxy-revalidate') || directives.has('s-maxage')));
  const staleIfError = Math.max(
    options.staleIfErrorSeconds,
    directiveSeconds(directives, 'stale-if-error') ?? 0,
    directiveSeconds(asked, 'stale-if-error') ?? 0,
  );
  return {
    type: typeOf(ageSeconds),
    canShareValidation: typeOf(MOMENT_SECONDS) !== 'validate',
    headers,
    ageSeconds,
    remainingSeconds,
    staleIfErrorSeconds: isStrict ? -1 : staleIfError + remainingSeconds,
  };

  function typeOf(ageSeconds: number): Evaluation['type'] {
    const remainingSeconds = maxAgeSeconds - ageSeconds;
    const isPragma = asked.size === 0 && /no-cache/i.test(request.headers.get('pragma') ?? '');
    if (asked.has('no-cache') || directives.has('no-cache') || isPragma) return 'validate';
    const maxAge = directiveSeconds(asked, 'max-age');
    if (maxAge !== undefined && ageSeconds > maxAge) return 'validate';
    const minFresh = directiveSeconds(asked, 'min-fresh');
    if (minFresh !== undefined && remainingSeconds < minFresh) return 'validate';
    if (remainingSeconds > 0) return 'fresh';
    if (isStrict) return 'validate';
    const maxStale = asked.get('max-stale');
    if (maxStale === true || (directiveSeconds(asked, 'max-stale') ?? -1) >= -remainingSeconds) return 'fresh';
    const refresh = directiveSeconds(directives, 'stale-while-revalidate') ?? 0;
    return refresh + remainingSeconds > 0 ? 'refresh' : 'validate';
  }
}

interface EntryFacts {
  readonly isShared: boolean;
  readonly headers: HttpHeaders;
  readonly policy: StoredPolicy;
}

/** What does not change as long as the entry is the same: a hit need not read it anew. */
function factsOf(entry: CacheEntry, isShared: boolean): EntryFacts {
  const known = facts.get(entry);
  if (known?.isShared === isShared) return known;
  const headers = entryHeaders(entry);
  const found = { isShared, headers, policy: policyOf({ ...entry, headers }, isShared) };
  facts.set(entry, found);
  return found;
}

/** Age of what was confirmed just now: younger than any limit but 0. */
const MOMENT_SECONDS = 0.001;
const facts = new WeakMap<CacheEntry, EntryFacts>();
