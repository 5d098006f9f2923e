import { UsageError } from '@lamella/service-core';
import { FakeClock, layerCases, mockService } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { bodyOf } from '../../../test/support/coding-tools.ts';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { HttpExchangeEnd, HttpTraceLayerOptions } from './http-trace-layer.ts';
import { httpTraceLayer } from './http-trace-layer.ts';

describe('httpTraceLayer', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(httpLayerSubject(httpTraceLayer({ onStart: () => 1, onEnd: () => {} }))),
  );

  it('tells of start, response and end, each once, with times and bytes', async () => {
    const { clock, inner, log, output, request } = setup();
    expect(log).toEqual([['start', request]]);
    clock.advance(20);
    const given = HttpResponse.from({ body: bodyOf([Buffer.alloc(3), Buffer.alloc(4)]).body });
    (await inner.nextCall()).respond(given);
    const response = await output;
    expect(log.slice(1)).toEqual([['response', 'state', given, request]]);
    await response.body.read();
    clock.advance(5);
    for (let chunk = await response.body.read(); chunk !== undefined; ) chunk = await response.body.read();
    response.body.cancel();
    const end = {
      request,
      response: given,
      outcome: 'complete',
      error: undefined,
      bodyBytes: 7,
      responseMs: 20,
      durationMs: 25,
    };
    expect(log.slice(2)).toEqual([['end', 'state', end]]);
  });

  it.each<[string, HttpResponse, string]>([
    ['without content', HttpResponse.from({ status: 200 }), 'GET'],
    ['of 204', HttpResponse.from({ status: 204, body: bodyOf([]).body }), 'GET'],
    ['to HEAD', HttpResponse.text('x'), 'HEAD'],
  ])('a response %s is complete when it has come, and stays as it is', async (_, given, method) => {
    const { inner, ends, output } = setup({}, method);
    (await inner.nextCall()).respond(given);
    expect(await output).toBe(given);
    expect(ends()).toMatchObject([{ outcome: 'complete', bodyBytes: 0 }]);
  });

  it('tells of a service that fails, and of its own cancellation', async () => {
    for (const [isAborted, outcome] of [
      [false, 'error'],
      [true, 'aborted'],
    ] as const) {
      const { inner, ends, output, request, clock } = setup();
      clock.advance(3);
      if (isAborted) request.scope.abort('gone');
      (await inner.nextCall()).reject('gone');
      await expect(output).rejects.toBe('gone');
      expect(ends()).toMatchObject([{ outcome, error: 'gone', response: undefined, responseMs: 3, durationMs: 3 }]);
    }
  });

  it('tells of a body that fails, and of one that is given up', async () => {
    const error = new Error('disk');
    const failing = HttpBody.fromSource({ read: () => Promise.reject(error), cancel() {} });
    const first = setup();
    (await first.inner.nextCall()).respond(HttpResponse.from({ body: failing }));
    await expect((await first.output).body.bytes()).rejects.toBe(error);
    expect(first.ends()).toMatchObject([{ outcome: 'error', error }]);

    const second = setup();
    (await second.inner.nextCall()).respond(HttpResponse.from({ body: bodyOf([Buffer.alloc(3)]).body }));
    const { body } = await second.output;
    await body.read();
    body.cancel('enough');
    body.cancel('again');
    expect(second.ends()).toMatchObject([{ outcome: 'aborted', error: 'enough', bodyBytes: 3 }]);
  });

  it('tells once of a body that is given up while it is read', async () => {
    const { inner, ends, output } = setup();
    let wake = (): void => {};
    const body = HttpBody.fromSource({
      read: () =>
        new Promise((_, reject) => {
          wake = () => reject(new Error('woken'));
        }),
      cancel: () => wake(),
    });
    (await inner.nextCall()).respond(HttpResponse.from({ body }));
    const response = await output;
    const reading = response.body.read();
    response.body.cancel('enough');
    await expect(reading).rejects.toBe('enough');
    expect(ends()).toMatchObject([{ outcome: 'aborted', error: 'enough' }]);
  });

  it('keeps size and trailers, and leaves the response alone without onEnd', async () => {
    const { inner, output } = setup();
    const trailers = () => HttpHeaders.from({ A: 'b' });
    (await inner.nextCall()).respond(HttpResponse.from({ body: HttpBody.from('xy', { trailers }) }));
    const { body } = await output;
    expect([body.size, body.sizeOnWire]).toEqual([2, undefined]);
    await body.bytes();
    expect(body.trailers?.get('a')).toBe('b');

    const given = HttpResponse.text('x');
    const service = httpTraceLayer({ onStart: () => 1 })({ serve: async () => given });
    expect(await service.serve(HttpRequest.from({ target: 'http://app.test/' }))).toBe(given);
  });

  it.each(['onStart', 'onResponse', 'onEnd'])('keeps what %s throws away from the exchange', async (hook) => {
    const onHookError = vi.fn();
    const error = new Error('broken hook');
    const options = {
      [hook]: () => {
        throw error;
      },
      onHookError,
    };
    const { inner, output } = setup(options);
    (await inner.nextCall()).respond(HttpResponse.text('fine'));
    expect(await (await output).body.text()).toBe('fine');
    expect(onHookError.mock.calls).toEqual([[error]]);
  });

  it('loses no error where onHookError throws too', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const fail = () => {
      throw new Error('x');
    };
    const { inner, output } = setup({ onEnd: fail, onHookError: fail });
    (await inner.nextCall()).respond(HttpResponse.from());
    await output;
    expect(log).toHaveBeenCalledTimes(2);
    log.mockRestore();
  });

  it('hears the end of a response on a connection, and of a client that leaves', async () => {
    const ends: string[] = [];
    const told = Promise.withResolvers<void>();
    const layer = httpTraceLayer({
      onStart: ({ path }) => path,
      onEnd(path, { outcome, bodyBytes }) {
        ends.push(`${path} ${outcome} ${bodyBytes}`);
        if (path === '/endless') told.resolve();
      },
    });
    const service = layer({
      serve: async ({ path }) =>
        path === '/endless' ? HttpResponse.from({ body: endless() }) : HttpResponse.text('hello'),
    });
    const client = httpClientOn(service);
    await (await client.serve(HttpRequest.from({ target: 'http://app.test/a' }))).body.bytes();
    const left = await client.serve(HttpRequest.from({ target: 'http://app.test/endless' }));
    await left.body.read();
    left.body.cancel();
    await told.promise;
    expect(ends[0]).toBe('/a complete 5');
    expect(ends[1]).toMatch(/^\/endless aborted \d+$/);
    await client.close();
  });

  it.each(['onStart', 'onResponse', 'onEnd', 'onHookError'])('refuses a %s that is no function', (hook) => {
    expect(() => httpTraceLayer({ onStart: () => 1, [hook]: 1 } as never)).toThrow(UsageError);
  });
});

function setup(options: Partial<HttpTraceLayerOptions<unknown>> = {}, method = 'GET') {
  const clock = new FakeClock();
  const inner = mockService<HttpRequest, HttpResponse>();
  const log: unknown[][] = [];
  const layer = httpTraceLayer<unknown>({
    onStart(request) {
      log.push(['start', request]);
      return 'state';
    },
    onResponse: (...told) => void log.push(['response', ...told]),
    onEnd: (...told) => void log.push(['end', ...told]),
    clock,
    ...options,
  });
  const request = HttpRequest.from({ method, target: 'http://app.test/' });
  const ends = (): HttpExchangeEnd[] =>
    log.flatMap(([what, , end]) => (what === 'end' ? [end as HttpExchangeEnd] : []));
  return { clock, inner, log, ends, request, output: layer(inner).serve(request) };
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(1_000);
}
