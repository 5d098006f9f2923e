import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import * as undici8 from 'undici';
import * as undici7 from 'undici7';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { DispatchController, DispatchHandler, DispatchOptions, LegacyDispatchHandler } from './dispatch-types.ts';
import { undiciDispatcher } from './undici-dispatcher.ts';

checkLedger({ beforeEach, afterEach });

describe.each([
  ['undici 8', undici8],
  ['undici 7', undici7 as unknown as typeof undici8], // the functions used here are the same
])('undiciDispatcher with %s', (_, undici) => {
  it('is one of its dispatchers', () => {
    const dispatcher = undiciDispatcher(echo, undici.Dispatcher);
    expect(dispatcher).toBeInstanceOf(undici.Dispatcher);
    expect(typeof dispatcher.compose).toBe('function');
  });

  it('serves request, with everything that can be sent', async () => {
    const dispatcher = undiciDispatcher(echo, undici.Dispatcher);
    const ask = async (options: object) => {
      const { body, statusCode, headers } = await undici.request('http://a.test/p', { dispatcher, ...options });
      return { statusCode, type: headers['content-type'], ...((await body.json()) as object) };
    };
    expect(await ask({ query: { a: [1, 2], b: 'c d' }, headers: { 'X-A': ['1', '2'] } })).toMatchObject({
      statusCode: 200,
      type: 'application/json',
      method: 'GET',
      target: 'http://a.test/p?a=1&a=2&b=c%20d',
      headers: expect.arrayContaining([
        ['X-A', '1'],
        ['X-A', '2'],
      ]),
    });
    async function* pieces() {
      yield Buffer.from('a');
      yield Buffer.from('b');
    }
    for (const [body, size] of [
      ['ab', 2],
      [Buffer.from('ab'), 2],
      [new Uint8Array(Buffer.from('ab')), 2],
      [Readable.from([Buffer.from('a'), Buffer.from('b')]), undefined],
      [pieces(), undefined],
      [new Blob(['ab']), 2],
    ] as const) {
      expect(await ask({ method: 'POST', body })).toMatchObject({
        body: 'ab',
        ...(size === undefined ? {} : { size }),
      });
    }
    const form = new undici.FormData();
    form.set('a', '1');
    expect(await ask({ method: 'POST', body: form })).toMatchObject({
      body: expect.stringContaining('name="a"\r\n\r\n1'),
    });
  });

  it('serves its fetch, streams and redirects included', async () => {
    const service = serviceFn((request: HttpRequest) =>
      request.path === '/from'
        ? HttpResponse.from({ status: 302, headers: { Location: '/to' } })
        : HttpResponse.from({ headers: { 'Set-Cookie': ['a=1', 'b=2'] }, body: chunks(50) }),
    );
    const response = await undici.fetch('http://a.test/from', {
      dispatcher: undiciDispatcher(service, undici.Dispatcher),
    });
    expect([response.status, response.url, response.headers.getSetCookie()]).toEqual([
      200,
      'http://a.test/to',
      ['a=1', 'b=2'],
    ]);
    expect((await response.text()).length).toBe(50 * 1_024);
  });

  it('serves interceptors, stream and pipeline of a composed dispatcher', async () => {
    const dispatcher = undiciDispatcher(echo, undici.Dispatcher).compose(undici.interceptors.retry());
    const { body } = await dispatcher.request({ origin: 'http://a.test', path: '/x', method: 'GET' });
    expect(await body.json()).toMatchObject({ target: 'http://a.test/x' });
  });

  it('passes an abort on, as reason and signal', async () => {
    const controller = new AbortController();
    const calls: HttpRequest[] = [];
    const service = serviceFn((request: HttpRequest) => {
      calls.push(request);
      return new Promise<HttpResponse>(() => {});
    });
    const dispatcher = undiciDispatcher(service, undici.Dispatcher);
    const answer = undici.request('http://a.test/', { dispatcher, signal: controller.signal });
    const failed = expect(answer).rejects.toThrow('enough');
    await settle();
    controller.abort(new Error('enough'));
    await failed;
    expect(calls[0]?.signal.aborted).toBe(true);
    await dispatcher.close();
  });

  it('upgrades, and gives the bytes that came first', async () => {
    const client = httpClientOn(
      serviceFn(({ headers }: HttpRequest) =>
        HttpResponse.upgrade(
          { headers: { Upgrade: headers.get('upgrade') ?? '' } },
          serviceFn(async ({ stream }) => {
            await stream.write([Buffer.from('hello')]);
            await stream.closeWrite();
          }),
        ),
      ),
    );
    const dispatcher = undiciDispatcher(client, undici.Dispatcher);
    const { socket, headers } = await dispatcher.upgrade({ path: 'http://a.test/', protocol: 'shout' });
    expect([headers['upgrade'], await textOf(socket)]).toEqual(['shout', 'hello']);
    socket.destroy();
    await client.close();
  });

  it('gives what the service fails with', async () => {
    const failing = serviceFn(async (): Promise<HttpResponse> => {
      throw new TypeError('it is broken');
    });
    const dispatcher = undiciDispatcher(failing, undici.Dispatcher);
    await expect(undici.request('http://a.test/', { dispatcher })).rejects.toThrow('it is broken');
    await expect(undici.fetch('http://a.test/', { dispatcher })).rejects.toMatchObject({
      cause: { message: 'it is broken' },
    });
  });
});

