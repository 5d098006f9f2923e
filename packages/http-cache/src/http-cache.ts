import type { HttpHeaders, HttpRequest } from '@lamella/http';
import {
  evaluatePreconditions,
  HttpBody,
  HttpResponse,
  hasPreconditions,
  plainFieldName,
  validatorsOf,
} from '@lamella/http';
import type { Clock, Lifecycle, Service } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import { parseCacheDirectives } from './cache-directives.ts';
import type { CacheEntry } from './cache-entry.ts';
import { isSelectedBy } from './cache-entry.ts';
import { cacheKey, relatedKey } from './cache-key.ts';
import type { Evaluation } from './evaluate.ts';
import { evaluate } from './evaluate.ts';
import type { FillOutcome } from './filling-body.ts';
import { FillingBody } from './filling-body.ts';
import type { Fill } from './fills.ts';
import { Fills } from './fills.ts';
import { Flights } from './flights.ts';
import { refreshRequest } from './refresh-request.ts';
import { Refreshes } from './refreshes.ts';
import type { CacheEntryWriter, HttpCacheStore } from './store/http-cache-store.ts';
import { confirmedEntry, isStillStorable, newEntry, validationRequest } from './stored-response.ts';

/** What an {@link HttpCache} works by; the options of `httpCacheLayer`, complete. */
export interface HttpCacheSettings {
  readonly store: HttpCacheStore;
  readonly isShared: boolean;
  readonly keyHeaders: readonly string[];
  /** `undefined`: nobody waits for others. */
  readonly coalesceTimeoutMs: number | undefined;
  readonly staleIfErrorSeconds: number;
  readonly cacheStatus: string | false;
  readonly onStoreError: (error: unknown) => void;
  readonly maxRefreshes: number;
  readonly refreshTimeoutMs: number;
  readonly lifecycle: Lifecycle | undefined;
  readonly clock: Clock;
}

/** A stored response that matches a request, and what to do with it. */
interface Match {
  readonly key: string;
  readonly entry: CacheEntry;
  readonly evaluation: Evaluation;
}

/** Told when it is known what is stored, and whether the one who asked has left before. */
type Done = (hasLeft: boolean) => void;

/** A question to the origin. */
interface Asked {
  readonly fill: Fill;
  readonly requestedAtMs: number;
  /** It is known whether anything was stored. */
  readonly end: (outcome: FillOutcome) => void;
}

/** The service that `httpCacheLayer` puts around another one. */
export class HttpCache implements Service<HttpRequest, HttpResponse> {
  readonly #inner: Service<HttpRequest, HttpResponse>;
  readonly #settings: HttpCacheSettings;
  readonly #flights: Flights;
  readonly #fills = new Fills();
  readonly #refreshes: Refreshes;

  constructor(inner: Service<HttpRequest, HttpResponse>, settings: HttpCacheSettings) {
    this.#inner = inner;
    this.#settings = settings;
    this.#flights = new Flights(settings.clock);
    this.#refreshes = new Refreshes(settings);
  }

  readonly serve = async (request: HttpRequest): Promise<HttpResponse> => {
    const key = cacheKey(request);
    if (key === undefined) return this.#inner.serve(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#serveUnsafe(key, request);
    if (isBypassed(request)) return this.#marked(await this.#inner.serve(request), 'fwd=bypass');
    const asked = parseCacheDirectives(request.headers.get('cache-control'));
    const match = await this.#find(key, request);
    const given = match === undefined ? undefined : await this.#serveMatch(match, request);
    if (given !== undefined) return given;
    if (asked.has('only-if-cached')) return this.#marked(HttpResponse.from({ status: 504 }), 'fwd=miss');
    return this.#askOnce(key, request, match);
  };

  // ---- what is stored

