import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../test/support/coding-tools.ts';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import type { HttpBody } from '../../message/http-body.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { bodyLimitLayer } from './body-limit-layer.ts';

describe('bodyLimitLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(bodyLimitLayer({ maxBytes: 10 }))));

  it.each([
    [10, 200],
    [11, 413],
  ])(
    'of 10 bytes answers %i bytes with %i, announced or not, in memory and on a connection',
    async (length, status) => {
      const service = bodyLimitLayer({ maxBytes: 10 })(echo);
      const client = httpClientOn(service);
      const split = Array.from({ length }, () => Buffer.from('x'));
      for (const to of [service, client]) {
        expect((await to.serve(post('x'.repeat(length)))).status).toBe(status);
        for (const chunks of [split, [Buffer.from('x'.repeat(length))]]) {
          const response = await to.serve(post(bodyOf(chunks).body));
          expect(response.status).toBe(status);
          await response.body.bytes();
        }
      }
      await client.close();
    },
  );

  it('asks nobody where too much is announced', async () => {
    let calls = 0;
    const inner = { serve: async () => HttpResponse.text(String(++calls)) };
    const { body, seen } = bodyOf([Buffer.alloc(11)], { size: 11 });
    expect((await bodyLimitLayer({ maxBytes: 10 })(inner).serve(post(body))).status).toBe(413);
    expect([calls, seen.reads]).toEqual([0, 0]);
  });

  it('reads nothing behind the byte that is too much, and cancels the rest', async () => {
    const { body, seen } = bodyOf(Array.from({ length: 100 }, () => Buffer.alloc(6)));
    expect((await bodyLimitLayer({ maxBytes: 10 })(echo).serve(post(body))).status).toBe(413);
    expect(seen).toMatchObject({ reads: 2, cancelledWith: { code: 'LML_ERR_LIMIT', limit: 'maxBytes', observed: 12 } });
  });

  it('adds no step where the length is fine', () => {
    const promise = Promise.resolve(HttpResponse.text(''));
    const service = bodyLimitLayer({ maxBytes: 10 })({ serve: () => promise });
    expect(service.serve(post('x'))).toBe(promise);
  });

  it('leaves other failures, and a service that answers itself, alone', async () => {
    const error = new Error('database');
    const failing = { serve: () => Promise.reject(error) };
    await expect(bodyLimitLayer({ maxBytes: 10 })(failing).serve(post(bodyOf([]).body))).rejects.toBe(error);
    const patient = serviceFn(async ({ body }: HttpRequest) =>
      HttpResponse.text(await body.text().catch(() => 'so what')),
    );
    const response = await bodyLimitLayer({ maxBytes: 1 })(patient).serve(post(bodyOf([Buffer.alloc(2)]).body));
    expect(await response.body.text()).toBe('so what');
  });

  it('closes a connection on which the rest of the content stands, and keeps one on which none does', async () => {
    const client = httpClientOn(stack(bodyLimitLayer({ maxBytes: 10 }), echo));
    const small = await client.serve(post('x'.repeat(11)));
    expect([small.status, await small.body.text()]).toEqual([413, '413: the content goes beyond maxBytes (10)\n']);
    expect(client.gauges()[0]?.idle).toBe(1); // a little is read, so that the connection can go on
    const large = await client.serve(post(Buffer.alloc(1_000_000)));
    expect([large.status, await large.body.text()]).toEqual([413, '413: the content goes beyond maxBytes (10)\n']);
    expect(client.gauges()[0]?.idle ?? 0).toBe(0); // too much to read for nothing
    expect((await client.serve(post('x'))).status).toBe(200);
    await client.close();
  });

  it.each([-1, 1.5, Number.NaN, '10' as never])('refuses a maxBytes of %s', (maxBytes) => {
    expect(() => bodyLimitLayer({ maxBytes })).toThrow(UsageError);
  });

  it('takes 0 and Infinity', async () => {
    expect((await bodyLimitLayer({ maxBytes: 0 })(echo).serve(post(''))).status).toBe(200);
    expect((await bodyLimitLayer({ maxBytes: 0 })(echo).serve(post('x'))).status).toBe(413);
    expect((await bodyLimitLayer({ maxBytes: Number.POSITIVE_INFINITY })(echo).serve(post('x'))).status).toBe(200);
  });
});

const echo = serviceFn(async ({ body }: HttpRequest) => HttpResponse.text(await body.text()));

function post(body: HttpBody | Uint8Array | string): HttpRequest {
  return HttpRequest.from({ method: 'POST', target: 'http://app.test/', body });
}