describe('undiciDispatcher and its handlers', () => {
  it('pulls no more than a handler has room for', async () => {
    for (const manner of ['modern', 'legacy'] as const) {
      let pulled = 0;
      const body = HttpBody.fromSource({
        read: async () => (++pulled > 100 ? undefined : Buffer.from('x')),
        cancel() {},
      });
      const { heard, resume, run } = recorder(manner, { pausesAfter: 1 });
      run(serviceFn(() => HttpResponse.from({ body })));
      await settle();
      expect([heard.filter((each) => each === 'data').length, pulled]).toEqual([1, 1]);
      resume();
      await settle();
      expect(pulled).toBe(2);
      for (let time = 0; time < 100; time++) {
        resume();
        await settle(5);
      }
      expect(heard.at(-1)).toBe('end {}');
    }
  });

  it('tells of interim responses, trailers and raw fields in their case', async () => {
    const trailers = () => HttpHeaders.from({ 'X-Sum': '7' });
    const service = serviceFn((request: HttpRequest) => {
      request.onInformational?.({ status: 103, reason: 'Early Hints', headers: HttpHeaders.from({ Link: '</a>' }) });
      return HttpResponse.from({ headers: { 'X-Case': 'a' }, body: HttpBody.from(['b'], { trailers }) });
    });
    const modern = recorder('modern');
    modern.run(service);
    await settle();
    expect(modern.heard).toEqual([
      'start',
      'head 103 {"link":"</a>"} Early Hints [Link,</a>]',
      'started',
      'head 200 {"x-case":"a"} OK [X-Case,a]',
      'data',
      'end {"x-sum":"7"}',
    ]);
    const legacy = recorder('legacy');
    legacy.run(service);
    await settle();
    expect(legacy.heard).toEqual([
      'start',
      'head 103 [Link,</a>] Early Hints',
      'started',
      'head 200 [X-Case,a] OK',
      'data',
      'end [X-Sum,7]',
    ]);
  });

  it('ends at an abort wherever it comes: before, in the head, in the body, while it is paused', async () => {
    for (const manner of ['modern', 'legacy'] as const) {
      for (const abortsAt of ['start', 'head 200', 'data']) {
        const cancelled: unknown[] = [];
        const body = HttpBody.fromSource({
          read: async () => Buffer.from('x'),
          cancel: (reason) => void cancelled.push(reason),
        });
        const { heard, run } = recorder(manner, { abortsAt });
        run(serviceFn(() => HttpResponse.from({ body })));
        await settle();
        expect(heard.at(-1)).toBe('error enough');
        expect(cancelled).toEqual(abortsAt === 'start' ? [] : [ENOUGH]);
      }
      const { heard, run, abort } = recorder(manner, { pausesAfter: 1 });
      run(serviceFn(() => HttpResponse.from({ body: chunks(3) })));
      await settle();
      abort();
      await settle();
      expect(heard.at(-1)).toBe('error enough');
    }
  });

  it('tells the handler of its own failure, and lets none of its failures out', async () => {
    const { heard, run } = recorder('modern', { throwsAt: 'head 200' });
    run(echo);
    await settle();
    expect(heard.at(-1)).toBe('error thrown by the handler');
    recorder('modern', { throwsAt: 'error' }).run(serviceFn(() => Promise.reject(new Error('first'))));
    await settle();
  });

  it.each<[string, Partial<DispatchOptions>]>([
    ['a field', { headers: ['X', 'a\r\nb: c'] }],
    ['a method', { method: 'GET\r\n' }],
    ['a path', { path: '/a b' }],
    ['a path that OPTIONS alone may have', { path: '*' }],
    ['an upgrade', { upgrade: 'a\r\nb: c' }],
    ['a length', { headers: { 'content-length': '-1' }, body: chunks(1) }],
    ['a body', { body: 7 }],
    ['no origin', { origin: undefined }],
  ])('refuses a bad request: %s', async (_, options) => {
    const { heard, run } = recorder('modern');
    run(echo, options);
    await settle();
    expect(heard).toEqual(['start', expect.stringMatching(/^error LML_ERR_USAGE/)]);
  });

  it('waits for what is under way when it is closed, ends it when it is destroyed, and takes nothing after', async () => {
    const answers: ((response: HttpResponse) => void)[] = [];
    const service = serviceFn((_request: HttpRequest) => new Promise<HttpResponse>((resolve) => answers.push(resolve)));
    const dispatcher = undiciDispatcher(service);
    const [first, second, late] = [recorder('modern'), recorder('modern'), recorder('modern')];
    dispatcher.dispatch(GET, first.handler);
    await settle();
    let isClosed = false;
    const closed = dispatcher.close(() => {
      isClosed = true;
    });
    await settle();
    expect(isClosed).toBe(false);
    answers[0]?.(HttpResponse.text('done'));
    await closed;
    expect([isClosed, first.heard.at(-1)]).toEqual([true, 'end {}']);
    dispatcher.dispatch(GET, late.handler);
    await settle();
    expect(late.heard.at(-1)).toMatch(/^error LML_ERR_CLOSED/);

    const other = undiciDispatcher(service);
    other.dispatch(GET, second.handler);
    await settle();
    await other.destroy(ENOUGH);
    expect(second.heard.at(-1)).toBe('error enough');
    await other.destroy(() => {});
  });
});

