import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CookieJarOptions } from './cookie-jar.ts';
import { createCookieJar } from './cookie-jar.ts';

const SECURE = 'https://shop.example.com/cart/1';
const CLEAR = 'http://shop.example.com/cart/1';

afterEach(() => {
  vi.useRealTimers();
});

describe('createCookieJar', () => {
  it.each<[string, string, string, string | undefined]>([
    // Set-Cookie, from, to, sent
    ['a=1', CLEAR, CLEAR, 'a=1'],
    ['a=1', CLEAR, 'http://shop.example.com:8080/cart/2', 'a=1'],
    ['a=1', CLEAR, 'http://shop.example.com/', undefined], // the path is that of the page
    ['a=1; Path=/', CLEAR, 'http://shop.example.com/', 'a=1'],
    ['a=1; Path=/ca', CLEAR, CLEAR, undefined],
    ['a=1; Path=/', CLEAR, 'http://example.com/', undefined],
    ['a=1; Path=/', CLEAR, 'http://sub.shop.example.com/', undefined], // host-only
    ['a=1; Path=/; Domain=example.com', CLEAR, 'http://other.example.com/', 'a=1'],
    ['a=1; Path=/; Domain=.example.com', CLEAR, 'http://example.com/', 'a=1'],
    ['a=1; Path=/; Domain=example.com', CLEAR, 'http://evilexample.com/', undefined],
    ['a=1; Path=/; Secure', SECURE, CLEAR, undefined],
    ['a=1; Path=/; Secure', SECURE, SECURE, 'a=1'],
    ['a=1; Path=/; HttpOnly', CLEAR, CLEAR, 'a=1'],
    ['a=1; Path=/; Max-Age=0', CLEAR, CLEAR, undefined],
    ['a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT', CLEAR, CLEAR, undefined],
    ['a=1; Domain=github.io', 'http://github.io/', 'http://github.io/', 'a=1'], // for itself alone
    ['a=1; Domain=github.io', 'http://github.io/', 'http://me.github.io/', undefined],
    [`a=1; Path=/${'x'.repeat(1_024)}`, CLEAR, CLEAR, 'a=1'], // as if it were not there
    [`a=1; Path=/${'x'.repeat(1_023)}`, CLEAR, CLEAR, undefined],
    ['__Http-a=1; Secure; HttpOnly', SECURE, SECURE, '__Http-a=1'],
    ['__Host-Http-a=1; Secure; HttpOnly; Path=/', SECURE, SECURE, '__Host-Http-a=1'],
    ['a=1', 'http://127.0.0.1/', 'http://127.0.0.1/', 'a=1'],
    ['a=1; Domain=127.0.0.1', 'http://127.0.0.1/', 'http://127.0.0.1/', 'a=1'],
    ['a=1', 'http://[::1]/', 'http://[::1]/', 'a=1'],
    ['a=1', 'http://localhost/', 'http://localhost/', 'a=1'],
    ['a=1; Secure', 'http://localhost/', 'http://localhost/', 'a=1'], // as browsers do: nobody is on the way
    ['a=1; Secure', 'http://127.0.0.1/', 'http://127.0.0.1/', 'a=1'],
  ])('%s of %s for %s: %s', (setCookie, from, to, sent) => {
    const jar = createCookieJar();
    jar.accept(setCookie, from);
    expect(jar.cookiesFor(to)).toBe(sent);
  });

  it.each<[string, string]>([
    ['a=1; Domain=com', CLEAR],
    ['a=1; Domain=co.uk', 'http://shop.co.uk/'],
    ['a=1; Domain=github.io', 'http://me.github.io/'],
    ['a=1; Domain=other.com', CLEAR],
    ['a=1; Domain=sub.shop.example.com', CLEAR],
    ['a=1; Secure', CLEAR],
    ['a=1; SameSite=None', SECURE],
    ['__Secure-a=1', SECURE],
    ['__Host-a=1; Secure; Path=/; Domain=example.com', SECURE],
    ['__Host-a=1; Secure; Path=/x', SECURE],
    ['__Host-a=1; Secure; Path=/', CLEAR],
    ['__host-a=1; Secure', SECURE],
    ['__SECURE-a=1', SECURE],
    ['__Http-a=1; Secure', SECURE],
    ['__Host-Http-a=1; Secure; Path=/', SECURE],
    ['__Host-Http-a=1; Secure; HttpOnly; Path=/; Domain=example.com', SECURE],
    ['a=1; Partitioned', SECURE],
    [`a=${'x'.repeat(4_096)}`, CLEAR],
    ['nothing', CLEAR],
    ['', CLEAR],
    ['=1', CLEAR],
    ['a=1', 'no url'],
  ])('refuses %.60s of %s', (setCookie, from) => {
    const jar = createCookieJar();
    expect([jar.accept(setCookie, from), jar.size]).toEqual([false, 0]);
  });

  it('takes 4,096 bytes of name and value, and prefixed cookies that keep their promise', () => {
    const jar = createCookieJar();
    expect(jar.accept(`a=${'x'.repeat(4_095)}`, CLEAR)).toBe(true);
    expect(jar.accept('__Host-b=1; Secure; Path=/', SECURE)).toBe(true);
    expect(jar.accept('__Secure-c=1; Secure; Domain=example.com', SECURE)).toBe(true);
  });

  it('lets nothing in clear overlay a Secure cookie', () => {
    const jar = createCookieJar();
    jar.accept('id=safe; Path=/; Secure; Domain=example.com', SECURE);
    expect(jar.accept('id=evil; Path=/', 'http://shop.example.com/')).toBe(false);
    expect(jar.accept('id=evil; Path=/; Domain=example.com', 'http://www.example.com/')).toBe(false);
    expect(jar.accept('other=fine; Path=/', 'http://shop.example.com/')).toBe(true);
    expect(jar.accept('id=new; Path=/; Secure; Domain=example.com', SECURE)).toBe(true);
    expect(jar.cookiesFor(SECURE)).toBe('id=new; other=fine');
  });

  it('lets nothing in clear stand beside a Secure cookie of a host below', () => {
    const jar = createCookieJar();
    jar.accept('id=safe; Path=/; Secure', 'https://www.example.com/');
    for (const from of ['http://example.com/', 'http://other.example.com/', 'http://www.example.com/']) {
      expect([from, jar.accept('id=evil; Path=/; Domain=example.com', from)]).toEqual([from, false]);
    }
    expect(jar.accept('id=own; Path=/', 'http://other.example.com/')).toBe(true); // no other host gets it
    expect(jar.cookiesFor('https://www.example.com/')).toBe('id=safe');
  });

  it('knows SameSite, as far as it is told where a request comes from', () => {
    const jar = createCookieJar();
    for (const setCookie of ['s=1; SameSite=Strict', 'l=1; SameSite=Lax', 'n=1; SameSite=None; Secure', 'd=1']) {
      jar.accept(`${setCookie}; Path=/`, SECURE);
    }
    expect(jar.cookiesFor(SECURE, 'strict')).toBe('s=1; l=1; n=1; d=1');
    expect(jar.cookiesFor(SECURE, 'lax')).toBe('l=1; n=1; d=1');
    expect(jar.cookiesFor(SECURE, 'none')).toBe('n=1'); // what says nothing is Lax
    expect(jar.accept('x=1', SECURE, 'none')).toBe(false);
    expect(jar.accept('x=1; SameSite=Strict', SECURE, 'none')).toBe(false);
  });

  it('lets cookies end', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const jar = createCookieJar();
    jar.accept('a=1; Max-Age=10', CLEAR);
    vi.setSystemTime(1_009_999);
    expect(jar.cookiesFor(CLEAR)).toBe('a=1');
    vi.setSystemTime(1_010_001);
    expect(jar.cookiesFor(CLEAR)).toBeUndefined();
  });

  it('lets no cookie live longer than 400 days', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const jar = createCookieJar();
    jar.accept('a=1; Max-Age=99999999999', CLEAR);
    jar.accept('b=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT', CLEAR);
    vi.setSystemTime(1_000_000 + 400 * 86_400_000 - 1);
    expect(jar.cookiesFor(CLEAR)).toBe('a=1; b=1');
    vi.setSystemTime(1_000_000 + 400 * 86_400_000 + 1);
    expect(jar.cookiesFor(CLEAR)).toBeUndefined();
  });

  it('keeps maxCookiesPerDomain of a domain, those that were used last', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const jar = createCookieJar({ maxCookiesPerDomain: 3 });
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      vi.setSystemTime(1_000_000 + index * 1_000);
      jar.accept(`${name}=1; Path=/${name}`, CLEAR);
    }
    vi.setSystemTime(1_010_000);
    jar.cookiesFor('http://shop.example.com/a');
    jar.accept('d=1; Path=/d', CLEAR);
    const names = jar.toJSON().cookies.map(({ key }) => key);
    expect(names.toSorted()).toEqual(['a', 'c', 'd']);
  });

  it('survives a bomb of cookies', () => {
    const jar = createCookieJar();
    for (let index = 0; index < 1_000; index++) jar.accept(`n${index}=1`, 'http://bomb.example.com/');
    expect(jar.size).toBe(180);
    const small = createCookieJar({ maxCookies: 10, maxCookiesPerDomain: 5 });
    for (let index = 0; index < 50; index++) small.accept('a=1', `http://host${index}.example.com/`);
    expect(small.size).toBe(10);
    expect(small.cookiesFor('http://host49.example.com/')).toBe('a=1');
  });

  it('can be written down and read again', () => {
    const jar = createCookieJar();
    jar.accept('a=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1000', SECURE);
    jar.accept('b=2; Domain=example.com; Path=/', CLEAR);
    const text = JSON.stringify(jar);
    for (const from of [text, JSON.parse(text)]) {
      const copy = createCookieJar({ from });
      expect(JSON.stringify(copy)).toBe(text);
      expect([copy.size, copy.cookiesFor(SECURE)]).toEqual([2, 'a=1; b=2']);
      expect(copy.cookiesFor('http://www.example.com/')).toBe('b=2');
    }
    jar.clear();
    expect([jar.size, jar.cookiesFor(SECURE)]).toEqual([0, undefined]);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['nothing', null],
    ['no list', { cookies: {} }],
    ['no cookie', { cookies: [null] }],
    ['a cookie without a domain', { cookies: [{ key: 'a', value: '1', path: '/' }] }],
    ['a cookie that adds a field', { cookies: [{ key: 'a', value: '1\r\nEvil: 1', domain: 'a.test', path: '/' }] }],
    ['a cookie that adds a cookie', { cookies: [{ key: 'a', value: '1; b=2', domain: 'a.test', path: '/' }] }],
    ['a cookie that is too long', { cookies: [{ key: 'a', value: 'x'.repeat(5_000), domain: 'a.test', path: '/' }] }],
  ])('refuses a file with %s', (_name, from) => {
    expect(() => createCookieJar({ from })).toThrow(expect.objectContaining({ code: 'LML_ERR_COOKIE_BAD_JAR' }));
  });

  it.each<[CookieJarOptions, string]>([
    [{ maxCookies: 0 }, 'maxCookies'],
    [{ maxCookiesPerDomain: 1.5 }, 'maxCookiesPerDomain'],
    [{ maxCookieBytes: Number.NaN }, 'maxCookieBytes'],
  ])('refuses %o', (options, message) => {
    expect(() => createCookieJar(options)).toThrow(message);
  });
});