  async #find(key: string, request: HttpRequest): Promise<Match | undefined> {
    try {
      const entry = (await this.#settings.store.find(key)).find((stored) => isSelectedBy(stored, request));
      if (entry === undefined) return undefined;
      return { key, entry, evaluation: evaluate(entry, request, this.#settings.clock.epochMs(), this.#settings) };
    } catch (error) {
      this.#settings.onStoreError(error);
      return undefined;
    }
  }

  /** @returns `undefined` if the origin has to be asked first. */
  async #serveMatch(match: Match, request: HttpRequest): Promise<HttpResponse | undefined> {
    const { type, remainingSeconds } = match.evaluation;
    if (type === 'validate') return undefined;
    const response = await this.#fromStore(match, request, `hit; ttl=${Math.ceil(remainingSeconds)}`);
    if (response !== undefined && type === 'refresh') this.#refresh(match, request);
    return response;
  }

  /** @returns `undefined` if the body is gone. */
  async #fromStore(
    { key, entry, evaluation }: Match,
    request: HttpRequest,
    status: string,
  ): Promise<HttpResponse | undefined> {
    const headers = evaluation.headers.clone();
    headers.set('Age', String(Math.floor(evaluation.ageSeconds)));
    // RFC 9110 section 13.2.1: conditions are about what is there, not about an error or a redirect.
    const isThere = entry.status >= 200 && entry.status < 300;
    const outcome = isThere ? evaluatePreconditions(request, validatorsOf(headers)) : 'proceed';
    if (outcome === 'failed') return this.#marked(HttpResponse.from({ status: 412 }), status);
    if (outcome === 'not-modified') {
      headers.deleteWhere((name) => /^content-(?!location$)/i.test(name));
      return this.#marked(HttpResponse.from({ status: 304, headers }), status);
    }
    const body = await this.#openBody(key, entry);
    if (body === undefined) return undefined;
    const { status: code, reason } = entry;
    if (request.method === 'HEAD') {
      body.cancel();
      headers.set('Content-Length', String(entry.bodyBytes));
      return this.#marked(HttpResponse.from({ status: code, reason, headers }), status);
    }
    return this.#marked(HttpResponse.from({ status: code, reason, headers, body }), status);
  }

