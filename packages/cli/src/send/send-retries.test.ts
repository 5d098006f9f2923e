import { HttpBody, HttpConnectionError, HttpRequest, HttpResponse } from '@lamella/http';
import { ConnectError } from '@lamella/net-core';
import { TimeoutError } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { CliError, EXIT } from '../cli-error.ts';
import type { SendRetriesOptions } from './send-retries.ts';
import { SendRetries } from './send-retries.ts';

describe('SendRetries of requests', () => {
  it.each([408, 429, 500, 502, 503, 504])('repeat after %i, by any method', async (status) => {
    const { ask, clock, sent } = setup([status]);
    const response = ask({ method: 'POST', body: 'content' });
    await clock.advanceAsync(999);
    expect(sent).toEqual(['POST content']);
    await clock.advanceAsync(1);
    expect([(await response).status, sent]).toEqual([200, ['POST content', 'POST content']]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([200, 400, 404, 425, 501])('do not repeat after %i', async (status) => {
    const { ask, sent } = setup([status]);
    expect([(await ask()).status, sent.length]).toEqual([status, 1]);
  });

  it.each<[Partial<SendRetriesOptions>, number]>([
    [{ hasAllErrors: true }, 1],
    [{ isFailing: true }, 1],
    [{ hasAllErrors: true, isFailing: true }, 2],
  ])('repeat after 404 with %o: %i times', async (options, count) => {
    const { ask, clock, sent } = setup([404], options);
    const response = ask();
    await clock.advanceAsync(1_000);
    expect([(await response).status, sent.length]).toEqual([count === 1 ? 404 : 200, count]);
  });

  it.each<[what: string, error: Error, times: number, ofAll: number]>([
    ['a timeout', new ConnectError('LML_ERR_CONNECT_TIMEOUT', 'slow', { phase: 'connect' }), 2, 2],
    ['a refused connection', new ConnectError('LML_ERR_CONNECT_REFUSED', 'no', { phase: 'connect' }), 1, 2],
    ['a lost connection', lost(), 1, 2],
    ['wrong use', new CliError('no', EXIT.usage), 1, 1],
  ])('after %s', async (_what, error, times, ofAll) => {
    for (const hasAllErrors of [false, true]) {
      const { ask, clock, sent } = setup([error], { hasAllErrors });
      const response = ask().catch((reason: unknown) => reason);
      await clock.advanceAsync(1_000);
      const count = hasAllErrors ? ofAll : times;
      expect(sent).toHaveLength(count);
      expect((await response) === error).toBe(count === 1);
    }
  });

  it('wait twice as long each time, up to ten minutes', async () => {
    const { ask, clock, told } = setup(Array(13).fill(503), { count: 12 });
    const response = ask();
    await clock.advanceAsync(10_000_000);
    const waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600].map((seconds) => seconds * 1_000);
    expect([(await response).status, told.map(({ delayMs }) => delayMs)]).toEqual([503, waits]);
  });

  it('wait as long as they are told, or as the server says if that is longer', async () => {
    const { ask, clock, told } = setup([503, [503, '2'], [503, '0'], [503, '100000']], { count: 4, delayMs: 500 });
    const response = ask();
    await clock.advanceAsync(1_000_000_000);
    expect((await response).status).toBe(200);
    expect(told.map(({ delayMs }) => delayMs)).toEqual([500, 2_000, 500, 100_000_000]);
  });

  it('say what they do', async () => {
    const { ask, clock, told } = setup([
      503,
      new ConnectError('LML_ERR_CONNECT_TIMEOUT', 'slow', { phase: 'connect' }),
    ]);
    const response = ask();
    await clock.advanceAsync(10_000);
    await response;
    expect(told.map(({ text }) => text)).toEqual([
      'Trying again in 1 s, 1 more left: the server answered 503 Service Unavailable',
      'Trying again in 2 s, the last time: slow',
    ]);
  });

  it('are counted over all requests of the command', async () => {
    const { ask, clock, sent } = setup([503, 200, 503, 503]);
    for (const status of [200, 503]) {
      const response = ask();
      await clock.advanceAsync(10_000);
      expect((await response).status).toBe(status);
    }
    expect(sent).toHaveLength(4);
  });

  it('say once if the content stands in the way', async () => {
    const { ask, clock, sent, stuck } = setup([503, 503]);
    const once = (): HttpBody => HttpBody.from(['str', 'eam']);
    expect((await ask({ method: 'PUT', body: once() })).status).toBe(503);
    expect((await ask({ method: 'PUT', body: once() })).status).toBe(503);
    expect([sent.length, stuck, clock.pendingTimers]).toEqual([
      2,
      ['not tried again: the content can be sent only once'],
      0,
    ]);
  });

  it('say nothing of content without a reason to repeat it, or retries left', async () => {
    const { ask, clock, stuck } = setup([404, 503, 503, 503]);
    await ask({ method: 'PUT', body: HttpBody.from(['stream']) });
    const response = ask();
    await clock.advanceAsync(10_000);
    expect((await response).status).toBe(503); // that took both
    await ask({ method: 'PUT', body: HttpBody.from(['stream']) });
    expect(stuck).toEqual([]);
  });
});

describe('SendRetries of commands', () => {
  it.each<[what: string, error: unknown, first: number | undefined, ofAll: number | undefined]>([
    ['all that was too slow', new TimeoutError({ limit: '--max-time', timeoutMs: 1 }), 1_000, 1_000],
    ['a name', new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', 'no', { phase: 'resolve' }), 1_000, 1_000],
    ['half a response', lost(), undefined, 1_000],
    ['a status', new CliError('404', EXIT.httpError), undefined, 1_000],
    ['too many redirects', new CliError('many', EXIT.tooManyRedirects), undefined, 1_000],
    ['a proxy that is none', new CliError('no', EXIT.proxyNotFound), undefined, undefined],
    ['a file', new CliError('no', EXIT.readFailed), undefined, undefined],
    ['an output', new CliError('no', EXIT.writeFailed), undefined, undefined],
  ])('after %s', async (_what, error, first, ofAll) => {
    expect(await setup([]).retries.delayAfter(error, free)).toBe(first);
    expect(await setup([], { hasAllErrors: true }).retries.delayAfter(error, free)).toBe(ofAll);
  });

  it('end when they are used up', async () => {
    const { retries } = setup([]);
    const error = new TimeoutError({ limit: '--max-time', timeoutMs: 1 });
    for (const delayMs of [1_000, 2_000, undefined]) expect(await retries.delayAfter(error, free)).toBe(delayMs);
  });

  it('look for an obstacle if there is a reason to, and tell it once', async () => {
    const { retries, stuck, told } = setup([]);
    expect(await retries.delayAfter(lost(), fail)).toBeUndefined();
    const error = new TimeoutError({ limit: '--max-time', timeoutMs: 1 });
    for (let time = 0; time < 2; time++) {
      expect(await retries.delayAfter(error, async () => 'a wall')).toBeUndefined();
    }
    expect([stuck, told]).toEqual([['not tried again: a wall'], []]);
  });
});

/** A server that answers with these, some with Retry-After, and 200 at last. */
function setup(
  outcomes: readonly (number | Error | readonly [status: number, retryAfter: string])[],
  options: Partial<SendRetriesOptions> = {},
) {
  const clock = new FakeClock();
  const told: { readonly delayMs: number; readonly text: string }[] = [];
  const [stuck, sent]: [string[], string[]] = [[], []];
  const retries = new SendRetries({
    count: 2,
    delayMs: undefined,
    hasAllErrors: false,
    isFailing: false,
    onRetry: (each) => void told.push(each),
    onStuck: (text) => void stuck.push(text),
    clock,
    ...options,
  });
  const service = retries.layer(['POST', 'PUT', 'GET'])({
    async serve(request) {
      const outcome = outcomes[sent.length] ?? 200;
      sent.push(`${request.method} ${await request.body.text()}`);
      if (outcome instanceof Error) throw outcome;
      if (typeof outcome === 'number') return HttpResponse.from({ status: outcome });
      return HttpResponse.from({ status: outcome[0], headers: { 'Retry-After': outcome[1] } });
    },
  });
  const ask = (init: { readonly method?: string; readonly body?: HttpBody | string } = {}): Promise<HttpResponse> =>
    service.serve(HttpRequest.from({ target: 'http://h/', ...init }));
  return { retries, ask, clock, told, stuck, sent };
}

async function free(): Promise<undefined> {}

async function fail(): Promise<never> {
  throw new Error('nobody should have asked');
}

function lost(): HttpConnectionError {
  return new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'it ended', { processed: 'unknown' });
}