const echo = serviceFn(async ({ method, target, headers, body }: HttpRequest) => {
  const { size } = body;
  return HttpResponse.json({ method, target, headers: [...headers], size, body: await body.text() });
});

interface Behaviour {
  /** Chunks after which it pauses, each time it is resumed. */
  readonly pausesAfter?: number;
  /** What it hears when it aborts. */
  readonly abortsAt?: string;
  /** What it hears when it throws. */
  readonly throwsAt?: string;
}

/** A handler that writes down what it hears. */
function recorder(manner: 'modern' | 'legacy', behaviour: Behaviour = {}) {
  const heard: string[] = [];
  let abort: (reason: unknown) => void = () => {};
  let resume: () => void = () => {};
  let room = behaviour.pausesAfter ?? Number.POSITIVE_INFINITY;
  const note = (text: string): void => {
    heard.push(text);
    if (behaviour.abortsAt !== undefined && text.startsWith(behaviour.abortsAt)) abort(ENOUGH);
    if (behaviour.throwsAt !== undefined && text.startsWith(behaviour.throwsAt))
      throw new Error('thrown by the handler');
  };
  const errorOf = (error: Error): string => ('code' in error ? `${error.code} ${error.message}` : error.message);
  const raw = (fields: readonly Buffer[] | null | undefined): string => `[${(fields ?? []).join()}]`;
  const modern: DispatchHandler = {
    onRequestStart(controller: DispatchController) {
      abort = (reason) => controller.abort(reason);
      resume = () => {
        room = behaviour.pausesAfter ?? room;
        controller.resume();
      };
      note('start');
    },
    onResponseStarted: () => note('started'),
    onResponseStart: (controller, status, headers, reason) =>
      note(`head ${status} ${JSON.stringify(headers)} ${reason} ${raw(controller.rawHeaders)}`),
    onResponseData(controller) {
      if (--room <= 0) controller.pause();
      note('data');
    },
    onResponseEnd: (_controller, trailers) => note(`end ${JSON.stringify(trailers)}`),
    onResponseError: (_controller, error) => note(`error ${errorOf(error)}`),
  };
  const legacy: LegacyDispatchHandler = {
    onConnect(abortIt) {
      abort = abortIt;
      note('start');
    },
    onResponseStarted: () => note('started'),
    onHeaders(status, rawHeaders, resumeIt, reason) {
      resume = () => {
        room = behaviour.pausesAfter ?? room;
        resumeIt();
      };
      note(`head ${status} ${raw(rawHeaders)} ${reason}`);
      return status >= 200;
    },
    onData() {
      note('data');
      return --room > 0;
    },
    onComplete: (trailers) => note(trailers.length === 0 ? 'end {}' : `end ${raw(trailers)}`),
    onError: (error) => note(`error ${errorOf(error)}`),
  };
  const handler = manner === 'modern' ? modern : legacy;
  return {
    heard,
    handler,
    abort: () => abort(ENOUGH),
    resume: () => resume(),
    run: (service: Parameters<typeof undiciDispatcher>[0], options: Partial<DispatchOptions> = {}) =>
      undiciDispatcher(service).dispatch({ ...GET, ...options }, handler),
  };
}

async function textOf(socket: Duplex): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < count; number++) yield Buffer.alloc(1_024, 'x');
}

const GET = { origin: 'http://a.test', path: '/', method: 'GET' };
const ENOUGH = new Error('enough');
