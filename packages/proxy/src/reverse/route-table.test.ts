import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import type { ReverseRoute } from './route.ts';
import { RouteTable } from './route-table.ts';

const ROUTES: readonly ReverseRoute[] = [
  { to: 'http://any' },
  { path: '/api/', to: 'http://api' },
  { path: '/api/v2', to: 'http://v2/base/' },
  { host: '*.example.com', to: 'http://below' },
  { host: '*.deep.example.com', to: 'http://deep' },
  { host: 'www.example.com', path: '/shop', to: 'http://shop/' },
  { host: '[::1]', to: 'http://six' },
];

describe('a table of routes', () => {
  it.each([
    ['example.com', '/', 'http://any/'],
    [undefined, '/', 'http://any/'],
    ['x.test', '/api', 'http://api/api'],
    ['x.test', '/api/', 'http://api/api/'],
    ['x.test', '/api/v2', 'http://v2/base'],
    ['x.test', '/api/v2/', 'http://v2/base/'],
    ['x.test', '/api/v2/x//y', 'http://v2/base/x//y'],
    ['x.test', '/api/v20', 'http://api/api/v20'],
    ['x.test', '/apis', 'http://any/apis'],
    // Case counts, another spelling does not; what goes on is as it was sent.
    ['x.test', '/API', 'http://any/API'],
    ['x.test', '/%61pi', 'http://api/%61pi'],
    ['x.test', '//api', 'http://api//api'],
    ['x.test', '/%61pi/v%32//%78', 'http://v2/base//%78'],
    ['x.test', '//api///v2', 'http://v2/base'],
    // Hosts have one meaning, however they are spelt.
    ['a.example.com', '/api', 'http://below/api'],
    ['A.Example.COM.:8080', '/', 'http://below/'],
    ['a.b.example.com', '/', 'http://below/'],
    ['a.deep.example.com', '/', 'http://deep/'],
    ['deep.example.com', '/', 'http://below/'],
    ['notexample.com', '/', 'http://any/'],
    ['WWW.example.com.', '/shop', 'http://shop/'],
    ['www.example.com:81', '/shop/1', 'http://shop/1'],
    ['www.example.com', '/shopping', 'http://below/shopping'],
    ['[0:0:0:0:0:0:0:1]:81', '/', 'http://six/'],
  ])('for %s%s finds %s, whatever the order of the routes', (authority, path, target) => {
    for (const routes of [ROUTES, ROUTES.toReversed()]) {
      const route = new RouteTable(routes).find(authority, path);
      expect(typeof route === 'object' && route.rewrite(path, undefined)).toBe(target);
    }
  });

  it('passes the query on, an empty one too', () => {
    const route = new RouteTable([{ path: '/a', to: 'http://h/' }]).find('h', '/a');
    expect(typeof route === 'object' && [route.rewrite('/a', 'q=/../'), route.rewrite('/a', '')]).toEqual([
      'http://h/?q=/../',
      'http://h/?',
    ]);
  });

  it('keeps the scheme of the upstream', () => {
    const route = new RouteTable([{ to: 'https://h:8443/v1' }]).find('a.test', '/x');
    expect(typeof route === 'object' && [String(route.origin), route.rewrite('/x', 'q')]).toEqual([
      'https://h:8443',
      'https://h:8443/v1/x?q',
    ]);
  });

  it('tells a host that is not served from a path that is not', () => {
    const table = new RouteTable([{ host: 'a.test', path: '/x', to: 'http://h' }]);
    expect(table.find('b.test', '/x')).toBe('no-host');
    expect(table.find(undefined, '/x')).toBe('no-host');
    expect(table.find('a.test', '/y')).toBe('no-path');
    expect(new RouteTable([{ path: '/x', to: 'http://h' }]).find('b.test', '/y')).toBe('no-path');
  });

  it.each<[string, readonly ReverseRoute[], string]>([
    ['no route', [], 'at least one route'],
    [
      'two for the same',
      [
        { path: '/a', to: 'http://x' },
        { path: '/a/', to: 'http://y' },
      ],
      'two routes are for any host',
    ],
    [
      'two for the same in two spellings',
      [
        { path: '/a/b', to: 'http://x' },
        { path: '//%61/b', to: 'http://y' },
      ],
      'two routes are for any host /a/b/',
    ],
    [
      'the same host twice',
      [
        { host: 'A.test', to: 'http://x' },
        { host: 'a.test.', to: 'http://y' },
      ],
      'two routes are',
    ],
    ['another scheme', [{ to: 'ftp://x' }], "a route's to must be a URL such as"],
    ['no URL', [{ to: '127.0.0.1:80' }], "a route's to must be"],
    ['a query', [{ to: 'http://x/?a' }], "a route's to must be"],
    ['user information', [{ to: 'http://me@x/' }], "a route's to must be"],
    ['a path without a slash', [{ path: 'a', to: 'http://x' }], "a route's path must start with a slash"],
    ['a path with a query', [{ path: '/a?b', to: 'http://x' }], "a route's path must"],
    ['a path that never comes', [{ path: '/a/%2e.', to: 'http://x' }], 'a route must not have dot segments'],
    ['a path upstream that climbs', [{ to: 'http://x/a/..' }], 'a route must not have dot segments'],
    ['a port in the host', [{ host: 'a.test:80', to: 'http://x' }], "a route's host must be"],
    ['a wildcard alone', [{ host: '*', to: 'http://x' }], "a route's host must be"],
    ['a wildcard inside', [{ host: 'a.*.test', to: 'http://x' }], "a route's host must be"],
  ])('refuses %s when it is made', (_, routes, why) => {
    expect(() => new RouteTable(routes)).toThrow(UsageError);
    expect(() => new RouteTable(routes)).toThrow(why);
  });
});
