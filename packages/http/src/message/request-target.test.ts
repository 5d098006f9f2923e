import { UsageError } from '@lamella/service-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestTarget, tryParseRequestTarget } from './request-target.ts';

const NONE = { scheme: undefined, authority: undefined, query: undefined };

describe('parseRequestTarget', () => {
  it.each([
    ['/', { path: '/' }],
    ['/a/b', { path: '/a/b' }],
    ['//a/b', { path: '//a/b' }],
    ['/?', { path: '/', query: '' }],
    ['/a?b=c?d&e=/f', { path: '/a', query: 'b=c?d&e=/f' }],
    ['/%2e/%zz/"<>\\^`{|}', { path: '/%2e/%zz/"<>\\^`{|}' }],
    ['/a:b@c', { path: '/a:b@c' }],
    ['/http://b', { path: '/http://b' }],
  ])('takes the origin form: %j', (target, parts) => {
    for (const method of ['GET', 'OPTIONS', 'X-OWN']) {
      expect(parseRequestTarget(method, target)).toEqual({ form: 'origin', ...NONE, ...parts });
    }
  });

  it.each([
    ['http://a', { scheme: 'http', authority: 'a', path: '' }],
    ['http://a/', { scheme: 'http', authority: 'a', path: '/' }],
    ['http://a?', { scheme: 'http', authority: 'a', path: '', query: '' }],
    ['HTTPS://A.test:8443/x?y', { scheme: 'https', authority: 'A.test:8443', path: '/x', query: 'y' }],
    ['http://[::1]:80/', { scheme: 'http', authority: '[::1]:80', path: '/' }],
    ['http://127.0.0.1/a?b/c', { scheme: 'http', authority: '127.0.0.1', path: '/a', query: 'b/c' }],
    ['svn+ssh://a/', { scheme: 'svn+ssh', authority: 'a', path: '/' }],
    ['http://a//b', { scheme: 'http', authority: 'a', path: '//b' }],
  ])('takes the absolute form: %j', (target, parts) => {
    expect(parseRequestTarget('GET', target)).toEqual({ form: 'absolute', ...NONE, ...parts });
    expect(parseRequestTarget('OPTIONS', target)).toMatchObject({ form: 'absolute' });
  });

  it.each(['a:1', 'a.test:443', '[::1]:65535', '127.0.0.1:80'])('takes the authority form: %j', (target) => {
    expect(parseRequestTarget('CONNECT', target)).toEqual({ form: 'authority', ...NONE, authority: target, path: '' });
  });

  it('takes the asterisk form', () => {
    expect(parseRequestTarget('OPTIONS', '*')).toEqual({ form: 'asterisk', ...NONE, path: '*' });
  });

  it.each([
    ['GET', '', 'it is neither a path nor a whole URL'],
    ['GET', 'a', 'it is neither a path nor a whole URL'],
    ['GET', 'a:1', 'it is neither a path nor a whole URL'],
    ['GET', '?a', 'it is neither a path nor a whole URL'],
    ['GET', '://a', 'it is neither a path nor a whole URL'],
    ['GET', '1http://a', 'it is neither a path nor a whole URL'],
    ['GET', 'ht_tp://a', 'it is neither a path nor a whole URL'],
    ['GET', 'http:/a', 'it is neither a path nor a whole URL'],
    ['GET', '*', 'only OPTIONS may ask for "*"'],
    ['OPTIONS', '**', 'it is neither a path nor a whole URL'],
    ['GET', 'http://', '"" is not host or host:port'],
    ['GET', 'http:///a', '"" is not host or host:port'],
    ['GET', 'http://a:b/', '"a:b" is not host or host:port'],
    ['GET', 'http://a:65536/', '"a:65536" is not host or host:port'],
    ['GET', 'http://[::1/', '"[::1" is not host or host:port'],
    ['GET', 'http://a@b/', 'user information in a URL is not allowed'],
    ['GET', 'http://a:b@c/', 'user information in a URL is not allowed'],
    ['CONNECT', 'a', 'CONNECT needs a port'],
    ['CONNECT', '[::1]', 'CONNECT needs a port'],
    ['CONNECT', '/', 'CONNECT needs host:port'],
    ['CONNECT', '*', 'CONNECT needs host:port'],
    ['CONNECT', 'http://a:1/', 'CONNECT needs host:port'],
    ['CONNECT', 'a:1/', 'CONNECT needs host:port'],
    ['CONNECT', 'u@a:1', 'CONNECT needs host:port'],
    ['CONNECT', ':1', 'CONNECT needs host:port'],
    ['CONNECT', '', 'CONNECT needs host:port'],
  ])('refuses, and says why: %s %j', (method, target, why) => {
    expect(tryParseRequestTarget(method, target)).toBe(why);
    expect(() => parseRequestTarget(method, target)).toThrow(
      new UsageError(`request target ${JSON.stringify(target)}: ${why}`),
    );
  });

  it.each([' ', '\t', '\r', '\n', '\0', '\x7f', '#', 'é', '\u{1f600}', '\x80'])('refuses %j anywhere', (character) => {
    for (const target of [`/${character}`, `/a?${character}`, `http://a/${character}`, `${character}/`]) {
      expect(tryParseRequestTarget('GET', target)).toMatch(/^it holds a blank/);
    }
    expect(tryParseRequestTarget('CONNECT', `a${character}:1`)).toMatch(/^it holds a blank/);
  });

  it('does not print what has no end', () => {
    expect(() => parseRequestTarget('GET', 'x'.repeat(10_000))).toThrow(/^.{1,200}$/);
  });

  it('checks each authority, whatever the one before was', () => {
    expect(tryParseRequestTarget('GET', 'http://a/')).toMatchObject({ authority: 'a' });
    expect(tryParseRequestTarget('GET', 'http://a b/')).toMatch(/blank/);
    expect(tryParseRequestTarget('GET', 'http://a:x/')).toMatch(/host:port/);
    expect(tryParseRequestTarget('GET', 'http://a:x/')).toMatch(/host:port/);
  });

  it.each([
    ['http://a/x', { authority: 'a', path: '/x', query: undefined }],
    ['http://a?x', { authority: 'a', path: '', query: 'x' }],
    ['http://a', { authority: 'a', path: '', query: undefined }],
    ['HTTP://a/', { scheme: 'http', authority: 'a', path: '/' }],
    ['https://a/', { scheme: 'https', authority: 'a', path: '/' }],
    ['http://ab/', { authority: 'ab', path: '/' }],
    ['http://a:1/', { authority: 'a:1', path: '/' }],
    ['http://A/', { authority: 'A', path: '/' }],
  ])('reads %s right behind another target that begins alike', (target, parts) => {
    for (const before of ['http://a', 'http://a/', 'http://a/x?', 'HTTP://a/']) {
      expect(parseRequestTarget('GET', before)).toMatchObject({ scheme: 'http', authority: 'a' });
      expect(parseRequestTarget('GET', target)).toMatchObject({ form: 'absolute', ...parts });
    }
  });

  it.each(['http://a@b/', 'http://a:b@c/', 'http://a:x/', 'http://a b', 'http://a/#', 'http://a\\b/'])(
    'refuses %j right behind another target that begins alike',
    (target) => {
      parseRequestTarget('GET', 'http://a/');
      expect(typeof tryParseRequestTarget('GET', target)).toBe('string');
      expect(typeof tryParseRequestTarget('GET', target)).toBe('string');
    },
  );

  it('reads a target in the same way, whatever was read before it', () => {
    const authority = fc.tuple(fc.constantFrom('a', 'A', 'ab', '10.0.0.1', '[::1]'), fc.constantFrom('', ':1', ':10'));
    const target = fc
      .tuple(
        fc.constantFrom('http', 'HTTP', 'https'),
        authority,
        fc.constantFrom('', '/', '/b', '?c', '/?c', '?/', '/b?//d/'),
      )
      .map(([scheme, parts, rest]) => `${scheme}://${parts.join('')}${rest}`);
    fc.assert(
      fc.property(fc.array(target, { maxLength: 100 }), (targets) => {
        for (const text of targets) {
          const [, scheme, host, path, query] = /^(\w+):\/\/([^/?]*)([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
          const expected = { form: 'absolute', scheme: scheme?.toLowerCase(), authority: host, path, query };
          expect(parseRequestTarget('GET', text)).toEqual(expected);
        }
      }),
    );
  });

  it('reads the origins of more servers than it keeps in mind', () => {
    for (let round = 0; round < 2; round++) {
      for (let port = 1; port <= 200; port++) {
        const authority = `a:${port}`;
        expect(parseRequestTarget('GET', `http://${authority}/x`)).toMatchObject({ authority, path: '/x' });
      }
    }
  });

  it('refuses for CONNECT what it has just taken for another method', () => {
    parseRequestTarget('GET', 'http://a/');
    expect(tryParseRequestTarget('CONNECT', 'http://a/')).toBe('CONNECT needs host:port');
  });

  it('loses nothing: the parts make up the target again', () => {
    const path = fc.string({ unit: fc.constantFrom('/', 'a', '%', ':', '@', '=', '?'), maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom('', 'http://a.test', 'ws://[::1]:1'), path, (start, rest) => {
        const target = `${start}/${rest}`;
        const { scheme, authority, path, query } = parseRequestTarget('GET', target);
        const before = scheme === undefined ? '' : `${scheme}://${authority}`;
        expect(`${before}${path}${query === undefined ? '' : `?${query}`}`).toBe(target);
        expect(path).not.toContain('?');
      }),
    );
  });
});
