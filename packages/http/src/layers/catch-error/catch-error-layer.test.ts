import { LimitError, stack, TimeoutError, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { CatchErrorLayerOptions } from './catch-error-layer.ts';
import { catchErrorLayer } from './catch-error-layer.ts';

const silent = { onError: () => {} };
const secret = new Error('password is hunter2');

describe('catchErrorLayer', () => {
  // Errors are what it takes away.
  const cases = layerCases.filter(({ name }) => !/error|throws/.test(name));
  it.each(cases)('$name', ({ run }) => run(httpLayerSubject(catchErrorLayer(silent))));

  it.each<[unknown, number, string]>([
    [secret, 500, 'Internal Server Error'],
    ['text', 500, 'Internal Server Error'],
    [undefined, 500, 'Internal Server Error'],
    [new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 }), 413, 'Content Too Large'],
    [new TimeoutError({ limit: 'timeoutMs', timeoutMs: 1 }), 503, 'Service Unavailable'],
  ])('answers %s with %i and tells nothing', async (error, status, title) => {
    const response = await answer(error, silent);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(await response.body.json()).toEqual({ title, status });
    expect(JSON.stringify([...response.headers])).not.toContain('hunter2');
  });

  it('answers what the inner service throws', async () => {
    const service = catchErrorLayer(silent)({
      serve() {
        throw secret;
      },
    });
    expect((await service.serve(request())).status).toBe(500);
  });

  it('leaves responses alone', async () => {
    const given = HttpResponse.text('x', { status: 503 });
    expect(await catchErrorLayer()({ serve: async () => given }).serve(request())).toBe(given);
  });

  it('takes the status from a function, or the usual one', async () => {
    const statusOf = (error: unknown) => (error instanceof RangeError ? 422 : undefined);
    expect((await answer(new RangeError(), { ...silent, statusOf })).status).toBe(422);
    expect((await answer(secret, { ...silent, statusOf })).status).toBe(500);
  });

  it('takes the response from a function', async () => {
    const respond: CatchErrorLayerOptions['respond'] = (status, error, { path }) =>
      HttpResponse.text(`${error} ${path}`, { status });
    expect(await (await answer('oh', { ...silent, respond })).body.text()).toBe('oh /a');
  });

  it('tells onError of every error', async () => {
    const onError = vi.fn();
    const asked = request();
    await catchErrorLayer({ onError })({ serve: () => Promise.reject(secret) }).serve(asked);
    expect(onError.mock.calls).toEqual([[secret, asked, 500]]);
  });

  it('writes a line for what is the fault of the server, if nobody else wants to hear of it', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    await answer(secret, {});
    await answer(secret, { statusOf: () => 400 });
    expect(log.mock.calls).toEqual([['lamella: GET http://app.test/a failed:', secret]]);
    log.mockRestore();
  });

  it.each<[string, CatchErrorLayerOptions]>([
    ['statusOf fails', { statusOf: fail }],
    ['statusOf gives 200', { statusOf: () => 200 }],
    ['statusOf gives 600', { statusOf: () => 600 }],
    ['respond fails', { respond: fail, ...silent }],
    ['onError fails', { onError: fail }],
  ])('answers 500 where %s, and loses neither error', async (_, options) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect((await answer(secret, options)).status).toBe(500);
    expect(log.mock.lastCall).toContain(secret);
    log.mockRestore();
  });

  it('leaves the own cancellation of the request alone', async () => {
    const asked = request();
    asked.scope.abort('gone');
    const output = catchErrorLayer(silent)({ serve: () => Promise.reject('gone') }).serve(asked);
    await expect(output).rejects.toBe('gone');
  });

  it('works on a connection, which goes on', async () => {
    const client = httpClientOn(stack(catchErrorLayer(silent), { serve: () => Promise.reject(secret) }));
    for (const _ of [1, 2]) {
      const response = await client.serve(request());
      expect([response.status, await response.body.json()]).toEqual([
        500,
        { title: 'Internal Server Error', status: 500 },
      ]);
    }
    expect(client.gauges()[0]).toMatchObject({ open: 1, idle: 1 });
    await client.close();
  });

  it.each(['statusOf', 'respond', 'onError'])('refuses a %s that is no function', (option) => {
    expect(() => catchErrorLayer({ [option]: 1 })).toThrow(UsageError);
  });
});

function answer(error: unknown, options: CatchErrorLayerOptions): Promise<HttpResponse> {
  return catchErrorLayer(options)({ serve: () => Promise.reject(error) }).serve(request());
}

function request(): HttpRequest {
  return HttpRequest.from({ target: 'http://app.test/a' });
}

function fail(): never {
  throw new Error('broken');
}
