import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { PathRules } from './normalize-path.ts';
import { normalizePath } from './normalize-path.ts';
import type { NormalizePathLayerOptions } from './normalize-path-layer.ts';
import { normalizePathLayer, OriginalTarget } from './normalize-path-layer.ts';

const USUAL: PathRules = { mergesSlashes: true, trailingSlash: 'keep' };

describe('a path', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a//b///c', '/a/b/c'],
    ['//a', '/a'],
    ['/%61%2D%7E%2e%5F', '/a-~._'],
    ['/%2f%2F', '/%2F%2F'],
    ['/a%2fb', '/a%2Fb'],
    ['/%e4%b8', '/%E4%B8'],
    ['/%20%25%3f', '/%20%25%3F'],
    ['/a\\b', '/a%5Cb'],
    ['/a%5cb', '/a%5Cb'],
    ['/{a}|"<>^`[]', '/%7Ba%7D%7C%22%3C%3E%5E%60%5B%5D'],
    ["/a!$&'()*+,;=:@b", "/a!$&'()*+,;=:@b"],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/b/.', '/a/b/'],
    ['/..', '/'],
    ['/../../a', '/a'],
    ['/a/../../..', '/'],
    ['/a/...', '/a/...'],
    ['/.a/..b/c.', '/.a/..b/c.'],
    ['/a/..;/b', '/a/..;/b'],
  ])('%s is spelled %s', (path, expected) => {
    expect(normalizePath(path, USUAL)).toBe(expected);
  });

  it.each(['/%', '/%4', '/%4g', '/%zz', '/a%', '/%%41', '/%00', '/a%00.html', '/%u0041'])('%s is refused', (path) => {
    expect(normalizePath(path, USUAL)).toBe(undefined);
  });

  it.each([
    ['/admin', 'keep', '/admin'],
    ['/admin/', 'keep', '/admin/'],
    ['/admin/', 'remove', '/admin'],
    ['/', 'remove', '/'],
    ['/admin', 'add', '/admin/'],
    ['/admin/', 'add', '/admin/'],
    ['/', 'add', '/'],
  ] as const)('%s with trailing slash %s is %s', (path, trailingSlash, expected) => {
    expect(normalizePath(path, { mergesSlashes: true, trailingSlash })).toBe(expected);
  });

  it('keeps slashes in a row where it is told to', () => {
    const rules: PathRules = { mergesSlashes: false, trailingSlash: 'keep' };
    expect(normalizePath('//a//b', rules)).toBe('//a//b');
    expect(normalizePath('//a//', { ...rules, trailingSlash: 'remove' })).toBe('//a');
  });

  it('looks at a row of 500,000 slashes once, wherever it stands', () => {
    const rules: PathRules = { mergesSlashes: false, trailingSlash: 'remove' };
    const row = '/'.repeat(500_000);
    expect(normalizePath(row, rules)).toBe('/');
    expect(normalizePath(`/a${row}`, rules)).toBe('/a');
    expect(normalizePath(`${row}a`, rules)).toBe(`${row}a`);
  });

  it('never hides a way to /admin, in any spelling of its characters', () => {
    // Each character of the way as it is, encoded, encoded in capitals or small letters, and encoded twice.
    const ways = ['/admin', '/./admin', '//admin', '/x/../admin', '/x/.././/admin', '/../admin'];
    for (const way of ways) {
      for (let at = 1; at < way.length; at++) {
        const code = way.charCodeAt(at).toString(16);
        for (const spelt of [`%${code}`, `%${code.toUpperCase()}`]) {
          const path = way.slice(0, at) + spelt + way.slice(at + 1);
          const isSlash = way[at] === '/';
          // An encoded slash is a character of its segment, and stays one.
          if (!isSlash) expect(normalizePath(path, USUAL), path).toBe('/admin');
          else expect(normalizePath(path, USUAL), path).toContain('%2F');
        }
        const twice = `${way.slice(0, at)}%25${code}${way.slice(at + 1)}`;
        const isOfAdmin = at >= way.length - 'admin'.length;
        if (isOfAdmin) expect(normalizePath(twice, USUAL), twice).toContain(`%25${code}`);
      }
    }
    const allEncoded = `/${Array.from('x/../admin', (c) => (c === '/' ? '/' : `%${c.charCodeAt(0).toString(16)}`)).join('')}`;
    expect(normalizePath(allEncoded, USUAL)).toBe('/admin');
  });

  it('spelled again is the same, and has nothing left to resolve, merge or decode', () => {
    const pieces = [
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '\\',
      'a',
      '%61',
      '%41',
      '%25',
      '%2525',
      ';',
      '~',
      '%7E',
      '%',
    ];
    let state = 7;
    for (let round = 0; round < 20_000; round++) {
      let path = '/';
      for (let count = 0; count < 8; count++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        path += pieces[(state >>> 16) % pieces.length];
      }
      for (const trailingSlash of ['keep', 'remove', 'add'] as const) {
        const rules = { mergesSlashes: true, trailingSlash };
        const once = normalizePath(path, rules);
        if (once === undefined) continue;
        expect(normalizePath(once, rules), path).toBe(once);
        expect(once, path).toMatch(/^\/(?!\/)/);
        expect(once, path).not.toMatch(/\/\/|\/\.{1,2}(?:\/|$)|\\|%(?:2e|2E|61|41|7E|5c|2f)/);
      }
    }
  });
});

