import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../message/http-body.ts';
import { HttpRequest } from '../message/http-request.ts';
import { fetchHandler, fromWebResponse, toWebRequest } from './fetch.ts';

const headers = { Host: 'a.test' };

describe('toWebRequest', () => {
  it.each([
    ['GET', '/a/b?c=%20', 'http://a.test/a/b?c=%20'],
    ['GET', '//b', 'http://a.test//b'],
    ['GET', '/?', 'http://a.test/?'],
    ['GET', 'http://b.test:81/c?d', 'http://b.test:81/c?d'],
    ['GET', 'https://b.test/c', 'https://b.test/c'],
    ['GET', 'http://b.test?d', 'http://b.test/?d'],
    ['OPTIONS', '*', 'http://a.test/'],
  ])('has the URL of %s %s', (method, target, url) => {
    const request = toWebRequest(HttpRequest.from({ method, target, headers }));
    expect([request.method, request.url]).toEqual([method, url]);
  });

  it('takes the scheme that it is told where the target has none', () => {
    const urlOf = (target: string): string =>
      toWebRequest(HttpRequest.from({ target, headers }), { scheme: 'https' }).url;
    expect([urlOf('/'), urlOf('http://b.test/')]).toEqual(['https://a.test/', 'http://b.test/']);
  });

  it('has the headers, those of a name joined', () => {
    const fields: [string, string][] = [
      ['Host', 'a.test'],
      ['X-One', '1'],
      ['x-one', '2'],
      ['Cookie', 'a=b'],
      ['X-Latin', '\xe9'],
    ];
    const request = toWebRequest(HttpRequest.from({ target: '/', headers: fields }));
    expect([...request.headers]).toEqual([
      ['cookie', 'a=b'],
      ['host', 'a.test'],
      ['x-latin', '\xe9'],
      ['x-one', '1, 2'],
    ]);
  });

  it('streams the body, and reads nothing of it ahead', async () => {
    let reads = 0;
    const source = {
      read: async () => (++reads > 2 ? undefined : Buffer.from('ab')),
      cancel: () => {},
    };
    const request = toWebRequest(
      HttpRequest.from({ method: 'POST', target: '/', headers, body: HttpBody.fromSource(source) }),
    );
    await Promise.resolve();
    expect(reads).toBe(0);
    await expect(request.text()).resolves.toBe('abab');
  });

  it('leaves the content of GET and HEAD alone, which a web request can not have', async () => {
    for (const method of ['GET', 'HEAD', 'get']) {
      const request = HttpRequest.from({ method, target: '/', headers, body: 'hi' });
      expect(toWebRequest(request).body).toBeNull();
      expect(request.body.isUsed).toBe(false);
    }
    expect(toWebRequest(HttpRequest.from({ method: 'POST', target: '/', headers })).body).toBeNull();
  });

  it('is aborted with the request', () => {
    const controller = new AbortController();
    const request = toWebRequest(HttpRequest.from({ target: '/', headers, signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(request.signal.reason).toBe(reason);
  });

  it('can not be made without a host, nor of a method that the standard forbids', () => {
    expect(() => toWebRequest(HttpRequest.from({ target: '/' }))).toThrow('a web request needs a host');
    for (const method of ['TRACE', 'TRACK', 'trace']) {
      expect(() => toWebRequest(HttpRequest.from({ method, target: '/', headers }))).toThrow(UsageError);
    }
    expect(() => toWebRequest(HttpRequest.from({ method: 'CONNECT', target: 'a.test:1' }))).toThrow(UsageError);
  });
});

describe('fromWebResponse', () => {
  it('has status, reason, headers and body', async () => {
    const web = new Response('hi', { status: 201, statusText: 'Made', headers: { 'X-One': '1' } });
    web.headers.append('Set-Cookie', 'a=1');
    web.headers.append('Set-Cookie', 'b=2');
    const response = fromWebResponse(web);
    expect(response).toMatchObject({ status: 201, reason: 'Made', version: '1.1' });
    expect(response.headers.get('x-one')).toBe('1');
    expect(response.headers.getAll('set-cookie')).toEqual(['a=1', 'b=2']);
    await expect(response.body.text()).resolves.toBe('hi');
    expect(web.bodyUsed).toBe(true);
  });

  it('has the standard reason where there is none, and no body where there is none', () => {
    const response = fromWebResponse(new Response(null, { status: 404 }));
    expect([response.reason, response.body]).toEqual(['Not Found', HttpBody.empty]);
  });

  it('cancels the web body when its own is cancelled', async () => {
    const reasons: unknown[] = [];
    const web = new Response(new ReadableStream({ cancel: (reason) => void reasons.push(reason) }));
    const reason = new Error('enough');
    fromWebResponse(web).body.cancel(reason);
    await Promise.resolve();
    expect(reasons).toEqual([reason]);
  });

  it('can not be made of an error, nor of a body that was read', async () => {
    expect(() => fromWebResponse(Response.error())).toThrow('error response');
    const used = new Response('hi');
    await used.text();
    expect(() => fromWebResponse(used)).toThrow('was used already');
    const locked = new Response('hi');
    locked.body?.getReader();
    expect(() => fromWebResponse(locked)).toThrow(UsageError);
  });
});

describe('fetchHandler', () => {
  it('makes a service of a handler', async () => {
    const service = fetchHandler(async (request) => new Response(`${request.method} ${await request.text()}`), {
      scheme: 'https',
    });
    const response = await service.serve(HttpRequest.from({ method: 'PUT', target: '/', headers, body: 'x' }));
    await expect(response.body.text()).resolves.toBe('PUT x');
  });

  it('answers methods that a web request can not have', async () => {
    const service = fetchHandler(() => expect.unreachable());
    for (const method of ['TRACE', 'track']) {
      const response = await service.serve(HttpRequest.from({ method, target: '/', headers }));
      expect(response.status).toBe(501);
    }
  });

  it('fails with what the handler throws', async () => {
    const failure = new Error('broken');
    const throwing = fetchHandler(() => {
      throw failure;
    });
    await expect(throwing.serve(HttpRequest.from({ target: '/', headers }))).rejects.toBe(failure);
  });
});
