import type { AttemptResult, Backoff, RetryBudget, RetryDecision, RetryStop } from '@lamella/layers';
import { exponentialBackoff, retryLayer } from '@lamella/layers';
import { ConnectError } from '@lamella/net-core';
import type { Clock, Layer } from '@lamella/service-core';
import { isLamellaError, LimitError, systemClock, UsageError } from '@lamella/service-core';
import { HttpConnectionError } from '../../errors.ts';
import { isToken } from '../../message/field-syntax.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { IDEMPOTENT_METHODS } from '../../message/method.ts';
import { parseRetryAfter } from '../../message/retry-after.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireFunction, requireInteger } from '../shared/option-checks.ts';

/** How an attempt of {@link httpRetryLayer} ended. */
export type HttpAttempt = AttemptResult<HttpRequest, HttpResponse>;

/** Options of {@link httpRetryLayer}. */
export interface HttpRetryLayerOptions {
  /** Most attempts for a request, the first included, an integer of at least 1. Default 3. */
  readonly maxAttempts?: number;
  /**
   * Methods of requests that may have been acted on and are sent again even so. Default: the idempotent ones, GET, HEAD, OPTIONS,
   * TRACE, PUT and DELETE.
   */
  readonly methods?: readonly string[];
  /** Statuses that are worth another attempt, each from 400 to 599. Default 408, 425, 429, 502, 503 and 504. */
  readonly statuses?: readonly number[];
  /** Longest Retry-After to wait for, in milliseconds, at least 0; a longer one ends the attempts. Default 60_000. */
  readonly maxRetryAfterMs?: number;
  /** Asked where a response has Retry-After: whether that holds for the next attempt, which may go to another server. Default: it does. */
  readonly heedsRetryAfter?: (attempt: HttpAttempt) => boolean;
  /** How long to wait; a Retry-After only makes it longer. Default: `exponentialBackoff()`. */
  readonly backoff?: Backoff;
  /** How many retries are allowed over all requests. Default: a `retryBudget()` of this layer. */
  readonly budget?: RetryBudget;
  /** Asked about each attempt that would be repeated; all but `true`, also a promise, ends it. Default: all are repeated. */
  readonly shouldRetry?: (attempt: HttpAttempt) => boolean;
  /** Hears of each attempt that is repeated, before the wait. Default: nothing. */
  readonly onRetry?: (told: { readonly result: HttpAttempt; readonly delayMs: number }) => void;
  /** Hears of each attempt that would have been repeated, and why it was not. Default: nothing. */
  readonly onStop?: (told: { readonly result: HttpAttempt; readonly stop: RetryStop }) => void;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Sends a request again after a failure that is likely to pass: a connection that broke, or one of `statuses`.
 *
 * @remarks
 * Source: RFC 9110 section 9.2.2. A request that may have been acted on is sent again only by one of `methods`; one that certainly was
 * not (nobody could be connected to, or it was never sent) by any method. The body must be readable again: text, bytes, or a stream
 * inside of `replayBodyLayer`; else the first outcome is the last.
 *
 * A Retry-After in seconds or as a date is waited for, up to `maxRetryAfterMs`. With a longer one, and where attempts or budget are used up,
 * the caller gets the response as it is. The content of a response that gives way is given up. Every attempt runs on a store of its
 * own, so nothing that one writes is seen by the next.
 *
 * @throws UsageError if an option is out of its range. The service rejects with the error of the last attempt.
 *
 * @example
 * const client = stack(
 *   httpRetryLayer({ maxAttempts: 4 }),
 *   serviceFn((request: HttpRequest) =>
 *     request.extensions.get(AttemptNumber) === 1 ? HttpResponse.from({ status: 503 }) : HttpResponse.text('here'),
 *   ),
 * );
 * (await client.serve(HttpRequest.from({ target: 'http://a.test/' }))).status; // 200
 */
export function httpRetryLayer(options: HttpRetryLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { methods = [...IDEMPOTENT_METHODS], statuses = DEFAULT_STATUSES, maxRetryAfterMs = 60_000 } = options;
  const { backoff = exponentialBackoff(), shouldRetry = () => true, clock = systemClock } = options;
  const { heedsRetryAfter = () => true } = options;
  if (!methods.every(isToken)) throw new UsageError(`methods must be method names, got ${methods.join(', ')}`);
  for (const status of statuses) requireInteger('statuses', status, 400, 599);
  if (!(maxRetryAfterMs >= 0)) throw new UsageError(`maxRetryAfterMs must be >= 0, got ${maxRetryAfterMs}`);
  requireFunction('shouldRetry', shouldRetry);
  requireFunction('heedsRetryAfter', heedsRetryAfter);
  const rules: Rules = {
    methods: new Set(methods),
    statuses: new Set(statuses),
    maxRetryAfterMs,
    heedsRetryAfter,
    backoff,
    clock,
  };

  const { maxAttempts, budget, onRetry, onStop } = options;
  const layer = retryLayer<HttpRequest, HttpResponse>({
    policy: {
      decide: (result) => {
        const decision = result.input.body.canClone ? decide(result, rules) : undefined;
        return decision === undefined || shouldRetry(result) !== true ? undefined : decision;
      },
    },
    backoff,
    clock,
    maxDelayMs: Number.POSITIVE_INFINITY, // a Retry-After has its own bound, a backoff sets its own
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(budget === undefined ? {} : { budget }),
    ...(onRetry === undefined ? {} : { onRetry }),
    ...(onStop === undefined ? {} : { onStop }),
  });
  return (inner) =>
    layer<HttpRequest, HttpResponse>({
      serve(request) {
        const { body } = request;
        if (body.isEmpty) return callInner(inner, request);
        // What is sent is a copy, so that there is another one for the next attempt.
        return callInner(inner, request.fork({ body: body.tryClone() ?? body }));
      },
    });
}

interface Rules {
  readonly methods: ReadonlySet<string>;
  readonly statuses: ReadonlySet<number>;
  readonly maxRetryAfterMs: number;
  readonly heedsRetryAfter: (attempt: HttpAttempt) => boolean;
  readonly backoff: Backoff;
  readonly clock: Clock;
}

function decide(result: HttpAttempt, rules: Rules): RetryDecision | undefined {
  const mayRepeat = rules.methods.has(result.input.method);
  if (result.outcome === 'error')
    return isWorthAnother(result.error, mayRepeat) ? waitOf(result, undefined, rules) : undefined;
  const { status, headers } = result.output;
  if (!mayRepeat || !rules.statuses.has(status)) return undefined;
  const retryAfter = headers.get('retry-after');
  const heeded = retryAfter !== undefined && rules.heedsRetryAfter(result) ? retryAfter : undefined;
  const retryAfterMs = heeded === undefined ? undefined : parseRetryAfter(heeded, rules.clock.epochMs());
  return retryAfterMs !== undefined && retryAfterMs > rules.maxRetryAfterMs
    ? undefined
    : waitOf(result, retryAfterMs, rules);
}

/** A peer that says "at once" every time gets no more than one that says nothing. */
function waitOf({ attempt }: HttpAttempt, retryAfterMs: number | undefined, { backoff }: Rules): RetryDecision {
  const delayMs = backoff.delayMs(attempt);
  return { delayMs: retryAfterMs === undefined ? delayMs : Math.max(delayMs, retryAfterMs) };
}

function isWorthAnother(error: unknown, mayRepeat: boolean): boolean {
  if (!isLamellaError(error)) return false;
  if (error instanceof HttpConnectionError) return mayRepeat || error.processed === 'no';
  if (error.facts.retryable !== true) return false;
  // Neither has sent anything; anything else may have come too late.
  return mayRepeat || error instanceof ConnectError || error instanceof LimitError;
}

const DEFAULT_STATUSES: readonly number[] = [408, 425, 429, 502, 503, 504];
