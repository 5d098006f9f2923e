import type { Clock, Layer } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { sensitiveHeadersOf } from '../sensitive-headers/sensitive-headers-layer.ts';
import { requireFunction, requireInteger } from '../shared/option-checks.ts';
import type { Capture } from './captured-body.ts';
import { capturedBody } from './captured-body.ts';
import { harEntry } from './har-entry.ts';
import type { Har, HarEntry } from './har-types.ts';

/** Options of {@link harRecordLayer}. */
export interface HarRecordLayerOptions {
  /** Most exchanges to keep, an integer of at least 1; then the oldest give way. Default 500. */
  readonly maxEntries?: number;
  /** Most bytes to keep of each body, an integer of at least 0. Default 65_536 (64 KiB). */
  readonly maxBodyBytes?: number;
  /** Whether values of sensitive header fields are kept; see {@link sensitiveHeadersOf}. Default false. */
  readonly includesSensitive?: boolean;
  /** Which exchanges are recorded; asked when one begins. Default: all. */
  readonly shouldRecord?: (request: HttpRequest) => boolean;
  /** Hears of each exchange when it is over, such as to write it to a file. Must not throw. Default: nothing. */
  readonly onEntry?: (entry: HarEntry) => void;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link harRecordLayer} makes, with what it has recorded. */
export interface HarRecordLayer extends Layer<HttpRequest, HttpResponse> {
  /** Exchanges that are kept now. */
  readonly entryCount: number;
  /** Exchanges that had to give way so far. */
  readonly droppedCount: number;
  /** Makes a HAR file of what is kept, in the order in which the exchanges began; `JSON.stringify` writes it. */
  readonly har: () => Har;
  /** Forgets everything. */
  readonly clear: () => void;
}

/**
 * Records exchanges as HAR 1.2, which browsers and other tools read.
 *
 * @remarks
 * An exchange is there when its response body has ended, been cancelled or failed; one without a response has the status 0. Bodies are
 * kept up to a bound, and pass on unchanged and as fast as they are read. Values of sensitive fields, and cookies, are left out unless
 * asked for; URLs and bodies are kept as they are, so treat the file as one that holds secrets. Timings are those of the client where
 * it tells them, else what this layer sees.
 *
 * Inside of layers that follow redirects or repeat, every attempt is an exchange of its own; outside, only the last one is seen.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const recorder = harRecordLayer();
 * const client = stack(recorder, serviceFn((request: HttpRequest) => HttpResponse.text(request.path)));
 * await (await client.serve(HttpRequest.from({ target: 'http://a.test/' }))).body.text();
 * JSON.stringify(recorder.har());
 */
export function harRecordLayer(options: HarRecordLayerOptions = {}): HarRecordLayer {
  const { maxEntries = 500, maxBodyBytes = 65_536, includesSensitive = false, clock = systemClock } = options;
  const { shouldRecord = () => true, onEntry = () => {} } = options;
  requireInteger('maxEntries', maxEntries, 1, Number.POSITIVE_INFINITY);
  requireInteger('maxBodyBytes', maxBodyBytes, 0, Number.POSITIVE_INFINITY);
  requireFunction('shouldRecord', shouldRecord);
  requireFunction('onEntry', onEntry);

  let kept: { readonly atMs: number; readonly entry: HarEntry }[] = [];
  let droppedCount = 0;
  const keep = (atMs: number, entry: HarEntry): void => {
    kept.push({ atMs, entry });
    if (kept.length > maxEntries) {
      kept.shift();
      droppedCount++;
    }
    onEntry(entry);
  };

  const layer: Layer<HttpRequest, HttpResponse> = (inner) => ({
    async serve(request) {
      if (!shouldRecord(request)) return inner.serve(request);
      const startMs = clock.nowMs();
      const atMs = clock.epochMs();
      let requestBody: Capture | undefined;
      let waitMs = 0;
      const end = (response: HttpResponse | undefined, responseBody: Capture | undefined, error?: unknown): void => {
        const sensitive = includesSensitive ? NONE : sensitiveHeadersOf(request);
        const totalMs = clock.nowMs() - startMs;
        keep(atMs, harEntry({ request, requestBody, response, responseBody, error, sensitive, atMs, waitMs, totalMs }));
      };
      const body = await capturedBody(request.body, maxBodyBytes, (capture) => {
        requestBody = capture;
      });
      try {
        const response = await inner.serve(body === request.body ? request : request.with({ body }));
        waitMs = clock.nowMs() - startMs;
        const captured = await capturedBody(response.body, maxBodyBytes, (capture) => end(response, capture));
        return captured === response.body ? response : response.with({ body: captured });
      } catch (error) {
        waitMs = clock.nowMs() - startMs;
        end(undefined, undefined, error);
        throw error;
      }
    },
  });
  return Object.defineProperties(layer, {
    entryCount: { enumerable: true, get: () => kept.length },
    droppedCount: { enumerable: true, get: () => droppedCount },
    har: { value: () => harOf(kept.toSorted((a, b) => a.atMs - b.atMs).map(({ entry }) => entry)) },
    clear: {
      value: () => {
        kept = [];
      },
    },
  }) as HarRecordLayer; // the four properties are these
}

function harOf(entries: HarEntry[]): Har {
  return { log: { version: '1.2', creator: { name: 'Lamella', version: '1' }, entries } };
}

const NONE: ReadonlySet<string> = new Set();
