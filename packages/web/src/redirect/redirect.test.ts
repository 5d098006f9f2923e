import { HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import type { RedirectServiceOptions } from './redirect.ts';
import { localTarget, redirectResponse, redirectService } from './redirect.ts';

describe('redirectResponse', () => {
  it.each(['/', '/a?b#c', '/a//b', 'https://example.test/a', 'HTTP://example.test'])('goes to %s', (location) => {
    const response = redirectResponse(location, { status: 303 });
    expect([response.status, response.headers.get('location')]).toEqual([303, location]);
    expect(redirectResponse(location).status).toBe(302);
  });

  it.each([
    '',
    'a',
    '//evil.test',
    '/\\evil.test',
    '\\evil.test',
    'https:/evil.test',
    'https:///evil.test',
    'https://',
    'javascript:alert(1)',
    'data:text/html,x',
    '/a\r\nSet-Cookie: x=1',
    '/a\tb',
    '/a b',
    '/ü',
    '/a\\b',
  ])('refuses %j', (location) => {
    expect(() => redirectResponse(location)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it.each([200, 300, 304, 305, 306, 309])('refuses status %d', (status) => {
    expect(() => redirectResponse('/', { status: status as never })).toThrow('status of a redirect');
    expect(() => redirectService({ to: '/', status: status as never })).toThrow('status of a redirect');
  });
});

describe('redirectService', () => {
  it.each<[RedirectServiceOptions, string, string]>([
    [{ to: '/b' }, '/a?x=1', '/b'],
    [{ to: '/b', keepsQuery: true }, '/a?x=1', '/b?x=1'],
    [{ to: '/b', keepsQuery: true }, '/a', '/b'],
    [{ to: '/b?y=2#c', keepsQuery: true }, '/a?x=1', '/b?y=2&x=1#c'],
    [{ to: ({ path }) => `https://www.example.test${path}` }, '/a', 'https://www.example.test/a'],
  ])('takes %o from %s to %s', async (options, target, location) => {
    const response = await redirectService(options).serve(HttpRequest.from({ target }));
    expect([response.status, response.headers.get('location')]).toEqual([308, location]);
  });

  it('refuses a wrong target at once, and one that is made by rejection', async () => {
    expect(() => redirectService({ to: '//evil.test' })).toThrow('a redirect needs');
    const made = redirectService({ to: ({ path }) => path });
    await expect(made.serve(HttpRequest.from({ target: '//evil.test' }))).rejects.toThrow('a redirect needs');
  });
});

describe('localTarget', () => {
  it.each([
    ['/', '/'],
    ['/account?tab=1#top', '/account?tab=1#top'],
    ['/a/../b', '/b'],
    ['/ü', '/%C3%BC'],
    ['/?next=//evil.test', '/?next=//evil.test'],
  ])('takes %s', (wanted, target) => {
    expect(localTarget(wanted)).toBe(target);
    expect(() => redirectResponse(target)).not.toThrow();
  });

  it.each([
    '',
    'a',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\/evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '\t//evil.test',
    ' //evil.test',
    '/.//evil.test',
    '/a/..//evil.test',
    '/%2e//evil.test',
    '/a\\b',
    'https://evil.test',
    'https:evil.test',
    'javascript:alert(1)',
    '/a\r\nSet-Cookie: x=1',
    '/\0',
  ])('does not take %j', (wanted) => {
    expect(localTarget(wanted, '/home')).toBe('/home');
  });

  it('takes the fallback for nothing', () => {
    expect([localTarget(undefined), localTarget(null)]).toEqual(['/', '/']);
  });
});
