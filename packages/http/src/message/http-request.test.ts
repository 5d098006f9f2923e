import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpBody } from './http-body.ts';
import { HttpRequest } from './http-request.ts';

describe('HttpRequest', () => {
  it('has defaults', () => {
    const request = HttpRequest.from({ target: '/' });
    expect(request).toMatchObject({ method: 'GET', target: '/', version: '1.1', body: HttpBody.empty });
    expect([request.headers.size, request.path, request.query, request.authority]).toEqual([
      0,
      '/',
      undefined,
      undefined,
    ]);
    expect(request.signal.aborted).toBe(false);
  });

  it.each([
    ['GET', 'http://a.test:1/b?c', { authority: 'a.test:1', path: '/b', query: 'c' }],
    ['GET', '/b?c', { authority: 'host.test', path: '/b', query: 'c' }],
    ['OPTIONS', '*', { authority: 'host.test', path: '*', query: undefined }],
    ['CONNECT', 'b.test:443', { authority: 'b.test:443', path: '', query: undefined }],
  ])('takes the target of %s %s apart; its authority goes before Host', (method, target, parts) => {
    const request = HttpRequest.from({ method, target, headers: { host: 'host.test' } });
    expect({ authority: request.authority, path: request.path, query: request.query }).toEqual(parts);
  });

  it.each([
    [{ method: 'G T', target: '/' }],
    [{ method: '', target: '/' }],
    [{ target: 'a b' }],
    [{ target: '*' }],
    [{ method: 'CONNECT', target: '/' }],
    [{ target: '/', headers: { 'a b': 'c' } }],
  ])('refuses %j', (init) => {
    expect(() => HttpRequest.from(init)).toThrow(UsageError);
  });

  it.each<[unknown, string]>([
    [new URL('http://user:secret@a.test/'), 'target must be text, .*, got a URL: give its href'],
    [undefined, 'target must be text, .*, got undefined'],
    [7, 'target must be text, .*, got 7'],
  ])('says what a target is that is no text: %s', (target, message) => {
    const init = { target };
    const made = [
      (): unknown => Reflect.apply(HttpRequest.from, HttpRequest, [init]),
      (): unknown => Reflect.apply(HttpRequest.prototype.with, HttpRequest.from({ target: '/' }), [init]),
    ];
    for (const make of target === undefined ? made.slice(0, 1) : made) {
      expect(make).toThrow(UsageError);
      expect(make).toThrow(new RegExp(message));
    }
  });

  it.each<object>([{ target: '/' }, { target: '/', headers: [['A', 'b']] }])('is not made of %j', (parts) => {
    const made = (): unknown => Reflect.construct(HttpRequest, [parts]);
    expect(made).toThrow(
      expect.objectContaining({ code: 'LML_ERR_USAGE', message: expect.stringMatching(/from\(\)/) }),
    );
  });

  describe('with', () => {
    const request = HttpRequest.from({ method: 'POST', target: 'http://a.test/b', headers: { a: '1' }, body: 'hi' });

    it('changes some parts and shares the others', () => {
      const changed = request.with({ target: '/c?d' });
      expect([changed.method, changed.target, changed.path, changed.query]).toEqual(['POST', '/c?d', '/c', 'd']);
      expect(changed.headers).toBe(request.headers);
      expect(changed.body).toBe(request.body);
      expect(changed.extensions).toBe(request.extensions);
      expect(changed.scope).toBe(request.scope);
      expect([request.target, request.path]).toEqual(['http://a.test/b', '/b']);

      const onInformational = (): void => {};
      const other = request.with({ method: 'PUT', headers: { b: '2' }, body: '', version: '1.0', onInformational });
      expect(other).toMatchObject({ method: 'PUT', version: '1.0', onInformational, path: '/b' });
      expect([...other.headers]).toEqual([['b', '2']]);
      expect(other.body.isEmpty).toBe(true);
    });

    it('refuses what does not go together', () => {
      expect(() => request.with({ method: 'CONNECT' })).toThrow(UsageError);
      expect(() => request.with({ target: '*' })).toThrow(UsageError);
      expect(() => request.with({ method: 'x y' })).toThrow(UsageError);
      expect(() => request.with({ method: 'OPTIONS', target: '*' })).not.toThrow();
    });
  });

  describe('fork', () => {
    it('onto another store has headers of its own; onto a narrower scope it is the same request', () => {
      const request = HttpRequest.from({ target: '/a', headers: { a: '1' } });
      const attempt = request.fork({ extensions: request.extensions.fork('attempt') });
      attempt.headers.set('a', '2');
      expect(request.headers.get('a')).toBe('1');
      expect(attempt.extensions).not.toBe(request.extensions);

      const controller = new AbortController();
      const narrow = request.fork({ signal: controller.signal });
      expect(narrow.headers).toBe(request.headers);
      expect(narrow.extensions).toBe(request.extensions);
      controller.abort(new Error('enough'));
      expect([narrow.signal.aborted, request.signal.aborted]).toEqual([true, false]);
      expect(narrow.path).toBe('/a');
    });

    it('may have another body', () => {
      const body = HttpBody.from('again');
      const request = HttpRequest.from({ method: 'POST', target: '/', body: 'first' });
      expect(request.fork({ body }).body).toBe(body);
      expect(request.fork({}).body).toBe(request.body);
    });
  });

  it('is cancelled by its signal, with the very reason', () => {
    const controller = new AbortController();
    const request = HttpRequest.from({ target: '/', signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    expect(request.signal.reason).toBe(reason);
    expect(HttpRequest.from({ target: '/', signal: AbortSignal.abort(reason) }).signal.reason).toBe(reason);
  });
});
