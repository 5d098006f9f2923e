import { UsageError } from '@lamella/service-core';
import { FakeClock, layerCases, mockService, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../test/support/coding-tools.ts';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { HttpTimeoutLayerOptions } from './http-timeout-layer.ts';
import { httpTimeoutLayer } from './http-timeout-layer.ts';

describe('httpTimeoutLayer', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(httpLayerSubject(httpTimeoutLayer({ timeoutMs: 250, bodyTimeoutMs: 250, clock: new FakeClock() }))),
  );

  it.each([
    [undefined, 504, '504 Gateway Timeout\n'],
    [408, 408, '408 Request Timeout\n'],
    [503, 503, '503 Service Unavailable\n'],
  ] as const)(
    'with status %s answers %i at timeoutMs, and aborts the inner service',
    async (status, expected, text) => {
      const { clock, inner, output } = setup(status === undefined ? {} : { status });
      const { input } = await inner.nextCall();
      clock.advance(249);
      expect(input.signal.aborted).toBe(false);
      clock.advance(1);
      const response = await output;
      expect([response.status, await response.body.text()]).toEqual([expected, text]);
      expect(input.signal.reason).toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 250 });
    },
  );

  it('leaves no timer behind', async () => {
    const { clock, inner, output } = setup();
    (await inner.nextCall()).respond(HttpResponse.text(''));
    expect((await output).status).toBe(200);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives a response up that comes too late', async () => {
    const { clock, inner, output } = setup();
    const call = await inner.nextCall();
    clock.advance(250);
    await output;
    const { body, seen } = bodyOf([Buffer.alloc(1)]);
    call.respond(HttpResponse.from({ body }));
    await settle();
    expect(seen.cancelledWith).not.toBe(undefined);
  });

  it('passes timeouts of others on', async () => {
    const { inner, output } = setup();
    const error = new Error('other');
    (await inner.nextCall()).reject(error);
    await expect(output).rejects.toBe(error);
  });

  it('does not bound the body by timeoutMs', async () => {
    const { clock, inner, output } = setup();
    const { body } = bodyOf([Buffer.from('x')]);
    (await inner.nextCall()).respond(HttpResponse.from({ body }));
    const response = await output;
    clock.advance(1_000_000);
    expect(await response.body.text()).toBe('x');
  });

  describe('with bodyTimeoutMs', () => {
    it('fails a body that is not over by then, counted from the response', async () => {
      const { clock, inner, output } = setup({ bodyTimeoutMs: 1_000 });
      clock.advance(200);
      const { body, seen } = bodyOf([Buffer.alloc(1), Buffer.alloc(1), Buffer.alloc(1)]);
      (await inner.nextCall()).respond(HttpResponse.from({ body }));
      const response = await output;
      await response.body.read();
      clock.advance(999);
      await response.body.read();
      clock.advance(1);
      const error = { code: 'LML_ERR_TIMEOUT', limit: 'bodyTimeoutMs', timeoutMs: 1_000 };
      await expect(response.body.read()).rejects.toMatchObject(error);
      expect(seen.cancelledWith).toMatchObject(error);
      expect(clock.pendingTimers).toBe(0);
    });

    it('fails a read that is under way', async () => {
      const { clock, inner, output } = setup({ bodyTimeoutMs: 1_000 });
      let wake = (): void => {};
      const body = HttpBody.fromSource({
        read: () =>
          new Promise((_, reject) => {
            wake = () => reject(new Error('woken'));
          }),
        cancel: () => wake(),
      });
      (await inner.nextCall()).respond(HttpResponse.from({ body }));
      const reading = (await output).body.read();
      clock.advance(1_000);
      await expect(reading).rejects.toMatchObject({ limit: 'bodyTimeoutMs' });
    });

    it('leaves no timer behind at the end, at a failure and when cancelled', async () => {
      const failing = HttpBody.fromSource({ read: () => Promise.reject(new Error('x')), cancel() {} });
      for (const [body, end] of [
        [bodyOf([Buffer.alloc(1)]).body, (given: HttpBody) => given.bytes()],
        [failing, (given: HttpBody) => given.bytes().catch(() => {})],
        [bodyOf([Buffer.alloc(1)]).body, (given: HttpBody) => given.cancel()],
      ] as const) {
        const { clock, inner, output } = setup({ bodyTimeoutMs: 1_000 });
        (await inner.nextCall()).respond(HttpResponse.from({ body }));
        const response = await output;
        expect(clock.pendingTimers).toBe(1);
        await end(response.body);
        expect(clock.pendingTimers).toBe(0);
      }
    });

    it('keeps size and trailers', async () => {
      const trailers = () => HttpHeaders.from({ A: 'b' });
      const { inner, output } = setup({ bodyTimeoutMs: 1_000 });
      (await inner.nextCall()).respond(HttpResponse.from({ body: HttpBody.from('xy', { trailers }) }));
      const { body } = await output;
      expect([body.size, body.sizeOnWire]).toEqual([2, undefined]);
      await body.bytes();
      expect(body.trailers?.get('a')).toBe('b');
      const second = setup({ bodyTimeoutMs: 1_000 });
      (await second.inner.nextCall()).respond(HttpResponse.text('xy'));
      expect((await second.output).body.sizeOnWire).toBe(2);
    });
  });

  it('answers on a connection, which goes on', async () => {
    const clock = new FakeClock();
    const inner = mockService<HttpRequest, HttpResponse>();
    const client = httpClientOn(httpTimeoutLayer({ timeoutMs: 250, clock })(inner));
    const output = client.serve(HttpRequest.from({ target: 'http://app.test/' }));
    await inner.nextCall();
    clock.advance(250);
    const response = await output;
    expect([response.status, await response.body.text()]).toEqual([504, '504 Gateway Timeout\n']);
    expect(client.gauges()[0]?.idle).toBe(1);
    await client.close();
  });

  it.each<[unknown]>([
    [{ timeoutMs: 0 }],
    [{ timeoutMs: Number.NaN }],
    [{ timeoutMs: 1, bodyTimeoutMs: 0 }],
    [{ timeoutMs: 1, status: 500 }],
  ])('refuses %o', (options) => {
    expect(() => httpTimeoutLayer(options as never)).toThrow(UsageError);
  });
});

function setup(options: Partial<HttpTimeoutLayerOptions> = {}) {
  const clock = new FakeClock();
  const inner = mockService<HttpRequest, HttpResponse>();
  const service = httpTimeoutLayer({ timeoutMs: 250, clock, ...options })(inner);
  return { clock, inner, output: service.serve(HttpRequest.from({ target: 'http://app.test/' })) };
}
