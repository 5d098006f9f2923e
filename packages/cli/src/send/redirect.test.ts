import { HttpHeaders } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { isSameOrigin, redirectOf } from './redirect.ts';

describe('redirectOf', () => {
  it.each([
    [301, 'POST', 'GET', false],
    [302, 'POST', 'GET', false],
    [303, 'POST', 'GET', false],
    [307, 'POST', 'POST', true],
    [308, 'POST', 'POST', true],
    [301, 'PUT', 'PUT', true],
    [302, 'DELETE', 'DELETE', true],
    [303, 'PUT', 'GET', false],
    [303, 'HEAD', 'HEAD', false],
    [303, 'GET', 'GET', false],
    [302, 'HEAD', 'HEAD', true],
    [307, 'GET', 'GET', true],
  ])('makes of %i to %s a %s', (status, method, next, keepsContent) => {
    expect(redirectOf(moved(status, '/b'), method, 'http://h/a')).toEqual({
      target: 'http://h/b',
      method: next,
      keepsContent,
    });
  });

  it.each([
    ['b', 'http://h/x/b'],
    ['?q', 'http://h/x/a?q'],
    ['//other/c', 'http://other/c'],
    ['http://other:81', 'http://other:81/'],
    ['http://me:secret@other/#part', 'http://other/'],
    // Fields have one character a byte.
    [bytes('/ü?ä'), 'http://h/%C3%BC?%C3%A4'],
    ['/\xff', 'http://h/%FF'],
    [bytes('http://bücher.example/'), 'http://xn--bcher-kva.example/'],
  ])('resolves %s', (location, target) => {
    expect(redirectOf(moved(302, location), 'GET', 'http://h/x/a')?.target).toBe(target);
  });

  it.each([200, 300, 304, 305, 404])('sees none in %i', (status) => {
    expect(redirectOf(moved(status, '/b'), 'GET', 'http://h/')).toBeUndefined();
  });

  it('sees none without Location', () => {
    expect(redirectOf({ status: 302, headers: HttpHeaders.from() }, 'GET', 'http://h/')).toBeUndefined();
  });

  it('leads to https too', () => {
    expect(redirectOf(moved(302, 'https://h/'), 'GET', 'http://h/')?.target).toBe('https://h/');
  });

  it('refuses what no request can go to', () => {
    expect(() => redirectOf(moved(302, 'http://['), 'GET', 'http://h/')).toThrow(/which is no URL/);
    expect(() => redirectOf(moved(302, 'ftp://h/'), 'GET', 'http://h/')).toThrow(/the scheme ftp is not supported/);
  });
});

describe('isSameOrigin', () => {
  it('compares host and port, and knows the usual port', () => {
    expect(isSameOrigin('http://h/a', 'http://H:80/b')).toBe(true);
    expect(isSameOrigin('http://h/', 'http://h:81/')).toBe(false);
    expect(isSameOrigin('http://h/', 'http://www.h/')).toBe(false);
  });
});

function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function moved(status: number, location: string) {
  return { status, headers: HttpHeaders.from([['Location', location]]) };
}
