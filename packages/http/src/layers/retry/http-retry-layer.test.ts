import { AttemptNumber, exponentialBackoff, retryBudget } from '@lamella/layers';
import { ConnectError } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey, LimitError, TimeoutError } from '@lamella/service-core';
import { FakeClock, layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpConnectionError } from '../../errors.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { replayBodyLayer } from '../replay-body/replay-body-layer.ts';
import type { HttpAttempt, HttpRetryLayerOptions } from './http-retry-layer.ts';
import { httpRetryLayer } from './http-retry-layer.ts';

const Note: ExtensionKey<string, 'request'> = extensionKey('test/retry-note', { scope: 'request' });

describe('httpRetryLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(httpRetryLayer({ clock: new FakeClock() }))));

  it.each([408, 425, 429, 502, 503, 504])('sends again after a %i', async (status) => {
    const { get, seen } = setUp([status]);
    expect((await get()).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  it.each([200, 400, 404, 409, 500, 501])('does not after a %i', async (status) => {
    const { get, seen } = setUp([status]);
    expect((await get()).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  it('gives the last response as it is when the attempts are used up', async () => {
    const { get, seen, bodies } = setUp([503, 503, 503, 503]);
    const response = await get();
    expect([response.status, await response.body.text(), seen.length]).toEqual([503, 'attempt 3', 3]);
    for (const body of bodies.slice(0, 2)) await expect(body.read()).rejects.toThrow('cancelled');
  });

  it.each([
    ['GET', 2],
    ['HEAD', 2],
    ['OPTIONS', 2],
    ['TRACE', 2],
    ['PUT', 2],
    ['DELETE', 2],
    ['POST', 1],
    ['PATCH', 1],
    ['get', 1], // methods are case-sensitive: this is another one
    ['PURGE', 1],
  ])('%s is sent %i times', async (method, times) => {
    for (const failure of [503, connectionError('unknown')]) {
      const { get, seen } = setUp([failure]);
      await get({ method }).catch(() => {});
      expect(seen).toHaveLength(times);
    }
  });

  it('sends other methods again if told so', async () => {
    const { get, seen } = setUp([503, connectionError('unknown')], { methods: ['POST'] });
    expect((await get({ method: 'POST', body: 'x' })).status).toBe(200);
    expect(seen).toHaveLength(3);
    const none = setUp([503], { methods: ['POST'] });
    expect((await none.get({ method: 'GET' })).status).toBe(503);
  });

  it('sends any method again that was certainly not sent', async () => {
    const unsent = [
      connectionError('no'),
      new ConnectError('LML_ERR_CONNECT_REFUSED', 'refused', { phase: 'connect' }),
      new LimitError({ limit: 'maxQueued', maximum: 1, observed: 2, facts: { retryable: true } }),
    ];
    for (const error of unsent) {
      const { get, seen } = setUp([error]);
      expect((await get({ method: 'POST', body: 'x' })).status).toBe(200);
      expect(seen).toHaveLength(2);
    }
  });

  it.each<[string, unknown]>([
    ['an error of somebody else', new Error('bug')],
    ['a timeout that says nothing', new TimeoutError({ limit: 'timeoutMs', timeoutMs: 1 })],
    ['a limit that stays', new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 })],
    ['no error at all', undefined],
  ])('does not after %s', async (_name, error) => {
    const { get, seen } = setUp([{ error }]);
    await expect(get()).rejects.toBe(error);
    expect(seen).toHaveLength(1);
  });

  it('waits by the backoff', async () => {
    const { ask, clock, seen } = setUp([503, 503]);
    const response = ask();
    await clock.advanceAsync(99);
    expect(seen).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(seen).toHaveLength(2);
    await clock.advanceAsync(200);
    expect([(await response).status, seen.length, clock.pendingTimers]).toEqual([200, 3, 0]);
  });

  describe('Retry-After', () => {
    it('holds for nothing where the next attempt goes somewhere else', async () => {
      const asked: number[] = [];
      const heedsRetryAfter = ({ attempt }: HttpAttempt): boolean => asked.push(attempt) > 1;
      const answers: [number, Record<string, string>][] = [
        [503, { 'Retry-After': '60' }],
        [503, {}],
        [503, { 'Retry-After': '60' }],
      ];
      const { ask, clock, seen } = setUp(answers, { maxAttempts: 4, heedsRetryAfter });
      const answer = ask();
      await clock.advanceAsync(59_000);
      expect([seen.length, asked]).toEqual([3, [1, 3]]);
      await clock.advanceAsync(2_000);
      expect((await answer).status).toBe(200);
    });

    it.each([
      ['in seconds', () => '2'],
      ['as a date', (clock: FakeClock) => new Date(clock.epochMs() + 2_000).toUTCString()],
    ])('%s is waited for', async (_name, value) => {
      const clock = new FakeClock();
      const { ask, seen } = setUp([[503, { 'Retry-After': value(clock) }]], { clock });
      const response = ask();
      await clock.advanceAsync(1_000);
      expect(seen).toHaveLength(1);
      await clock.advanceAsync(1_000);
      expect((await response).status).toBe(200);
    });

    it.each(['0', 'nonsense', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
      'of %o is no shorter than the backoff',
      async (value) => {
        const { ask, clock, seen } = setUp([[503, { 'Retry-After': value }]]);
        const response = ask();
        await clock.advanceAsync(99);
        expect(seen).toHaveLength(1);
        await clock.advanceAsync(1);
        expect((await response).status).toBe(200);
      },
    );

    it('beyond maxRetryAfterMs ends the attempts at once, and leaves the content to the caller', async () => {
      for (const value of ['61', '9999999999', '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT']) {
        const { get, clock, seen } = setUp([[503, { 'Retry-After': value }]]);
        const response = await get();
        expect([response.status, await response.body.text()]).toEqual([503, 'attempt 1']);
        expect([seen.length, clock.pendingTimers]).toEqual([1, 0]);
      }
      const exactly = setUp([[503, { 'Retry-After': '60' }]]);
      const response = exactly.ask();
      await exactly.clock.advanceAsync(60_000);
      expect((await response).status).toBe(200);
    });

    it('that never ends is asked no more than maxAttempts times', async () => {
      const { ask, clock, seen } = setUp(Array(100).fill([429, { 'Retry-After': '1' }]), { maxAttempts: 5 });
      const response = ask();
      await clock.advanceAsync(100_000);
      expect([(await response).status, seen.length]).toEqual([429, 5]);
    });
  });

  describe('bodies', () => {
    it('at hand are sent in full each time', async () => {
      const { get, contents } = setUp([503, 503]);
      await get({ method: 'PUT', body: 'content' });
      expect(contents).toEqual(['content', 'content', 'content']);
    });

    it('of streams are sent once, unless they are replayed', async () => {
      const once = setUp([503]);
      expect((await once.get({ method: 'PUT', body: ['str', 'eam'] })).status).toBe(503);
      expect(once.contents).toEqual(['stream']);
      const { service, clock, contents } = setUp([503]);
      const request = HttpRequest.from({ method: 'PUT', target: 'http://a.test/', body: ['str', 'eam'] });
      const response = replayBodyLayer()(service).serve(request);
      await clock.advanceAsync(1_000);
      expect([(await response).status, contents]).toEqual([200, ['stream', 'stream']]);
    });
  });

  it('hides from each attempt, and from the caller, what others wrote', async () => {
    const { get, seen } = setUp([503, 503]);
    let caller: HttpRequest | undefined;
    await get({}, (request) => {
      caller = request;
    });
    // The service of setUp writes a note where it finds none.
    expect(seen.map(({ extensions }) => extensions.get(Note))).toEqual(['of 1', 'of 2', 'of 3']);
    expect(seen.map(({ headers }) => headers.getAll('X-Attempt'))).toEqual([['1'], ['2'], ['3']]);
    expect([caller?.extensions.get(Note), caller?.headers.size]).toEqual([undefined, 0]);
  });

  it('keeps to the budget, and says why it stopped', async () => {
    const stops: string[] = [];
    const clock = new FakeClock();
    const budget = retryBudget({ ratio: 1, minRetriesPerSecond: 0, clock });
    const { get, seen } = setUp([503, 503, 503], { budget, clock, onStop: ({ stop }) => stops.push(stop) });
    expect((await get()).status).toBe(503);
    expect([seen.length, stops]).toEqual([2, ['budget']]);
  });

  it('asks shouldRetry, and tells onRetry', async () => {
    const told: number[] = [];
    const { get, seen } = setUp([503, 503], {
      shouldRetry: ({ attempt }) => attempt < 2,
      onRetry: ({ delayMs }) => told.push(delayMs),
    });
    expect((await get()).status).toBe(503);
    expect([seen.length, told]).toEqual([2, [100]]);
  });

  it.each([async () => true, () => 1, () => undefined])('takes %s of shouldRetry for no yes', async (shouldRetry) => {
    const { get, seen } = setUp([503, 503], { shouldRetry: shouldRetry as never });
    expect((await get()).status).toBe(503);
    expect(seen).toHaveLength(1);
  });

  it('stops waiting when the caller gives up', async () => {
    const { service, clock, seen } = setUp([503]);
    const controller = new AbortController();
    const response = service.serve(HttpRequest.from({ target: 'http://a.test/', signal: controller.signal }));
    await clock.advanceAsync(50);
    controller.abort('enough');
    await expect(response).rejects.toBe('enough');
    expect([seen.length, clock.pendingTimers]).toEqual([1, 0]);
  });

  it.each<[HttpRetryLayerOptions, string]>([
    [{ maxAttempts: 0 }, 'maxAttempts'],
    [{ methods: ['a b'] }, 'methods must be method names'],
    [{ statuses: [399] }, 'statuses'],
    [{ statuses: [600] }, 'statuses'],
    [{ maxRetryAfterMs: -1 }, 'maxRetryAfterMs'],
    [{ maxRetryAfterMs: Number.NaN }, 'maxRetryAfterMs'],
  ])('refuses %o', (options, message) => {
    expect(() => httpRetryLayer(options)).toThrow(message);
  });
});

/** A status, one with fields, an error of ours, or anything to reject with. After the last one, 200. */
type Outcome = number | [status: number, headers: Record<string, string>] | Error | { readonly error: unknown };

function setUp(outcomes: readonly Outcome[], options: HttpRetryLayerOptions = {}) {
  const { clock = new FakeClock() } = options;
  const seen: HttpRequest[] = [];
  const contents: string[] = [];
  const bodies: HttpBody[] = [];
  const service = httpRetryLayer({ backoff: exponentialBackoff({ jitterRatio: 0 }), ...options, clock })({
    async serve(request) {
      const outcome = outcomes[seen.length] ?? 200;
      seen.push(request);
      const number = request.extensions.get(AttemptNumber) ?? 0;
      if (request.extensions.get(Note) === undefined) request.extensions.insert(Note, `of ${number}`);
      request.headers.append('X-Attempt', String(number));
      contents.push(await request.body.text());
      if (outcome instanceof Error) throw outcome;
      if (typeof outcome === 'object' && 'error' in outcome) throw outcome.error;
      const [status, headers] = typeof outcome === 'number' ? [outcome, {}] : outcome;
      const body = HttpBody.from([`attempt ${number}`]);
      bodies.push(body);
      return HttpResponse.from({ status, headers, body });
    },
  });
  const isFake = clock instanceof FakeClock;
  if (!isFake) throw new Error('a test has a fake clock');
  const ask = async (init: Partial<HttpRequestInit> = {}, prepare: (request: HttpRequest) => void = () => {}) => {
    const request = HttpRequest.from({ target: 'http://a.test/', ...init });
    prepare(request);
    return service.serve(request);
  };
  /** Lets time pass until everything has been tried. */
  const get: typeof ask = async (init, prepare) => {
    const response = ask(init, prepare);
    response.catch(() => {}); // the caller of this hears of it
    await clock.advanceAsync(100_000);
    return response;
  };
  return { service, ask, get, clock, seen, contents, bodies };
}

function connectionError(processed: 'no' | 'unknown'): HttpConnectionError {
  return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'closed', { processed });
}
