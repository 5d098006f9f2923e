import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpHeadersInit, HttpResponse } from '@lamella/http';
import { HttpHeaders, HttpRequest, parseRetryAfter, tryParseRequestTarget } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { OtlpSignal } from '../receiver/otlp-data.ts';
import { requireOneOf } from '../shared/option-checks.ts';
import type { OtlpOutcome, OtlpTransport } from './otlp-transport.ts';
import { untraced } from './untraced.ts';

/** Options of {@link otlpOverHttp}. */
export interface OtlpOverHttpOptions {
  /** Where the collector is; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added. Default `'http://localhost:4318'`. */
  readonly url?: string;
  /** Whole URLs of single signals, where they are somewhere else. Default: below `url`. */
  readonly urls?: Readonly<Partial<Record<OtlpSignal, string>>>;
  /** Format. Default `'protobuf'`. */
  readonly format?: 'protobuf' | 'json';
  /** How exports are compressed. Default `'none'`. */
  readonly compression?: 'none' | 'gzip';
  /** Fields for every request, such as a key for the collector. Default: none. */
  readonly headers?: HttpHeadersInit;
  /** Source of time, for `Retry-After`. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * A way to a collector over HTTP, by a client of Lamella: over whatever its connector reaches, through proxies, with TLS as it is set up.
 *
 * @param client - Such as an `HttpClient`; its layers for telemetry leave no trace of exports.
 * @throws UsageError if an option is invalid.
 *
 * @example
 * function transport(client: Service<HttpRequest, HttpResponse>): OtlpTransport {
 *   return otlpOverHttp(client, { url: 'https://collector.example', compression: 'gzip', headers: { 'x-api-key': 'secret' } });
 * }
 */
export function otlpOverHttp(
  client: Service<HttpRequest, HttpResponse>,
  options: OtlpOverHttpOptions = {},
): OtlpTransport {
  const { format = 'protobuf', compression = 'none', clock = systemClock } = options;
  requireOneOf('format', format, ['protobuf', 'json']);
  requireOneOf('compression', compression, ['none', 'gzip']);
  const urls = urlsOf(options);
  const fixed = HttpHeaders.from(options.headers);
  fixed.set('Content-Type', format === 'json' ? 'application/json' : 'application/x-protobuf');
  if (compression === 'gzip') fixed.set('Content-Encoding', 'gzip');
  return {
    format,
    async send({ signal, bytes, scope }) {
      const body = compression === 'gzip' ? await compress(bytes) : bytes;
      const init = { method: 'POST', target: urls[signal], headers: fixed.clone(), body, signal: scope.signal };
      return outcomeOf(await client.serve(untraced(HttpRequest.from(init))), clock.epochMs());
    },
  };
}

async function outcomeOf(response: HttpResponse, nowMs: number): Promise<OtlpOutcome> {
  const { status, headers, body } = response;
  if (status >= 200 && status < 300) {
    // The answer tells what was not taken; without it, all was.
    const answer = await body.bytes({ maxBytes: MAX_ANSWER_BYTES }).catch(() => new Uint8Array(0));
    return { type: 'taken', answer };
  }
  body.cancel();
  const message = `the collector answered with ${status}`;
  if (!BUSY.has(status)) return { type: 'refused', message };
  const retryAfter = headers.get('retry-after');
  return {
    type: 'busy',
    message,
    retryAfterMs: retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, nowMs),
  };
}

function urlsOf({ url = 'http://localhost:4318', urls = {} }: OtlpOverHttpOptions): Record<OtlpSignal, string> {
  const base = checked('url', url).replace(/\/$/, '');
  const of = (signal: OtlpSignal): string => {
    const own = urls[signal];
    return own === undefined ? `${base}/v1/${signal}` : checked(`urls.${signal}`, own);
  };
  return { traces: of('traces'), metrics: of('metrics'), logs: of('logs') };
}

function checked(option: string, url: string): string {
  const parsed = tryParseRequestTarget('POST', url);
  const isGood = typeof parsed !== 'string' && (parsed.scheme === 'http' || parsed.scheme === 'https');
  if (!isGood) throw new UsageError(`${option} must be http://host[:port][/path] or https:, got ${url}`);
  return url;
}

const compress = promisify(gzip);
/** What the specification calls retryable. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** An answer holds a number and a message. */
const MAX_ANSWER_BYTES = 65_536;
