import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfPrefix, pathAsRead } from './path-as-read.ts';
import { RouteTable } from './route-table.ts';

describe('a path as it is read', () => {
  it.each([
    ['/', '/'],
    ['/admin/x', '/admin/x'],
    ['/%61dmin/x', '/admin/x'],
    ['/%41', '/A'],
    ['/%7e%7E%2d%5F', '/~~-_'],
    ['/%40a%3B%2b', '/@a;+'],
    ['//admin///x//', '/admin/x/'],
    // No slash, whatever an upstream makes of it; and nothing is decoded twice.
    ['/a%2fb', '/a%2Fb'],
    ['/%2561', '/%2561'],
    ['/%25%36%31', '/%2561'],
    ['/%c3%bc%00%3f%23', '/%C3%BC%00%3F%23'],
    ['/%/%6/%zz/%6g', '/%/%6/%zz/%6g'],
  ])('%s is %s', (sent, read) => {
    expect(pathAsRead(sent)).toBe(read);
  });
});

describe('a route', () => {
  const table = new RouteTable([
    { path: '/admin/@me', to: 'http://me/of' },
    { path: '/admin', to: 'http://guarded/base' },
    { path: '/a%2Fb', to: 'http://encoded/base' },
    { path: '/%7Euser//%70ublic/', to: 'http://user/base' },
    { to: 'http://site' },
  ]);

  it.each([
    ['/%61dmin/x', 'http://guarded/base/x'],
    ['/adm%69n', 'http://guarded/base'],
    ['//admin/x', 'http://guarded/base/x'],
    ['///%61%64%6D%69%6e//x%2f', 'http://guarded/base//x%2f'],
    ['/admin/%40me/%78', 'http://me/of/%78'],
    ['/a%2fb/c', 'http://encoded/base/c'],
    ['/~user/public/', 'http://user/base/'],
    ['/~user//%70ublic', 'http://user/base'],
    // Other paths.
    ['/%2561dmin/x', 'http://site/%2561dmin/x'],
    ['/admin%2Fx', 'http://site/admin%2Fx'],
    ['/%2Fadmin/x', 'http://site/%2Fadmin/x'],
    ['/%41dmin/x', 'http://site/%41dmin/x'],
    ['/a/b', 'http://site/a/b'],
    ['/x//admin', 'http://site/x//admin'],
  ])('for %s: %s', (sent, target) => {
    const route = table.find('h', sent);
    expect(typeof route === 'object' && route.rewrite(sent, undefined)).toBe(target);
  });

  it('is the same for every spelling, and takes off the prefix that matched', () => {
    const paths = fc.constantFrom('/', '/admin', '/admin/x', '/admin/@me/y', '/adminx', '/~user/public/z', '/x');
    fc.assert(
      fc.property(paths.chain(spellings), ([plain, sent]) => {
        const route = table.find('h', plain);
        if (typeof route === 'string') throw new Error('every path has a route here');
        expect(table.find('h', sent)).toBe(route);
        const end = endOfPrefix(sent, route.prefix);
        expect([pathAsRead(sent.slice(0, end)), pathAsRead(sent.slice(end))]).toEqual([
          route.prefix,
          plain.slice(route.prefix.length),
        ]);
      }),
    );
  });
});

/** A path, and the same with some characters encoded and some slashes repeated. */
function spellings(plain: string): fc.Arbitrary<readonly [plain: string, sent: string]> {
  const units = [...plain].map((character) => {
    if (character === '/') return fc.constantFrom('/', '//', '///');
    const code = character.charCodeAt(0).toString(16);
    return fc.constantFrom(character, `%${code}`, `%${code.toUpperCase()}`);
  });
  return fc.tuple(...units).map((spelt) => [plain, spelt.join('')]);
}
