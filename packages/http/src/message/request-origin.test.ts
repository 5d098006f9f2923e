import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from './http-request.ts';
import { RequestOrigin } from './request-origin.ts';
import { parseRequestTarget } from './request-target.ts';

describe('RequestOrigin', () => {
  it.each([
    ['http://10.0.0.1:8080', 'http', '10.0.0.1:8080', 'http://10.0.0.1:8080'],
    ['HTTPS://api.internal/', 'https', 'api.internal', 'https://api.internal'],
    ['http://[::1]:81', 'http', '[::1]:81', 'http://[::1]:81'],
    ['unix+http://socket', 'unix+http', 'socket', 'unix+http://socket'],
  ])('reads %s', (url, scheme, authority, text) => {
    const origin = RequestOrigin.from(url);
    expect([origin.scheme, origin.authority, String(origin)]).toEqual([scheme, authority, text]);
  });

  it.each([
    '',
    '/',
    '*',
    'a.test:80',
    'http://a.test/b',
    'http://a.test//',
    'http://a.test?b',
    'http://a.test/?',
    'http://u@a.test',
    'http://a b',
    'http://a\r\nb',
    '//a.test',
  ])('does not read %j', (url) => {
    expect(RequestOrigin.tryFrom(url)).toBeUndefined();
    expect(() => RequestOrigin.from(url)).toThrow(UsageError);
  });
});

describe('HttpRequest.with({ origin })', () => {
  const origin = RequestOrigin.from('https://b.test:81');

  it.each([
    ['GET', 'http://a.test/x/y?q=1', 'https://b.test:81/x/y?q=1'],
    ['GET', 'http://a.test', 'https://b.test:81'],
    ['GET', 'http://a.test?', 'https://b.test:81?'],
    ['GET', 'http://a.test//c.test/x', 'https://b.test:81//c.test/x'],
    ['GET', '/x?', 'https://b.test:81/x?'],
    ['GET', '//c.test/x', 'https://b.test:81//c.test/x'],
    ['GET', '/?/', 'https://b.test:81/?/'],
    ['OPTIONS', '*', 'https://b.test:81'],
    ['OPTIONS', 'http://a.test', 'https://b.test:81'],
  ])('%s %s becomes %s, taken apart as if it had been given', (method, target, expected) => {
    const request = HttpRequest.from({ method, target, headers: { host: 'a.test' }, body: 'hi' });
    const moved = request.with({ origin });
    expect(moved.target).toBe(expected);
    expect(moved.parsedTarget).toEqual(parseRequestTarget(method, expected));
    expect([moved.body, moved.headers, moved.extensions]).toEqual([request.body, request.headers, request.extensions]);
    expect(request.target).toBe(target);
  });

  it('changes other parts as well', () => {
    const moved = HttpRequest.from({ target: '/x' }).with({ origin, method: 'PUT', headers: { a: '1' } });
    expect([moved.method, moved.target, moved.headers.toJSON()]).toEqual(['PUT', 'https://b.test:81/x', [['a', '1']]]);
  });

  it('refuses a target beside it, and CONNECT', () => {
    const tunnel = HttpRequest.from({ method: 'CONNECT', target: 'a.test:443' });
    expect(() => tunnel.with({ origin })).toThrow(UsageError);
    expect(() => HttpRequest.from({ target: '/x' }).with({ origin, method: 'CONNECT' })).toThrow(UsageError);
    expect(() => HttpRequest.from({ target: '/x' }).with({ origin, target: '/y' })).toThrow(UsageError);
    expect(tunnel.with({ origin, method: 'GET' }).target).toBe('https://b.test:81');
  });
});
