import { describe, expect, it } from 'vitest';
import { proxyUrl } from './proxy-url.ts';

describe('proxyUrl', () => {
  it.each<[text: string, user: string | undefined, url: string]>([
    ['p.test', undefined, 'http://p.test:1080'],
    ['p.test:80', undefined, 'http://p.test:80'],
    ['p.test:80/', undefined, 'http://p.test:80'],
    ['http://p.test:080/', undefined, 'http://p.test:80'],
    ['http://p.test/', undefined, 'http://p.test:1080'],
    ['http://me:secret@[::1]:8080', undefined, 'http://me:secret@[::1]:8080'],
    ['me@p.test:1', undefined, 'http://me:@p.test:1'],
    [':8080', undefined, 'http://127.0.0.1:8080'],
    ['[::1]:3128', undefined, 'http://[::1]:3128'],
    ['[::1]', undefined, 'http://[::1]:1080'],
    ['me:p%40w@p.test:1', undefined, 'http://me:p%40w@p.test:1'],
    ['me:pw@p.test:1', 'you:a:b@c', 'http://you:a%3Ab%40c@p.test:1'],
    ['p.test:1', 'you', 'http://you:@p.test:1'],
    ['https://p.test', undefined, 'https://p.test:443'],
    ['https://me:pw@p.test:80/x', undefined, 'https://me:pw@p.test:80'],
    ['https://p.test:8443', 'you:pw', 'https://you:pw@p.test:8443'],
  ])('of %s with %s is %s', (text, user, url) => {
    expect(proxyUrl(text, user)).toBe(url);
  });

  it('refuses proxies of other kinds', () => {
    expect(() => proxyUrl('socks5://p', undefined)).toThrow(/^--proxy: the scheme socks5 is not supported/);
    expect(() => proxyUrl('p:70000', undefined)).toThrow(/^--proxy: "p:70000" is not a URL/);
  });
});
