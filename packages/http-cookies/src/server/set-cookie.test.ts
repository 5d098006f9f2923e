import { HttpHeaders } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { parseCookies } from './parse-cookies.ts';
import type { SetCookieOptions } from './set-cookie.ts';
import { deleteCookie, formatSetCookie, setCookie } from './set-cookie.ts';

describe('setCookie', () => {
  it('adds a field with safe attributes', () => {
    const headers = HttpHeaders.from();
    setCookie(headers, 'a', '1');
    setCookie(headers, 'b', '2', {
      domain: 'a.test',
      path: '/x',
      maxAgeSeconds: 60,
      expiresAtMs: 0,
      sameSite: 'None',
      partitioned: true,
    });
    expect(headers.getAll('set-cookie')).toEqual([
      'a=1; Path=/; Secure; HttpOnly; SameSite=Lax',
      'b=2; Path=/x; Domain=a.test; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=None; Partitioned',
    ]);
    expect(formatSetCookie('c', '', { secure: false, httpOnly: false, sameSite: 'Strict' })).toBe(
      'c=; Path=/; SameSite=Strict',
    );
  });

  it('deletes', () => {
    const headers = HttpHeaders.from();
    deleteCookie(headers, '__Host-a');
    expect(headers.get('set-cookie')).toBe(
      '__Host-a=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax',
    );
  });

  it.each<[string, string, SetCookieOptions]>([
    // injection
    ['a', '1; Domain=evil.test', {}],
    ['a', '1\r\nEvil: 1', {}],
    ['a', '1\0', {}],
    ['a', 'é', {}],
    ['a', '"quoted"', {}],
    ['a', 'b,c', {}],
    ['a', 'b\\c', {}],
    ['a', 'b c', {}],
    ['a=b', '1', {}],
    ['a;b', '1', {}],
    ['', '1', {}],
    ['a', '1', { path: '/; Domain=evil.test' }],
    ['a', '1', { path: '/\r\n' }],
    ['a', '1', { path: 'x' }],
    ['a', '1', { domain: 'a.test; Path=/' }],
    ['a', '1', { domain: '' }],
    ['a', '1', { domain: 'a..test' }],
    ['a', '1', { sameSite: 'Lax; Domain=evil.test' as 'Lax' }], // wrong on purpose
    ['a', '1', { maxAgeSeconds: -1 }],
    ['a', '1', { maxAgeSeconds: 1.5 }],
    ['a', '1', { expiresAtMs: Number.NaN }],
    ['a', '1', { expiresAtMs: 1e15 }],
    // what browsers drop
    ['__Secure-a', '1', { secure: false }],
    ['__Host-a', '1', { secure: false }],
    ['__Host-a', '1', { path: '/x' }],
    ['__Host-a', '1', { domain: 'a.test' }],
    ['__HOST-a', '1', { domain: 'a.test' }],
    ['a', '1', { sameSite: 'None', secure: false }],
    ['a', '1', { partitioned: true, secure: false }],
    ['a', 'x'.repeat(4_096), {}],
  ])('refuses %o=%.20s %o', (name, value, options) => {
    expect(() => formatSetCookie(name, value, options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it('takes 4,096 bytes', () => {
    expect(() => formatSetCookie('a', 'x'.repeat(4_095))).not.toThrow();
  });
});

describe('parseCookies', () => {
  it('reads pairs, the first of a name counting, and leaves out what is none', () => {
    const cookies = parseCookies('a=1; b="two"; a=3;c=; =x; nothing ; d=e=f;__proto__=g; "="');
    expect([...cookies]).toEqual([
      ['a', '1'],
      ['b', 'two'],
      ['c', ''],
      ['d', 'e=f'],
      ['__proto__', 'g'],
      ['"', '"'],
    ]);
    expect(parseCookies(undefined).size).toBe(0);
  });

  it('reads a field of 64 KiB', () => {
    expect(parseCookies('a=1;'.repeat(16_384)).size).toBe(1);
    expect(parseCookies(';'.repeat(65_536)).size).toBe(0);
  });
});
