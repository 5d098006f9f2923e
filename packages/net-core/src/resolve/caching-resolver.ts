import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { ResolvedAddresses, ResolveRequest, Resolver } from '../connection/resolver.ts';
import type { Answer, AnswerTimes } from './cached-answer.ts';
import { ttlOf } from './cached-answer.ts';
import { SharedLookup } from './shared-lookup.ts';

/** Options of {@link cachingResolver}. All times are in milliseconds. */
export interface CachingResolverOptions {
  /** Least time for which addresses are kept, at least 0. Default 1_000. */
  readonly minTtlMs?: number;
  /** Longest time for which addresses are kept, at least `minTtlMs`. Default 300_000. */
  readonly maxTtlMs?: number;
  /** For how long addresses are kept whose resolver does not say it, such as that of the system; at least 0. Default 30_000. */
  readonly defaultTtlMs?: number;
  /** For how long it is remembered that a name does not exist, or has no address of a family; at least 0. Default 5_000. */
  readonly negativeTtlMs?: number;
  /** Time after a failed lookup before the next one, at least 0. Default 1_000. */
  readonly failureTtlMs?: number;
  /** For how long addresses are given beyond their time while lookups fail, at least 0; 0 gives none. Default 300_000. */
  readonly staleIfErrorMs?: number;
  /** Who asks in this last part of an answer's time starts a lookup beside it, at least 0; never more than half of it. Default 0: nobody. */
  readonly refreshAheadMs?: number;
  /** Most answers that are kept, at least 1; those that were not asked for the longest go. Default 10_000. */
  readonly maxEntries?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** What a {@link CachingResolver} has done so far. */
export interface CachingResolverGauges {
  /** Answers that are kept. */
  readonly entries: number;
  /** Questions that were answered without a lookup. */
  readonly hits: number;
  /** Questions that waited for a lookup, their own or one that was under way. */
  readonly misses: number;
  /** Lookups that were made. */
  readonly lookups: number;
  /** Questions that got addresses beyond their time, since lookups failed. */
  readonly stale: number;
}

/** A {@link Resolver} that remembers. */
export interface CachingResolver extends Resolver {
  /** What it has done so far. */
  readonly gauges: CachingResolverGauges;
  /** Forgets everything. */
  readonly clear: () => void;
}

/**
 * Remembers the answers of another resolver for as long as they hold.
 *
 * @remarks
 * A name that is being looked up is not looked up a second time: all wait for the one lookup, which belongs to none of them and is
 * given up when the last has left. Addresses are kept for the time that their resolver says, within `minTtlMs` and `maxTtlMs`.
 * That a name does not exist is remembered too, and so is a failure, for a moment: who is down is not asked for every
 * connection. While lookups fail, addresses are given beyond their time; that a name does not exist is an answer, not a failure.
 *
 * @param inner - Asked for what is not known.
 * @throws UsageError if an option is out of its range. The service rejects as the lookup does.
 *
 * @example
 * const resolver = cachingResolver({ serve: async () => resolvedAddresses([parseIp('192.0.2.7')], 60_000) });
 * await resolver.serve(resolveRequest(parseDomain('api.test'), 4));
 * await resolver.serve(resolveRequest(parseDomain('api.test'), 4)); // from memory
 * resolver.gauges; // { entries: 1, hits: 1, misses: 1, lookups: 1, stale: 0 }
 */
export function cachingResolver(inner: Resolver, options: CachingResolverOptions = {}): CachingResolver {
  const { staleIfErrorMs = 300_000, refreshAheadMs = 0, maxEntries = 10_000, clock = systemClock } = options;
  const times = timesOf(options);
  if (!(staleIfErrorMs >= 0)) throw new UsageError(`staleIfErrorMs must be >= 0, got ${staleIfErrorMs}`);
  if (!(refreshAheadMs >= 0)) throw new UsageError(`refreshAheadMs must be >= 0, got ${refreshAheadMs}`);
  if (!(maxEntries >= 1)) throw new UsageError(`maxEntries must be >= 1, got ${maxEntries}`);

  const entries = new Map<string, Entry>();
  const lookups = new Map<string, SharedLookup>();
  const counts = { hits: 0, misses: 0, lookups: 0, stale: 0 };

  const lookUp = (key: string, request: ResolveRequest): SharedLookup => {
    const known = lookups.get(key);
    if (known !== undefined && !known.isGivenUp) return known;
    counts.lookups++;
    const lookup = new SharedLookup(inner, request);
    lookups.set(key, lookup);
    void lookup.answer.then((answer) => {
      if (lookups.get(key) !== lookup) return; // given up or forgotten meanwhile
      lookups.delete(key);
      if (!lookup.isGivenUp) keep(key, answer);
    });
    return lookup;
  };
  const keep = (key: string, answer: Answer): void => {
    const nowMs = clock.nowMs();
    const before = entries.get(key);
    const ttlMs = ttlOf(answer, times);
    if (answer.type === 'failed' && before?.answer.type === 'found' && nowMs < before.staleUntilMs) {
      const { answer: old, freshUntilMs, staleUntilMs } = before;
      const untilMs = Math.max(freshUntilMs, Math.min(nowMs + ttlMs, staleUntilMs));
      put(key, { answer: old, freshUntilMs, staleUntilMs, untilMs, refreshAtMs: untilMs });
      return;
    }
    const untilMs = nowMs + ttlMs;
    const refreshAtMs = untilMs - Math.min(refreshAheadMs, ttlMs / 2);
    const staleUntilMs = untilMs + staleIfErrorMs;
    put(key, { answer, freshUntilMs: untilMs, staleUntilMs, untilMs, refreshAtMs });
  };
  const put = (key: string, entry: Entry): void => {
    entries.delete(key);
    entries.set(key, entry); // at the end: asked for last
    if (entries.size <= maxEntries) return;
    for (const oldest of entries.keys()) {
      entries.delete(oldest);
      return;
    }
  };
  const give = (answer: Answer, isStale: boolean): ResolvedAddresses => {
    if (answer.type !== 'found') throw answer.error;
    if (isStale) counts.stale++;
    return answer.addresses;
  };

  return {
    get gauges() {
      return { entries: entries.size, ...counts };
    },
    clear() {
      entries.clear();
      lookups.clear();
    },
    async serve(request) {
      request.scope.throwIfAborted();
      const key = `${request.family} ${request.domain.name}`;
      const entry = entries.get(key);
      const nowMs = clock.nowMs();
      if (entry !== undefined && nowMs < entry.untilMs) {
        counts.hits++;
        put(key, entry);
        if (nowMs >= entry.refreshAtMs && entry.answer.type === 'found') lookUp(key, request);
        return give(entry.answer, nowMs >= entry.freshUntilMs);
      }
      counts.misses++;
      const answer = await lookUp(key, request).join(request.scope);
      const now = entries.get(key);
      // What is kept after a failed lookup says whether there is something to give in its place.
      if (answer.type === 'failed' && now?.answer.type === 'found') return give(now.answer, true);
      return give(answer, false);
    },
  };
}

interface Entry {
  readonly answer: Answer;
  /** Until when the answer holds. */
  readonly freshUntilMs: number;
  /** Until when it may be given while lookups fail. */
  readonly staleUntilMs: number;
  /** Until when nobody is asked. */
  readonly untilMs: number;
  /** From when on whoever asks starts a lookup beside it. */
  readonly refreshAtMs: number;
}

function timesOf(options: CachingResolverOptions): AnswerTimes {
  const times = { minTtlMs: 1_000, maxTtlMs: 300_000, defaultTtlMs: 30_000, negativeTtlMs: 5_000, failureTtlMs: 1_000 };
  for (const name of ['minTtlMs', 'maxTtlMs', 'defaultTtlMs', 'negativeTtlMs', 'failureTtlMs'] as const) {
    const value = options[name] ?? times[name];
    if (!(value >= 0)) throw new UsageError(`${name} must be >= 0, got ${value}`);
    times[name] = value;
  }
  const { minTtlMs, maxTtlMs } = times;
  if (maxTtlMs < minTtlMs) throw new UsageError(`maxTtlMs must be >= minTtlMs (${minTtlMs}), got ${maxTtlMs}`);
  return times;
}
