import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { HarError } from '../../errors.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { requireOneOf } from '../shared/option-checks.ts';
import { urlOf } from './har-entry.ts';
import type { Har } from './har-types.ts';
import type { RecordedExchange } from './parse-har.ts';
import { parseHar } from './parse-har.ts';

/** What a request must have in common with a recorded one. `origin` is scheme, host and port. */
export type HarMatch = 'method' | 'origin' | 'path' | 'query' | 'body';

/** Options of {@link harReplayService}. */
export interface HarReplayServiceOptions {
  /** What must be the same, at least one. Default: method, origin, path and query. */
  readonly matchOn?: readonly HarMatch[];
  /**
   * Which of several recorded exchanges answers: one after the other, the last one from then on, or always the `first`. Default
   * `'in-order'`.
   */
  readonly repeat?: 'in-order' | 'first';
  /** Answers what was not recorded. Default: nobody; the request rejects with a HarError. */
  readonly onMiss?: Service<HttpRequest, HttpResponse>;
  /** Longest request body to compare, in bytes, with `matchOn` `'body'`. Default 1_048_576 (1 MiB). */
  readonly maxBodyBytes?: number;
}

/**
 * A service that answers with what a HAR file has recorded, of whichever tool: a server without a server.
 *
 * @remarks
 * Exchanges without an answer, or whose content was not recorded as a whole, are left out. Framing fields are left out too, since
 * whoever sends the response makes them anew. Nothing waits as long as the original did.
 *
 * @param har - A HAR, or the text of a HAR file.
 * @throws UsageError if an option is out of its range, HarError `LML_ERR_HAR_BAD_FILE` if the file is none. The service rejects with HarError
 * `LML_ERR_HAR_NO_MATCH` for what was not recorded, and with LimitError for a body that is too long to compare.
 *
 * @example
 * const recorder = harRecordLayer();
 * const live = stack(recorder, serviceFn((request: HttpRequest) => HttpResponse.text(request.path)));
 * await (await live.serve(HttpRequest.from({ target: 'http://a.test/x' }))).body.text();
 * const replay = harReplayService(recorder.har());
 * await (await replay.serve(HttpRequest.from({ target: 'http://a.test/x' }))).body.text(); // '/x'
 */
export function harReplayService(
  har: Har | string,
  options: HarReplayServiceOptions = {},
): Service<HttpRequest, HttpResponse> {
  const { matchOn = DEFAULT_MATCH, repeat = 'in-order', onMiss, maxBodyBytes = 1_048_576 } = options;
  if (matchOn.length === 0) throw new UsageError('matchOn must name at least one part of a request');
  for (const part of matchOn) requireOneOf('matchOn', part, ['method', 'origin', 'path', 'query', 'body']);
  requireOneOf('repeat', repeat, ['in-order', 'first']);
  if (!(maxBodyBytes >= 0)) throw new UsageError(`maxBodyBytes must be >= 0, got ${maxBodyBytes}`);
  const recorded = new Map<string, RecordedExchange[]>();
  for (const exchange of parseHar(har)) {
    const key = keyOf(exchange.method, exchange.url, exchange.requestBody, matchOn);
    if (key === undefined) continue;
    const known = recorded.get(key);
    if (known === undefined) recorded.set(key, [exchange]);
    else known.push(exchange);
  }

  return {
    async serve(request) {
      const url = URL.parse(urlOf(request));
      const needsBody = matchOn.includes('body');
      // Whoever answers a miss may want to read it too.
      const copy = needsBody ? (request.body.tryClone() ?? request.body) : undefined;
      const body = await copy?.bytes({ maxBytes: maxBodyBytes });
      const key = url === null ? undefined : keyOf(request.method, url, body ?? new Uint8Array(0), matchOn);
      const exchanges = key === undefined ? undefined : recorded.get(key);
      const exchange = repeat === 'in-order' && (exchanges?.length ?? 0) > 1 ? exchanges?.shift() : exchanges?.[0];
      if (exchange !== undefined) return answer(exchange);
      if (onMiss === undefined) throw noMatch(request);
      return onMiss.serve(needsBody && copy === request.body ? request.with({ body: body ?? '' }) : request);
    },
  };
}

function answer({ status, reason, headers, body }: RecordedExchange): HttpResponse {
  return HttpResponse.from({ status, reason, headers, body });
}

/** @returns `undefined` if a part that must match is not known. */
function keyOf(
  method: string,
  url: URL,
  body: Uint8Array | undefined,
  matchOn: readonly HarMatch[],
): string | undefined {
  if (matchOn.includes('body') && body === undefined) return undefined;
  const parts: Record<HarMatch, string> = {
    method,
    origin: url.origin,
    path: url.pathname,
    query: url.search,
    body: matchOn.includes('body') ? Buffer.from(body ?? []).toString('base64') : '',
  };
  return JSON.stringify(matchOn.map((part) => parts[part]));
}

function noMatch(request: HttpRequest): HarError {
  const url = urlOf(request).slice(0, 200);
  return new HarError('LML_ERR_HAR_NO_MATCH', `no recorded response for ${request.method} ${url}`);
}

const DEFAULT_MATCH: readonly HarMatch[] = ['method', 'origin', 'path', 'query'];
