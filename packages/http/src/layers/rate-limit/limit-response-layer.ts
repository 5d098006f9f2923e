import type { RateLimitDecision } from '@lamella/layers';
import { RateLimitError } from '@lamella/layers';
import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey, isLamellaError, LimitError, TimeoutError, UsageError } from '@lamella/service-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { reasonPhrase } from '../../message/status.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireInteger, requirePositive, requireQuotable } from '../shared/option-checks.ts';

/** What a rate limiter said of a request; written by whoever hears of it, such as `onDecision` of `rateLimitLayer`. */
export const RateLimitStatus: ExtensionKey<RateLimitDecision, 'request'> = extensionKey('http/rate-limit-status', {
  scope: 'request',
});

/** A limit as clients are told of it. */
export interface RateLimitPolicy {
  /** Name, in plain text without quotes. Default `'default'`. */
  readonly name?: string;
  /** Requests per window, an integer of at least 1. */
  readonly quota: number;
  /** The window, in milliseconds, greater than 0; told in whole seconds. */
  readonly windowMs: number;
}

/** Options of {@link limitResponseLayer}. */
export interface LimitResponseLayerOptions {
  /**
   * Tells clients of the limit: RateLimit-Policy on every response, and RateLimit where {@link RateLimitStatus} is known
   * (draft-ietf-httpapi-ratelimit-headers). Default: only Retry-After is sent.
   */
  readonly policy?: RateLimitPolicy;
  /** Retry-After of a 503 whose error does not say when, in milliseconds, greater than 0. Default: none is sent. */
  readonly busyRetryAfterMs?: number;
  /** Makes the body of the response; what it gives stays as it is, but for the fields. Default: the reason phrase as text. */
  readonly makeResponse?: (status: 429 | 503, error: Error) => HttpResponse;
}

/**
 * Answers requests that a limit has let down: 429 for a rate, 503 for everything that says the server is busy, with Retry-After.
 *
 * @remarks
 * Source: RFC 6585 section 4, RFC 9110 sections 10.2.3 and 15.6.4. Stands outside of the layers that limit. A RateLimitError becomes
 * 429, or 503 if the limiter could not tell. A LimitError or TimeoutError with `facts.retryable` (a full queue, a wait that was too long,
 * load that was shed) and any error of ours that says `retryAfterMs` becomes 503. All other errors pass. Retry-After is in whole
 * seconds, rounded up, at least 1.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const app = stack(
 *   limitResponseLayer({ policy: { quota: 100, windowMs: 60_000 } }),
 *   rateLimitLayer({
 *     limit: 100,
 *     windowMs: 60_000,
 *     onDecision: ({ input, decision }: { readonly input: HttpRequest; readonly decision: RateLimitDecision }) =>
 *       input.extensions.insert(RateLimitStatus, decision),
 *   }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
 * );
 */
export function limitResponseLayer(options: LimitResponseLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { policy, busyRetryAfterMs, makeResponse = plainResponse } = options;
  const policyField = policy === undefined ? undefined : policyOf(policy);
  if (busyRetryAfterMs !== undefined) requirePositive('busyRetryAfterMs', busyRetryAfterMs);
  if (busyRetryAfterMs === Number.POSITIVE_INFINITY) throw new UsageError('busyRetryAfterMs must be finite');

  const finish = (request: HttpRequest, response: HttpResponse): HttpResponse => {
    if (policyField === undefined) return response;
    const headers = response.headers.clone();
    headers.set('RateLimit-Policy', policyField);
    const status = request.extensions.get(RateLimitStatus);
    if (status !== undefined) headers.set('RateLimit', statusOf(policy?.name, status.remaining, status.resetMs));
    return response.with({ headers });
  };

  return (inner) => ({
    serve: (request) =>
      callInner(inner, request).then(
        (response) => finish(request, response),
        (error: unknown) => {
          const status = statusFor(error);
          if (status === undefined || !(error instanceof Error)) throw error;
          const response = makeResponse(status, error);
          const headers = response.headers.clone();
          setRetryAfter(headers, retryAfterMsOf(error) ?? (status === 503 ? busyRetryAfterMs : undefined));
          if (policyField !== undefined && error instanceof RateLimitError && error.remaining !== undefined) {
            headers.set('RateLimit', statusOf(policy?.name, error.remaining, error.retryAfterMs ?? error.resetMs));
          }
          return finish(request, response.with({ headers }));
        },
      ),
  });
}

function statusFor(error: unknown): 429 | 503 | undefined {
  if (!isLamellaError(error)) return undefined;
  if (error instanceof RateLimitError) return error.reason === 'store' ? 503 : 429;
  const isBusy = (error instanceof LimitError || error instanceof TimeoutError) && error.facts.retryable === true;
  return isBusy || retryAfterMsOf(error) !== undefined ? 503 : undefined;
}

function retryAfterMsOf(error: unknown): number | undefined {
  if (!(error instanceof Error && 'retryAfterMs' in error)) return undefined;
  const { retryAfterMs } = error;
  return typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : undefined;
}

function setRetryAfter(headers: HttpHeaders, delayMs: number | undefined): void {
  if (delayMs !== undefined) headers.set('Retry-After', String(Math.max(1, seconds(delayMs))));
}

function plainResponse(status: 429 | 503): HttpResponse {
  return HttpResponse.text(`${reasonPhrase(status)}\n`, { status });
}

function policyOf({ name = 'default', quota, windowMs }: RateLimitPolicy): string {
  requireQuotable('policy.name', name);
  requireInteger('policy.quota', quota, 1, Number.MAX_SAFE_INTEGER);
  requirePositive('policy.windowMs', windowMs);
  if (windowMs === Number.POSITIVE_INFINITY) throw new UsageError('policy.windowMs must be finite');
  return `"${name}";q=${quota};w=${seconds(windowMs)}`;
}

function statusOf(name = 'default', remaining: number, resetMs: number | undefined): string {
  const reset = resetMs === undefined || !Number.isFinite(resetMs) ? '' : `;t=${seconds(resetMs)}`;
  return `"${name}";r=${Math.max(0, Math.floor(remaining))}${reset}`;
}

function seconds(durationMs: number): number {
  return Math.ceil(durationMs / 1_000);
}
