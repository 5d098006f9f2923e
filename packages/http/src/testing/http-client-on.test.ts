import type { Address } from '@lamella/net-core';
import { formatAddress, LocalAddress, PeerAddress } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpBody } from '../message/http-body.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import { HttpRequest } from '../message/http-request.ts';
import { HttpResponse } from '../message/http-response.ts';
import { directClientOn, httpClientOn } from './http-client-on.ts';

checkLedger({ beforeEach, afterEach });

/** Says what it was asked. */
const echo = {
  async serve(request: HttpRequest): Promise<HttpResponse> {
    const { method, target, extensions } = request;
    const host = request.headers.getAll('host').join();
    const places = [extensions.get(PeerAddress), extensions.get(LocalAddress)].map(placeOf).join(' ');
    return HttpResponse.text(`${method} ${target} ${host} ${await request.body.text()} ${places}`);
  },
};

function placeOf(address: Address | undefined): string {
  return address === undefined ? 'nowhere' : formatAddress(address);
}

describe('httpClientOn', () => {
  it('hands requests for any host to the service, by real HTTP/1.1', async () => {
    const client = httpClientOn(echo);
    const post = HttpRequest.from({ method: 'POST', target: 'http://a.test:81/b?c', body: 'hi' });
    const response = await client.serve(post);
    expect(response.headers.get('content-length')).toBe('51');
    await expect(response.body.text()).resolves.toBe('POST /b?c a.test:81 hi 192.0.2.1:49152 192.0.2.2:80');
    const other = await client.serve(HttpRequest.from({ target: 'http://b.test/' }));
    await expect(other.body.text()).resolves.toMatch(/^GET \/ b\.test /);
    await client.close();
  });

  it('takes the options of a server, its clock among them', async () => {
    const clock = new FakeClock();
    const client = httpClientOn({ serve: () => new Promise(() => {}) }, { clock });
    const output = client.serve(HttpRequest.from({ target: 'http://a.test/' }));
    const refused = expect(output).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT' });
    for (let count = 0; count < 20; count++) await clock.advanceAsync(10_000);
    await refused;
    client.destroy();
  });
});

describe('directClientOn', () => {
  const client = directClientOn(echo);

  it('hands a request over as a server would see it', async () => {
    const response = await client.serve(
      HttpRequest.from({ method: 'POST', target: 'http://a.test:81/b?c', headers: { a: '1' }, body: 'hi' }),
    );
    await expect(response.body.text()).resolves.toBe('POST /b?c a.test:81 hi 192.0.2.1:49152 192.0.2.2:80');
  });

  it.each([
    ['GET', 'http://a.test', {}, '/ a.test'],
    ['GET', 'http://a.test?b', {}, '/?b a.test'],
    ['GET', '/path', {}, '/path test'],
    ['GET', 'http://a.test/', { host: 'b.test' }, '/ b.test'],
    ['OPTIONS', '*', {}, '* test'],
    ['CONNECT', 'a.test:1', {}, 'a.test:1 a.test:1'],
  ])('of %s %s %j makes %s', async (method, target, headers, seen) => {
    const response = await client.serve(HttpRequest.from({ method, target, headers }));
    await expect(response.body.text()).resolves.toMatch(`${method} ${seen} `);
  });

  it('changes nothing of the request that it is given, and passes on what is aborted and told', async () => {
    const hints: number[] = [];
    const controller = new AbortController();
    const request = HttpRequest.from({
      target: 'http://a.test/',
      signal: controller.signal,
      onInformational: ({ status }) => hints.push(status),
    });
    const service = directClientOn({
      async serve(inner) {
        inner.onInformational?.({ status: 103, reason: '', headers: HttpHeaders.from() });
        controller.abort(new Error('enough'));
        return HttpResponse.text(String(inner.signal.reason));
      },
    });
    const response = await service.serve(request);
    await expect(response.body.text()).resolves.toBe('Error: enough');
    expect([hints, request.headers.size, request.body]).toEqual([[103], 0, HttpBody.empty]);
  });
});