  async #openBody(key: string, entry: CacheEntry): Promise<HttpBody | undefined> {
    try {
      return await this.#settings.store.open(key, entry);
    } catch (error) {
      this.#settings.onStoreError(error);
      return undefined;
    }
  }

  // ---- what has to be asked for

  /** Asks the origin about what is missing or stale, or waits for the one who is asking and takes what that has brought. */
  async #askOnce(key: string, request: HttpRequest, match: Match | undefined): Promise<HttpResponse> {
    const { coalesceTimeoutMs, clock } = this.#settings;
    const canShare = request.method === 'GET' && !hasPreconditions(request.headers);
    if (coalesceTimeoutMs === undefined || !canShare || match?.evaluation.canShareValidation === false) {
      return match === undefined ? this.#fetch(key, request, 'fwd=miss') : this.#validate(match, request);
    }
    const endMs = clock.nowMs() + coalesceTimeoutMs;
    for (let found = match; ; ) {
      // Variants of one resource are confirmed each by itself.
      const flight = found === undefined ? key : refreshName(found);
      const end = this.#flights.start(flight);
      if (end !== undefined) {
        return found === undefined ? this.#fetch(key, request, 'fwd=miss', end) : this.#validate(found, request, end);
      }
      const hasLeft = await this.#flights.wait(flight, request.scope, endMs - clock.nowMs());
      found = await this.#find(key, request);
      const given = found === undefined ? undefined : await this.#serveMatch(found, request);
      if (given !== undefined) return given;
      if (hasLeft && clock.nowMs() < endMs && found?.evaluation.canShareValidation !== false) continue;
      return found === undefined
        ? this.#fetch(key, request, 'fwd=miss; detail=collapse-failed')
        : this.#validate(found, request);
    }
  }

  /** Asks the origin, and stores what comes. `onDone` is called when it is known whether anything was stored. */
  async #fetch(key: string, request: HttpRequest, status: string, onDone: Done = nothing): Promise<HttpResponse> {
    const asked = this.#ask(key, onDone);
    try {
      const response = await this.#inner.serve(request);
      return this.#marked(await this.#stored(key, request, response, asked), status);
    } catch (error) {
      asked.end(isCancellation(request, error) ? 'left' : 'not-stored');
      throw error;
    }
  }

  /** Notes that the origin is asked. */
  #ask(key: string, onDone: Done): Asked {
    const fill = this.#fills.begin(key);
    const end = (outcome: FillOutcome): void => {
      const isStored = outcome === 'stored';
      this.#fills.end(key, fill, isStored);
      // The change came in the very moment of storing.
      if (isStored && fill.isOutdated) void this.#tryStore((store) => store.delete(key, fill.entry?.id));
      onDone(outcome === 'left');
    };
    return { fill, requestedAtMs: this.#settings.clock.epochMs(), end };
  }

  /** The response, stored while its body is read, if that is allowed. */
  async #stored(
    key: string,
    request: HttpRequest,
    response: HttpResponse,
    { fill, requestedAtMs, end }: Asked,
  ): Promise<HttpResponse> {
    const { onStoreError, clock } = this.#settings;
    const entry = newEntry(request, response, { requestedAtMs, receivedAtMs: clock.epochMs(), ...this.#settings });
    fill.entry = entry;
    const writer = entry && (await this.#openWriter(key, entry));
    if (writer === undefined) {
      end('not-stored');
      return response;
    }
    const { size, sizeOnWire } = response.body;
    const events = { isWanted: () => !fill.isOutdated, onDone: end, onStoreError };
    const copy = response.body.isAtHand ? response.body.tryClone() : undefined;
    if (copy !== undefined) {
      // It is here as a whole: whoever reads it keeps its fast way, and others need not wait for that.
      const stored = new FillingBody(copy, writer, events);
      while ((await stored.read()) !== undefined);
      return response;
    }
    const source = new FillingBody(response.body, writer, events);
    const options =
      size === undefined ? {} : sizeOnWire === undefined ? { size, trailers: () => source.trailers } : { size };
    return response.with({ body: HttpBody.fromSource(source, options) });
  }

  async #openWriter(key: string, entry: CacheEntry): Promise<CacheEntryWriter | undefined> {
    try {
      return await this.#settings.store.write(key, entry);
    } catch (error) {
      this.#settings.onStoreError(error);
      return undefined;
    }
  }

  // ---- what has to be confirmed

  /** Asks whether what is stored still holds. `onDone` is called when it is known what is stored now. */
  async #validate(match: Match, request: HttpRequest, onDone: Done = nothing): Promise<HttpResponse> {
    const { key, entry, evaluation } = match;
    const asked = this.#ask(key, onDone);
    let response: HttpResponse;
    try {
      response = await this.#inner.serve(validationRequest(request, entry));
    } catch (error) {
      const hasLeft = isCancellation(request, error);
      asked.end(hasLeft ? 'left' : 'not-stored');
      if (hasLeft || evaluation.staleIfErrorSeconds <= 0) throw error;
      const stale = await this.#fromStore(match, request, 'hit; detail=stale-if-error');
      if (stale === undefined) throw error;
      return stale;
    }
    if (SERVER_ERRORS.has(response.status) && evaluation.staleIfErrorSeconds > 0) {
      const stale = await this.#fromStore(match, request, `hit; detail=stale-if-error; fwd-status=${response.status}`);
      if (stale !== undefined) {
        asked.end('not-stored');
        response[Symbol.dispose]();
        return stale;
      }
    }
    if (response.status !== 304) {
      const stored = await this.#stored(key, request, response, asked);
      return this.#marked(stored, `fwd=stale; fwd-status=${response.status}`);
    }
    try {
      return await this.#confirm(match, request, response, asked.requestedAtMs);
    } finally {
      asked.end('not-stored');
    }
  }

  /** The origin says 304: to the validator that is stored, or to one that only the client has. */
  async #confirm(
    match: Match,
    request: HttpRequest,
    response: HttpResponse,
    requestedAtMs: number,
  ): Promise<HttpResponse> {
    const { clock, isShared } = this.#settings;
    const nowMs = clock.epochMs();
    const times = { requestedAtMs, receivedAtMs: nowMs };
    const entry = confirmedEntry(match.entry, request, response.headers, times, isShared);
    if (entry === undefined) return this.#marked(response, 'fwd=stale; fwd-status=304');
    response[Symbol.dispose]();
    const isKept = isStillStorable(entry, isShared);
    if (isKept) await this.#tryStore((store) => store.update(match.key, entry));
    const evaluation = evaluate(entry, request, nowMs, this.#settings);
    const given = await this.#fromStore({ ...match, entry, evaluation }, request, 'fwd=stale; fwd-status=304');
    // Whoever asked gets it in any case; nobody else does if the origin has just said so. What it says to one who has shown who that is
    // is for that one alone, and what is stored for all stays as it was.
    const isForOne = isShared && request.headers.has('authorization');
    if (!isKept && !isForOne) await this.#tryStore((store) => store.delete(match.key, entry.id));
    // The body was dropped meanwhile: whoever asks gets a whole one, not the 304 that the cache asked for.
    if (given === undefined) return this.#fetch(match.key, request, 'fwd=miss');
    if (isShared) addCookies(given, response);
    return given;
  }

  /** Confirms in the background what has been given already. */
  #refresh(match: Match, request: HttpRequest): void {
    this.#refreshes.start(refreshName(match), async (scope) => {
      const { body } = await this.#validate(match, refreshRequest(request, scope));
      const listener = scope.onAbort((reason) => body.cancel(reason));
      try {
        while ((await scope.race(body.read())) !== undefined);
      } finally {
        listener.close();
      }
    });
  }

  // ---- what changes something

  /** RFC 9111 section 4.4. */
  async #serveUnsafe(key: string, request: HttpRequest): Promise<HttpResponse> {
    const response = await this.#inner.serve(request);
    if (SAFE.has(request.method) || response.status < 200 || response.status >= 400) return response;
    const keys = new Set([key]);
    for (const name of ['location', 'content-location']) {
      const reference = response.headers.get(name);
      const related = reference === undefined ? undefined : relatedKey(key, reference);
      if (related !== undefined) keys.add(related);
    }
    for (const stale of keys) {
      this.#fills.outdate(stale);
      await this.#tryStore((store) => store.delete(stale));
    }
    return response;
  }

  async #tryStore(change: (store: HttpCacheStore) => void | Promise<void>): Promise<void> {
    try {
      await change(this.#settings.store);
    } catch (error) {
      this.#settings.onStoreError(error);
    }
  }

  #marked(response: HttpResponse, status: string): HttpResponse {
    const { cacheStatus } = this.#settings;
    if (cacheStatus !== false) response.headers.append('Cache-Status', `${cacheStatus}; ${status}`);
    return response;
  }
}

