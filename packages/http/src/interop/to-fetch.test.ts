import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../message/http-body.ts';
import type { HttpRequest } from '../message/http-request.ts';
import { HttpResponse } from '../message/http-response.ts';
import { httpClientOn } from '../testing/http-client-on.ts';
import { toFetch } from './to-fetch.ts';

describe('toFetch', () => {
  it('is a fetch of the service', async () => {
    const fetch = toFetch(echo);
    const response = await fetch('http://a.test/p?q#part', { method: 'put', headers: { 'X-A': '1' }, body: 'text ü' });
    expect([response.status, response.statusText, response.ok, response.url]).toEqual([
      201,
      'Created',
      true,
      'http://a.test/p?q',
    ]);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toEqual({
      method: 'PUT',
      target: 'http://a.test/p?q',
      headers: [
        ['content-type', 'text/plain;charset=UTF-8'],
        ['x-a', '1'],
      ],
      size: 7,
      body: 'text ü',
    });
  });

  it('takes whatever fetch takes', async () => {
    const fetch = toFetch(echo);
    const form = new FormData();
    form.set('a', '1');
    const sent = async (body: RequestInit['body']) =>
      (await fetch('http://a.test/', { method: 'POST', body: body ?? null })).json();
    expect(await sent(new Uint8Array([97]))).toMatchObject({ body: 'a', size: 1 });
    expect(await sent(new URLSearchParams({ a: '1 2' }))).toMatchObject({ body: 'a=1+2', size: 5 });
    expect(await sent(new Blob(['abc'], { type: 'text/x' }))).toMatchObject({ body: 'abc', size: 3 });
    expect(await sent(form)).toMatchObject({ body: expect.stringContaining('name="a"') });
    expect(await (await fetch(new URL('http://a.test/u'))).json()).toMatchObject({ target: 'http://a.test/u' });
    const request = new Request('http://a.test/r', { method: 'POST', body: 'r' });
    expect(await (await fetch(request)).json()).toMatchObject({ target: 'http://a.test/r', body: 'r' });
    const stream = new Blob(['streamed']).stream();
    const init = { method: 'POST', body: stream, duplex: 'half' as const };
    expect(await (await fetch('http://a.test/', init)).json()).toMatchObject({ body: 'streamed' });
  });

  it('streams: cancelling the body of the response cancels it', async () => {
    const cancelled: unknown[] = [];
    const source = { read: async () => Buffer.from('x'), cancel: (reason: unknown) => void cancelled.push(reason) };
    const response = await toFetch(serviceFn(() => HttpResponse.from({ body: HttpBody.fromSource(source) })))(
      'http://a.test/',
    );
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(1);
    await reader?.cancel('enough');
    expect(cancelled).toEqual(['enough']);
  });

  it('has no body where there can be none', async () => {
    for (const status of [204, 205, 304]) {
      const response = await toFetch(serviceFn(() => HttpResponse.from({ status })))('http://a.test/');
      expect([response.status, response.body]).toEqual([status, null]);
    }
  });

  it('rejects with the reason of the signal, before and while', async () => {
    const controller = new AbortController();
    const calls: HttpRequest[] = [];
    const fetch = toFetch(
      serviceFn((request: HttpRequest) => {
        calls.push(request);
        return request.scope.race(new Promise<HttpResponse>(() => {}));
      }),
    );
    const failed = expect(fetch('http://a.test/', { signal: controller.signal })).rejects.toBe('enough');
    await settle();
    controller.abort('enough');
    await failed;
    await expect(fetch('http://a.test/', { signal: controller.signal })).rejects.toBe('enough');
    expect(calls).toHaveLength(1);
  });

  it('rejects with what the service fails with', async () => {
    const failing = toFetch(serviceFn((_: HttpRequest) => Promise.reject(new Error('broken'))));
    await expect(failing('http://a.test/')).rejects.toThrow('broken');
    await expect(failing('http://user:secret@a.test/')).rejects.toBeInstanceOf(TypeError); // as any fetch
  });

  it('returns redirects as they are, and fails where they are not wanted', async () => {
    let disposed = 0;
    const redirecting = toFetch(
      serviceFn(() => {
        const body = HttpBody.fromSource({ read: async () => undefined, cancel: () => void disposed++ });
        return HttpResponse.from({ status: 302, headers: { Location: '/x' }, body });
      }),
    );
    expect((await redirecting('http://a.test/')).status).toBe(302);
    await expect(redirecting('http://a.test/', { redirect: 'error' })).rejects.toThrow('redirect');
    expect(disposed).toBe(1);
  });

  it('works by a real client, and refuses a connection that switched', async () => {
    const client = httpClientOn(
      serviceFn(({ path }: HttpRequest) =>
        path === '/up'
          ? HttpResponse.upgrade(
              { headers: { Upgrade: 'x' } },
              serviceFn(async () => {}),
            )
          : HttpResponse.text('hello'),
      ),
    );
    const fetch = toFetch(client);
    expect(await (await fetch('http://a.test/')).text()).toBe('hello');
    await expect(fetch('http://a.test/up', { headers: { connection: 'upgrade', upgrade: 'x' } })).rejects.toMatchObject(
      {
        code: 'LML_ERR_USAGE',
      },
    );
    await client.close();
  });
});

const echo = serviceFn(async ({ method, target, headers, body }: HttpRequest) => {
  const sent = { method, target, headers: [...headers], size: body.size, body: await body.text() };
  return HttpResponse.json(sent, { status: 201, headers: { 'Set-Cookie': ['a=1', 'b=2'] } });
});
