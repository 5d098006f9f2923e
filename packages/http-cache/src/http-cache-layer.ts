import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { requireCount } from './checks.ts';
import { HttpCache } from './http-cache.ts';
import type { HttpCacheStore } from './store/http-cache-store.ts';
import { memoryCacheStore } from './store/memory-cache-store.ts';

/** Options of {@link httpCacheLayer}. */
export interface HttpCacheLayerOptions {
  /** Where responses are kept. Default: `memoryCacheStore()`. */
  readonly store?: HttpCacheStore;
  /**
   * Whether the cache serves more than one user: what is private, carried a cookie in, or was asked for with credentials is then not
   * stored, as RFC 9111 section 3 says. Default `true`.
   */
  readonly shared?: boolean;
  /**
   * Fields of the request by which responses differ although Vary does not say so, such as one that a service inside reads. Each
   * value gets entries of its own. Default: none.
   */
  readonly keyHeaders?: readonly string[];
  /** Whether requests for the same wait for the first one, instead of all asking the origin. Default `true`. */
  readonly coalesce?: boolean;
  /** Longest such wait, in milliseconds, greater than 0; then a request goes by itself. Default 5_000. */
  readonly coalesceTimeoutMs?: number;
  /** For how long a stale response is given when the origin fails, in seconds, an integer of at least 0. Default 0: if the origin allows it. */
  readonly staleIfErrorSeconds?: number;
  /** Name in the Cache-Status field (RFC 9211) of responses, a token, or `false` for no field. Default `'lamella'`. */
  readonly cacheStatus?: string | false;
  /** Hears when the store fails; the request goes on without it. Default: nobody. */
  readonly onStoreError?: (error: unknown) => void;
  /**
   * Most responses that are refreshed in the background at a time, an integer of at least 1. Beyond that a stale response is given, and
   * whoever asks for it next has it refreshed. Default 64.
   */
  readonly maxRefreshes?: number;
  /** Longest time that refreshing in the background may take, head and body, in milliseconds, greater than 0. Default 30_000. */
  readonly refreshTimeoutMs?: number;
  /** Ends what is being refreshed in the background when it drains. Default: `refreshTimeoutMs` alone ends it. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** What {@link httpCacheLayer} makes. */
export type HttpCacheLayer = Layer<HttpRequest, HttpResponse>;

/**
 * Answers from stored responses where HTTP allows it, and stores what comes from inside.
 *
 * @remarks
 * Source: RFC 9111, and RFC 5861 for `stale-while-revalidate` and `stale-if-error`; freshness is computed by
 * `http-cache-semantics`. Of the requests only GET and HEAD are answered; responses are stored of GET alone, once their body has been
 * read to its end. A request that changes something makes the cache forget its target, and what the response names in Location and
 * Content-Location on the same origin.
 *
 * What could let one request decide what others get is left out: a request with content, with a range, or with a field that overrides
 * its method never reads or fills the cache (`fwd=bypass`). Deviations: parts (206) are not stored, HEAD freshens nothing, and a shared
 * cache stores no response with Set-Cookie.
 *
 * Outside of this layer stands what belongs to the one who asked, such as authentication, compression and ranges; inside stands what
 * makes the answer. The key is the whole URL: behind a server the Host field is part of it, so let only known hosts in.
 *
 * @throws UsageError at construction if an option is out of its range.
 *
 * @example
 * const cached = stack(
 *   httpCacheLayer({ shared: true }),
 *   serviceFn(async (_request: HttpRequest) =>
 *     HttpResponse.text('hello', { headers: { 'Cache-Control': 'max-age=60' } }),
 *   ),
 * );
 * const ask = async () => {
 *   const response = await cached.serve(HttpRequest.from({ target: 'http://example.test/' }));
 *   await response.body.text();
 *   return response.headers.get('cache-status');
 * };
 * await ask(); // 'lamella; fwd=miss'
 * await ask(); // 'lamella; hit; ttl=60'
 *
 * @public
 */
export function httpCacheLayer(options: HttpCacheLayerOptions = {}): HttpCacheLayer {
  const { staleIfErrorSeconds = 0, coalesceTimeoutMs = 5_000, cacheStatus = 'lamella', keyHeaders = [] } = options;
  const { maxRefreshes = 64, refreshTimeoutMs = 30_000 } = options;
  requireCount('maxRefreshes', maxRefreshes, 1);
  if (!(refreshTimeoutMs > 0)) throw new UsageError(`refreshTimeoutMs must be > 0, got ${refreshTimeoutMs}`);
  requireCount('staleIfErrorSeconds', staleIfErrorSeconds, 0);
  if (!(coalesceTimeoutMs > 0)) throw new UsageError(`coalesceTimeoutMs must be > 0, got ${coalesceTimeoutMs}`);
  if (cacheStatus !== false && !TOKEN.test(cacheStatus)) {
    throw new UsageError(`cacheStatus must be a token or false, got ${JSON.stringify(cacheStatus)}`);
  }
  for (const name of keyHeaders) {
    if (!TOKEN.test(name)) throw new UsageError(`keyHeaders: ${JSON.stringify(name)} is no field name`);
  }
  const settings = {
    store: options.store ?? memoryCacheStore(),
    isShared: options.shared ?? true,
    keyHeaders: keyHeaders.map((name) => name.toLowerCase()),
    coalesceTimeoutMs: options.coalesce === false ? undefined : coalesceTimeoutMs,
    staleIfErrorSeconds,
    cacheStatus,
    onStoreError: options.onStoreError ?? ignore,
    maxRefreshes,
    refreshTimeoutMs,
    lifecycle: options.lifecycle,
    clock: options.clock ?? systemClock,
  };
  return (inner) => new HttpCache(inner, settings);
}

function ignore(): void {}

const TOKEN = /^[A-Za-z*][!#$%&'*+.^`|~\w:/-]*$/;
