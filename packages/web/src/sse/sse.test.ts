import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { createLifecycle, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerSentEvent } from '../codec/event-stream-encoder.ts';
import { sseEvents } from './sse-events.ts';
import type { SseResponseOptions } from './sse-response.ts';
import { lastEventId, sseResponse } from './sse-response.ts';

checkLedger({ beforeEach, afterEach });

const request = (headers: Record<string, string> = {}, signal?: AbortSignal): HttpRequest =>
  HttpRequest.from({ target: 'http://events.test/', headers, ...(signal === undefined ? {} : { signal }) });
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

describe('sseResponse', () => {
  const open = (
    events: AsyncIterable<ServerSentEvent> | Iterable<ServerSentEvent>,
    options: SseResponseOptions = {},
  ) => {
    const clock = new FakeClock();
    const response = sseResponse(events, { clock, ...options });
    return { clock, response, body: response.body };
  };

  it('streams events, with what clients and caches need to know', async () => {
    const { response, body } = open([{ data: 'a' }, { event: 'add', id: '2', data: 'b\nc' }], {
      retryMs: 250,
      headers: { 'X-Accel-Buffering': 'no' },
    });
    expect(Object.fromEntries(response.headers)).toEqual({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    expect(await body.text()).toBe('retry: 250\n\ndata: a\n\nevent: add\nid: 2\ndata: b\ndata: c\n\n');
  });

  it('asks for the next event only when there is room for it', async () => {
    let made = 0;
    const { body } = open(
      (function* () {
        for (; made < 100; made++) yield { data: String(made) };
      })(),
    );
    await body.read();
    await settle();
    expect(made).toBe(0);
    body.cancel();
  });

  it('says something after a silence, and loses no event by it', async () => {
    const gate = Promise.withResolvers<void>();
    const { body, clock } = open(
      (async function* () {
        await gate.promise;
        yield { data: 'late' };
      })(),
      { heartbeatMs: 1_000 },
    );
    for (let round = 0; round < 3; round++) {
      const read = body.read();
      await clock.advanceAsync(999);
      let isThere = false;
      void read.then(() => {
        isThere = true;
      });
      await settle();
      expect(isThere).toBe(false);
      clock.advance(1);
      expect(text(await read)).toBe(':\n\n');
    }
    gate.resolve();
    expect(text(await body.read())).toBe('data: late\n\n');
    expect(await body.read()).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('listens once to an event that is long in coming, however many heartbeats pass', async () => {
    const gate = Promise.withResolvers<IteratorResult<ServerSentEvent>>();
    const listen = vi.spyOn(gate.promise, 'then');
    const source = { [Symbol.asyncIterator]: () => ({ next: () => gate.promise }) };
    const { body, clock } = open(source, { heartbeatMs: 1_000 });
    for (let count = 0; count < 1_000; count++) {
      const read = body.read();
      await clock.advanceAsync(1_000);
      expect(text(await read)).toBe(':\n\n');
    }
    expect(listen).toHaveBeenCalledTimes(1);
    const read = body.read();
    gate.resolve({ value: { data: 'late' }, done: false });
    expect(text(await read)).toBe('data: late\n\n');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([true, false])('keeps what comes while nobody reads, an event or a failure', async (isEvent) => {
    const gate = Promise.withResolvers<void>();
    const { body, clock } = open(
      (async function* () {
        await gate.promise;
        yield { data: 'late' };
        yield { data: 'next' };
      })(),
      { heartbeatMs: 1_000 },
    );
    const silence = body.read();
    await clock.advanceAsync(1_000);
    expect(text(await silence)).toBe(':\n\n');
    if (isEvent) gate.resolve();
    else gate.reject(new Error('broken off'));
    await settle();
    if (!isEvent) return expect(body.read()).rejects.toThrow('broken off');
    expect(text(await body.read())).toBe('data: late\n\n');
    expect(text(await body.read())).toBe('data: next\n\n');
    expect(await body.read()).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([0, 1])('tells its source when the client leaves after %i events', async (reads) => {
    let isOver = false;
    const { body, clock } = open(
      (async function* () {
        try {
          for (;;) yield { data: 'x' };
        } finally {
          isOver = true;
        }
      })(),
    );
    for (let count = 0; count < reads; count++) await body.read();
    body.cancel();
    await settle();
    expect(isOver).toBe(reads > 0); // a generator that has not begun has nothing to end
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer where the client leaves in the middle of a silence', async () => {
    const { body, clock } = open({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
    const read = body.read();
    await settle();
    expect(clock.pendingTimers).toBe(1);
    const reason = new Error('gone');
    body.cancel(reason);
    await expect(read).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it('breaks off at an event that can not be sent, and at a source that fails', async () => {
    const { body } = open([{ data: 'a' }, { event: 'evil\ndata: x', data: 'b' }]);
    expect(text(await body.read())).toBe('data: a\n\n');
    await expect(body.read()).rejects.toThrow(UsageError);
    const failing = open(
      (async function* () {
        yield { data: 'a' };
        throw new Error('source');
      })(),
    );
    await failing.body.read();
    await expect(failing.body.read()).rejects.toThrow('source');
  });

  it('ends in peace when the server drains', async () => {
    const lifecycle = createLifecycle();
    const gate = new Promise<never>(() => {});
    const service: Service<HttpRequest, HttpResponse> = {
      serve: async () =>
        sseResponse(
          (async function* () {
            yield { data: 'first' };
            await gate;
          })(),
        ),
    };
    const errors: unknown[] = [];
    const client = httpClientOn(service, { lifecycle, onError: (error) => errors.push(error) });
    const { body } = await client.serve(request());
    expect(text(await body.read())).toBe('data: first\n\n');
    const drained = lifecycle.drain({ graceMs: 5_000 });
    expect(await body.read()).toBeUndefined();
    const { protocols } = await drained;
    expect(protocols['http/1.1']).toMatchObject({ cut: 0 });
    await settle();
    expect(errors).toEqual([]);
    await client.close();
  });

  it.each([{ heartbeatMs: 0 }, { retryMs: -1 }, { retryMs: 1.5 }])('refuses %j', (options) => {
    expect(() => sseResponse([], options)).toThrow(UsageError);
  });
});

describe('lastEventId', () => {
  it.each([
    [{}, undefined],
    [{ 'Last-Event-ID': '' }, undefined],
    [{ 'Last-Event-ID': '42' }, '42'],
    [{ 'Last-Event-ID': Buffer.from('ü€').toString('latin1') }, 'ü€'],
    [{ 'Last-Event-ID': 'x'.repeat(1_024) }, 'x'.repeat(1_024)],
    [{ 'Last-Event-ID': 'x'.repeat(1_025) }, undefined],
  ])('%j', (headers, expected) => {
    expect(lastEventId(request(headers as Record<string, string>))).toBe(expected);
  });
});

describe('sseEvents', () => {
  type Answer = () => HttpResponse | Promise<HttpResponse>;
  const stream = (...parts: string[]): HttpResponse =>
    HttpResponse.from({ headers: { 'Content-Type': 'text/event-stream; charset=utf-8' }, body: parts });
  const breaking = (part: string): HttpResponse =>
    HttpResponse.from({
      headers: { 'Content-Type': 'text/event-stream' },
      body: (async function* () {
        yield part;
        throw new Error('broken off');
      })(),
    });

  const setup = (answers: readonly Answer[], options: Parameters<typeof sseEvents>[2] = {}, signal?: AbortSignal) => {
    const clock = new FakeClock();
    const asked: HttpRequest[] = [];
    const waits: number[] = [];
    const service: Service<HttpRequest, HttpResponse> = {
      async serve(sent) {
        asked.push(sent);
        const answer = answers[asked.length - 1];
        return answer === undefined ? HttpResponse.from({ status: 204 }) : answer();
      },
    };
    const events = sseEvents(service, request({}, signal), {
      clock,
      backoff: { delayMs: (attempt) => 1_000 * attempt },
      onReconnect: ({ delayMs }) => waits.push(delayMs),
      ...options,
    });
    const all = (async () => {
      const found: string[] = [];
      for await (const { event, data, id } of events) found.push(`${event} ${data} ${id}`);
      return found;
    })();
    all.catch(() => {});
    const lastIds = () => asked.map(({ headers }) => headers.get('last-event-id'));
    return { clock, asked, waits, all, lastIds };
  };

  it('goes on behind the last id, until the server says that it is over', async () => {
    const { clock, all, asked, waits, lastIds } = setup([
      () => stream('id: 1\ndata: a\n\n', 'retry: 200\n\n'),
      () => stream('event: add\nid: ü\ndata: b\n\n'),
      () => stream('data: cut off\n'),
    ]);
    for (let step = 0; step < 3; step++) await clock.advanceAsync(200);
    expect(await all).toEqual(['message a 1', 'add b ü']);
    expect(lastIds()).toEqual([
      undefined,
      '1',
      Buffer.from('ü').toString('latin1'),
      Buffer.from('ü').toString('latin1'),
    ]);
    expect(waits).toEqual([200, 200, 200]);
    expect(asked[0]?.headers.get('accept')).toBe('text/event-stream');
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits longer after each failure in a row, and begins anew after an event', async () => {
    const down: Answer = () => {
      throw new Error('down');
    };
    const { clock, all, waits } = setup([
      down,
      () => HttpResponse.from({ status: 503 }),
      () => HttpResponse.from({ status: 429 }),
      () => breaking('data: a\n\n'),
      down,
    ]);
    for (let step = 0; step < 20; step++) await clock.advanceAsync(500);
    expect(await all).toEqual(['message a ']);
    expect(waits).toEqual([1_000, 2_000, 3_000, 1_000, 2_000]);
  });

  it('bounds what a server may ask for', async () => {
    const { clock, all, waits } = setup([() => stream('retry: 999999999999\n\n')], { maxRetryMs: 5_000 });
    await clock.advanceAsync(5_000);
    await all;
    expect(waits).toEqual([5_000]);
  });

  it.each<[string, Answer, string]>([
    ['404', () => HttpResponse.from({ status: 404 }), 'LML_ERR_WEB_SSE_STATUS'],
    ['301', () => HttpResponse.from({ status: 301 }), 'LML_ERR_WEB_SSE_STATUS'],
    ['HTML', () => HttpResponse.text('<p>', { headers: { 'Content-Type': 'text/html' } }), 'LML_ERR_WEB_SSE_TYPE'],
    ['no type', () => HttpResponse.from({ body: 'data: x\n\n' }), 'LML_ERR_WEB_SSE_TYPE'],
    ['an endless line', () => stream('data: ', 'x'.repeat(200)), 'LML_ERR_LIMIT'],
  ])('gives up at once at %s', async (_name, answer, code) => {
    const { all, asked } = setup([answer], { maxEventChars: 100 });
    await expect(all).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  it('gives up after maxFailures in a row, with what failed last', async () => {
    const { clock, all } = setup([() => HttpResponse.from({ status: 500 }), () => HttpResponse.from({ status: 502 })], {
      maxFailures: 2,
    });
    await clock.advanceAsync(1_000);
    await expect(all).rejects.toMatchObject({
      code: 'LML_ERR_WEB_SSE_ATTEMPTS',
      cause: { message: expect.stringContaining('502') },
    });
  });

  it('takes a connection for dead that says nothing, not even a comment', async () => {
    const silent = HttpResponse.from({
      headers: { 'Content-Type': 'text/event-stream' },
      body: {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => {}),
          return: async () => ({ done: true as const, value: undefined }),
        }),
      },
    });
    const { clock, all, asked, waits } = setup([() => silent], { idleTimeoutMs: 10_000 });
    await clock.advanceAsync(9_999);
    expect(asked).toHaveLength(1);
    await clock.advanceAsync(1);
    await clock.advanceAsync(1_000);
    await all;
    expect(waits).toEqual([1_000]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not connect again if it is not to', async () => {
    const { all, asked } = setup([() => stream('data: a\n\n')], { reconnect: false });
    expect(await all).toEqual(['message a ']);
    expect(asked).toHaveLength(1);
  });

  it('ends with the reason of its signal, in the middle of a wait too', async () => {
    const controller = new AbortController();
    const { clock, all } = setup([() => stream('data: a\n\n')], {}, controller.signal);
    await settle();
    expect(clock.pendingTimers).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(all).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the connection up when the loop ends', async () => {
    let isOver = false;
    const client = httpClientOn({
      serve: async () =>
        sseResponse(
          (async function* () {
            try {
              for (let count = 0; ; count++) {
                yield { data: String(count) };
                await settle();
              }
            } finally {
              isOver = true;
            }
          })(),
        ),
    });
    for await (const { data } of sseEvents(client, request())) if (data === '3') break;
    await client.close();
    for (let turn = 0; turn < 20 && !isOver; turn++) await settle();
    expect(isOver).toBe(true);
  });

  it.each([
    { retryMs: -1 },
    { maxRetryMs: -1 },
    { maxFailures: 0 },
    { idleTimeoutMs: 0 },
    { maxEventChars: 0 },
    { lastEventId: 'a\nb' },
  ])('refuses %j', (options) => {
    expect(() => sseEvents({ serve: async () => HttpResponse.from() }, request(), options)).toThrow(UsageError);
  });
});
