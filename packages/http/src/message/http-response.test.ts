import type { Connection } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { createExtensions, UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpBody } from './http-body.ts';
import { HttpHeaders } from './http-headers.ts';
import { HttpResponse } from './http-response.ts';

const handler = { serve: async (_connection: Connection): Promise<void> => {} };

describe('HttpResponse', () => {
  it('has defaults', () => {
    expect(HttpResponse.from()).toMatchObject({ status: 200, reason: 'OK', version: '1.1', body: HttpBody.empty });
    expect(HttpResponse.from({ status: 404 }).reason).toBe('Not Found');
    expect(HttpResponse.from({ status: 299 }).reason).toBe('');
    expect(HttpResponse.from({ reason: 'Fine', version: '1.0' })).toMatchObject({ reason: 'Fine', version: '1.0' });
  });

  it.each([100, 101, 103, 199, 600, 999, 200.5, Number.NaN])('refuses the status %d', (status) => {
    expect(() => HttpResponse.from({ status })).toThrow(`status must be 200 to 599, got ${status}`);
  });

  it.each(['a\r\nb', '\0', '\u0100'])('refuses the reason %j', (reason) => {
    expect(() => HttpResponse.from({ reason })).toThrow(UsageError);
    expect(() => HttpResponse.from().with({ reason })).toThrow(UsageError);
    expect(() => HttpResponse.upgrade({ reason }, handler)).toThrow(UsageError);
  });

  it('of text and of JSON says so, unless the headers say otherwise', async () => {
    const text = HttpResponse.text('hé', { status: 201 });
    expect([text.status, text.headers.get('content-type')]).toEqual([201, 'text/plain; charset=utf-8']);
    await expect(text.body.text()).resolves.toBe('hé');
    const json = HttpResponse.json({ a: [1] });
    expect(json.headers.get('content-type')).toBe('application/json');
    await expect(json.body.text()).resolves.toBe('{"a":[1]}');
    const html = HttpResponse.text('<p>', { headers: { 'content-type': 'text/html' } });
    expect(html.headers.getAll('content-type')).toEqual(['text/html']);
  });

  it.each<object>([
    { status: 200 },
    { status: 200, headers: [['A', 'b']], body: HttpBody.empty },
    { status: 200, headers: HttpHeaders.from([]), body: 'hello' },
    { status: 200, headers: HttpHeaders.from([]), body: undefined },
  ])('is not made of %j, which is for from()', (parts) => {
    const made = (): unknown => Reflect.construct(HttpResponse, [parts]);
    expect(made).toThrow(
      expect.objectContaining({ code: 'LML_ERR_USAGE', message: expect.stringMatching(/from\(\)/) }),
    );
  });

  it('does not write into headers that it was made of', () => {
    const headers = HttpHeaders.from({ a: '1' });
    HttpResponse.text('x', { headers });
    expect([...headers]).toEqual([['a', '1']]);
  });

  it('changes some parts by `with`, and shares the others; a new status has its own reason', () => {
    const response = HttpResponse.text('hi', { status: 201, reason: 'Made' });
    expect(response.with({ headers: { a: '1' } })).toMatchObject({ status: 201, reason: 'Made', body: response.body });
    expect(response.with({ status: 404 })).toMatchObject({
      status: 404,
      reason: 'Not Found',
      headers: response.headers,
    });
    expect(response.with({ status: 404, reason: 'Gone' }).reason).toBe('Gone');
    expect(response.with({ body: '', version: '1.0' })).toMatchObject({ body: HttpBody.empty, version: '1.0' });
    expect(response.with({}).extensions).toBe(response.extensions);
    expect(() => response.with({ status: 101 })).toThrow(UsageError);
  });

  it('of an upgrade is 101, or 2xx for CONNECT', () => {
    expect(HttpResponse.upgrade({}, handler)).toMatchObject({ status: 101, reason: 'Switching Protocols' });
    expect(HttpResponse.upgrade({ status: 200 }, handler).upgrade?.handler).toBe(handler);
    expect(HttpResponse.upgrade({}, handler).with({ status: 200 }).status).toBe(200);
    for (const status of [100, 102, 199, 300, 404]) {
      expect(() => HttpResponse.upgrade({ status }, handler)).toThrow(UsageError);
      expect(() => HttpResponse.upgrade({}, handler).with({ status })).toThrow(UsageError);
    }
  });

  it('gives up all that it holds when it is disposed', async () => {
    let disposals = 0;
    const guard = { [Symbol.dispose]: () => void disposals++ };
    HttpResponse.upgrade({}, handler, { guard })[Symbol.dispose]();
    expect(disposals).toBe(1);

    const reasons: unknown[] = [];
    const body = HttpBody.fromSource({ read: async () => undefined, cancel: (reason) => reasons.push(reason) });
    HttpResponse.from({ body })[Symbol.dispose]();
    expect(reasons).toHaveLength(1);

    const [near, far] = memoryPipe();
    const upgraded = createConnection(near, { extensions: createExtensions('connection').fork('upgrade') });
    new HttpResponse({ ...HttpResponse.upgrade({}, handler), upgraded })[Symbol.dispose]();
    await expect(far.read()).resolves.toBeUndefined();
    far.destroy();
  });
});
