import type { RateLimitDecision } from '@lamella/layers';
import { concurrencyLimitLayer, RateLimitError, rateLimitLayer } from '@lamella/layers';
import { LamellaError, LimitError, stack, TimeoutError } from '@lamella/service-core';
import { FakeClock, layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import type { LimitResponseLayerOptions } from './limit-response-layer.ts';
import { limitResponseLayer, RateLimitStatus } from './limit-response-layer.ts';

const RULE = { ratePerSecond: 1, burst: 10 };

describe('limitResponseLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(limitResponseLayer())));

  it('answers 429 behind a rate limit, saying when to come again', async () => {
    const clock = new FakeClock();
    const app = stack(
      limitResponseLayer({ policy: { name: 'api', quota: 2, windowMs: 60_000 } }),
      rateLimitLayer({
        limit: 2,
        windowMs: 60_000,
        clock,
        onDecision: ({ input, decision }: { readonly input: HttpRequest; readonly decision: RateLimitDecision }) =>
          input.extensions.insert(RateLimitStatus, decision),
      }),
      { serve: async () => HttpResponse.text('here') },
    );
    const ask = () => app.serve(HttpRequest.from({ target: '/' }));
    const [first, second, third] = [await ask(), await ask(), await ask()];
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    expect(first.headers.get('ratelimit-policy')).toBe('"api";q=2;w=60');
    expect(first.headers.get('ratelimit')).toBe('"api";r=1;t=30');
    expect([third.headers.get('retry-after'), await third.body.text()]).toEqual(['30', 'Too Many Requests\n']);
    expect(third.headers.get('ratelimit')).toMatch(/^"api";r=0;t=[0-9]+$/);
    clock.advance(30_000);
    expect((await ask()).status).toBe(200);
  });

  it('answers 503 behind a full queue, and after a wait that was too long', async () => {
    const clock = new FakeClock();
    const app = stack(
      limitResponseLayer({ busyRetryAfterMs: 1_500 }),
      concurrencyLimitLayer({ maxConcurrent: 1, maxQueued: 1, queueTimeoutMs: 10, clock }),
      { serve: () => new Promise<HttpResponse>(() => {}) },
    );
    const ask = () => app.serve(HttpRequest.from({ target: '/' }));
    void ask();
    const queued = ask();
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    clock.advance(10);
    expect((await queued).status).toBe(503);
  });

  it.each<[string, Error, number, string | undefined]>([
    ['a rate', rateError('rate', 1), 429, '1'],
    ['a part of a second', rateError('rate', 1_001), 429, '2'],
    ['a moment', rateError('rate', 0), 429, '1'],
    ['a full queue of a rate limit', rateError('queue', 5_000), 429, '5'],
    ['a missing key', rateError('missing-key', 5_000), 429, undefined],
    ['a store that fails', rateError('store', undefined), 503, undefined],
    ['never', rateError('rate', Number.POSITIVE_INFINITY), 429, undefined],
    [
      'load that was shed',
      new LimitError({ limit: 'x', maximum: 1, observed: 2, facts: { retryable: true } }),
      503,
      undefined,
    ],
    ['an error that says when', new BusyError(2_500), 503, '3'],
  ])('answers %s', async (_name, error, status, retryAfter) => {
    const response = await serve(error);
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(response.headers.has('ratelimit-policy')).toBe(false);
  });

  it.each<[string, unknown]>([
    ['a body that is too long', new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 })],
    ['a service that is too slow', new TimeoutError({ limit: 'timeoutMs', timeoutMs: 1 })],
    ['an error of somebody else', Object.assign(new Error('no'), { retryAfterMs: 1 })],
    ['no error', undefined],
  ])('lets %s pass', async (_name, error) => {
    await expect(serve(error)).rejects.toBe(error);
  });

  it('takes a response of your own', async () => {
    const makeResponse = (status: number, error: Error) => HttpResponse.json({ title: error.message }, { status });
    const response = await serve(new BusyError(1_000), { makeResponse });
    expect([await response.body.json(), response.headers.get('retry-after')]).toEqual([{ title: 'busy' }, '1']);
  });

  it.each<[LimitResponseLayerOptions, string]>([
    [{ busyRetryAfterMs: 0 }, 'busyRetryAfterMs'],
    [{ busyRetryAfterMs: Number.POSITIVE_INFINITY }, 'busyRetryAfterMs'],
    [{ policy: { quota: 0, windowMs: 1 } }, 'policy.quota'],
    [{ policy: { quota: 1, windowMs: 0 } }, 'policy.windowMs'],
    [{ policy: { name: 'a"b', quota: 1, windowMs: 1 } }, 'policy.name'],
    [{ policy: { name: 'a\r\nb', quota: 1, windowMs: 1 } }, 'policy.name'],
  ])('refuses %o', (options, message) => {
    expect(() => limitResponseLayer(options)).toThrow(message);
  });
});

class BusyError extends LamellaError {
  readonly code = 'LML_ERR_TEST_BUSY';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('busy');
    this.retryAfterMs = retryAfterMs;
  }
}

function rateError(
  reason: 'rate' | 'queue' | 'missing-key' | 'store',
  retryAfterMs: number | undefined,
): RateLimitError {
  const decision = retryAfterMs === undefined ? undefined : { allowed: false, remaining: 0, retryAfterMs, resetMs: 1 };
  return new RateLimitError({ reason, rule: RULE, cost: 1, decision });
}

function serve(error: unknown, options: LimitResponseLayerOptions = {}): Promise<HttpResponse> {
  const service = limitResponseLayer(options)({ serve: () => Promise.reject(error) });
  return service.serve(HttpRequest.from({ target: '/' }));
}
