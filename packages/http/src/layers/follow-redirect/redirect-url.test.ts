import { describe, expect, it } from 'vitest';
import { redirectUrl, targetOf } from './redirect-url.ts';

const FROM = new URL('http://a.test/dir/page?q=1#old');

describe('redirectUrl', () => {
  it.each([
    ['http://b.test/x', 'http://b.test/x#old'],
    ['/x?y', 'http://a.test/x?y#old'],
    ['x', 'http://a.test/dir/x#old'],
    ['?z', 'http://a.test/dir/page?z#old'],
    ['//b.test:8080/x', 'http://b.test:8080/x#old'],
    ['#new', 'http://a.test/dir/page?q=1#new'],
    ['/x#new', 'http://a.test/x#new'],
    ['/x#', 'http://a.test/x#'],
    ['', 'http://a.test/dir/page?q=1#old'],
    ['../../../etc', 'http://a.test/etc#old'],
    ['\\\\b.test\\x', 'http://b.test/x#old'],
    ['HTTPS://B.test:443/', 'https://b.test/#old'],
    ['/caf\xc3\xa9', 'http://a.test/caf%C3%A9#old'],
    ['/\xff', 'http://a.test/%FF#old'],
    ['http://[2001:db8::1]:80/', 'http://[2001:db8::1]/#old'],
    ['/a b"<>', 'http://a.test/a%20b%22%3C%3E#old'],
  ])('resolves %o to %s', (location, url) => {
    expect(String(redirectUrl([location], FROM))).toBe(url);
  });

  it.each([
    ['javascript:alert(1)', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['data:text/html,x', 'scheme'],
    ['ftp://a.test/', 'scheme'],
    ['ws://a.test/', 'scheme'],
    ['about:blank', 'scheme'],
    ['http://user@b.test/', 'user information'],
    ['http://user:password@b.test/', 'user information'],
    ['http://:password@b.test/', 'user information'],
    ['//a.test@b.test/', 'user information'],
    ['http://', 'no URL'],
    ['http://a b/', 'no URL'],
    ['http://b.test:99999/', 'no URL'],
    ['http://a$b.test/', 'host'],
  ])('refuses %o', (location, why) => {
    expect(redirectUrl([location], FROM)).toContain(why);
  });

  it('refuses several that differ, and takes several that do not', () => {
    expect(redirectUrl(['/x', '/y'], FROM)).toContain('differ');
    expect(String(redirectUrl(['/x', '/x'], FROM))).toBe('http://a.test/x#old');
  });
});

describe('targetOf', () => {
  it('leaves the fragment out', () => {
    expect(targetOf(FROM)).toBe('http://a.test/dir/page?q=1');
  });
});