describe('normalizePathLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(normalizePathLayer())));

  it.each([
    ['http://app.test/a/../b?x=/../y', 'http://app.test/b?x=/../y'],
    ['http://APP.test:80//a?', 'http://APP.test:80/a?'],
    ['/a//b?q', '/a/b?q'],
    ['//evil.test/a', '/evil.test/a'],
    ['http://app.test?x', 'http://app.test?x'],
  ])('gives the inner service %s as %s', async (target, expected) => {
    expect(await seenFor(target)).toEqual({ target: expected, original: target === expected ? undefined : target });
  });

  it('leaves * and CONNECT alone', async () => {
    expect((await seenFor('*', {}, 'OPTIONS')).target).toBe('*');
    expect((await seenFor('a.test:443', {}, 'CONNECT')).target).toBe('a.test:443');
  });

  it('adds no step', () => {
    const promise = Promise.resolve(HttpResponse.text(''));
    const service = normalizePathLayer()({ serve: () => promise });
    expect(service.serve(HttpRequest.from({ target: '/a//b' }))).toBe(promise);
  });

  it('answers what is malformed with 400, and asks nobody', async () => {
    const service = normalizePathLayer()({ serve: () => Promise.reject(new Error('asked')) });
    expect((await service.serve(HttpRequest.from({ target: '/%zz' }))).status).toBe(400);
  });

  it.each<[string, NormalizePathLayerOptions, string]>([
    ['/a/?q=1', { trailingSlash: 'remove' }, '/a?q=1'],
    ['/a', { trailingSlash: 'add' }, '/a/'],
    ['http://app.test/a//b', {}, '/a/b'],
    ['//evil.test/', { trailingSlash: 'remove' }, '/evil.test'],
    ['//evil.test/', { trailingSlash: 'remove', duplicateSlashes: 'keep' }, '/.//evil.test'],
    ['/x/..//evil.test', { duplicateSlashes: 'keep' }, '/.//evil.test'],
    ['/\\evil.test', {}, '/%5Cevil.test'],
    ['/a/..\\..//evil.test', { duplicateSlashes: 'keep' }, '/a/..%5C..//evil.test'],
  ])('sends a client from %s with %o to %s, on the same host', async (target, options, location) => {
    const service = normalizePathLayer({ mode: 'redirect', ...options })({
      serve: () => Promise.reject(new Error('asked')),
    });
    const response = await service.serve(HttpRequest.from({ target }));
    expect([response.status, response.headers.get('location')]).toEqual([308, location]);
    expect(new URL(location, 'http://app.test').host).toBe('app.test');
  });

  it('does not redirect a path that is fine', async () => {
    expect((await seenFor('/a/b', { mode: 'redirect', trailingSlash: 'remove' })).target).toBe('/a/b');
  });

  it('works on a connection', async () => {
    const app = serviceFn(({ path }: HttpRequest) => HttpResponse.text(path));
    const client = httpClientOn(stack(normalizePathLayer(), app));
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/a/%2e%2e//secret' }));
    expect(await response.body.text()).toBe('/secret');
    await client.close();
  });

  it.each<[unknown]>([[{ trailingSlash: 'x' }], [{ duplicateSlashes: true }], [{ mode: 'x' }]])(
    'refuses %o',
    (options) => {
      expect(() => normalizePathLayer(options as never)).toThrow(UsageError);
    },
  );
});

async function seenFor(target: string, options: NormalizePathLayerOptions = {}, method = 'GET') {
  let seen: { target: string; original: string | undefined } = { target: '', original: undefined };
  const inner = serviceFn((request: HttpRequest) => {
    seen = { target: request.target, original: request.extensions.get(OriginalTarget) };
    return HttpResponse.text('');
  });
  await normalizePathLayer(options)(inner).serve(HttpRequest.from({ method, target }));
  return seen;
}