/**
 * Whether a request could let its sender decide what others get: what it says beside its URL may change the response, and is no part
 * of the key. Ranges are left to the origin.
 */
function isBypassed({ headers, body }: HttpRequest): boolean {
  return !body.isEmpty || hasUnkeyed(headers) || parseCacheDirectives(headers.get('cache-control')).has('no-store');
}

/** In any spelling that CGI and its kind take for the same, which may be what makes the answer. */
function hasUnkeyed(headers: HttpHeaders): boolean {
  for (const [name] of headers) {
    if (UNKEYED.some((unkeyed) => unkeyed.length === name.length && unkeyed === plainFieldName(name))) return true;
  }
  return false;
}

/** What a confirmation under way is called: no key begins like an id. */
function refreshName({ key, entry }: Match): string {
  return `${entry.id} ${key}`;
}

/** Cookies of a 304 are for whoever asked. */
function addCookies({ headers }: HttpResponse, { headers: confirmed }: HttpResponse): void {
  for (const cookie of confirmed.getAll('set-cookie')) headers.append('Set-Cookie', cookie);
  if (confirmed.neverIndexed?.has('set-cookie') === true) headers.neverIndex('set-cookie');
}

function nothing(): void {}

const UNKEYED = ['range', 'x-http-method-override', 'x-http-method', 'x-method-override'] as const;
const SAFE: ReadonlySet<string> = new Set(['OPTIONS', 'TRACE', 'CONNECT']);
const SERVER_ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504]);
