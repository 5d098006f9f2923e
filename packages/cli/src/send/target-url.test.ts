import { describe, expect, it } from 'vitest';
import { targetUrl } from './target-url.ts';

describe('targetUrl', () => {
  it.each([
    ['example.com', 'http://example.com/'],
    ['localhost:8080/x?y#z', 'http://localhost:8080/x?y'],
    [':9000/a', 'http://127.0.0.1:9000/a'],
    ['http://example.com:80', 'http://example.com/'],
    ['HTTP://Example.COM/%7Ea/../b', 'http://example.com/b'],
    ['http://[::1]:81/', 'http://[::1]:81/'],
    ['HTTPS://Example.com:443', 'https://example.com/'],
    ['https://h:80/x', 'https://h:80/x'],
    ['http://bücher.example/ä', 'http://xn--bcher-kva.example/%C3%A4'],
  ])('understands %s', (text, target) => {
    expect(targetUrl(text)).toEqual({ target, credentials: undefined });
  });

  it.each([
    ['http://me:secret@h/', 'me:secret'],
    ['me@h', 'me:'],
    ['http://a%3Ab:%40@h', 'a:b:@'],
    ['http://:only@h', ':only'],
    ['http://50%:x@h', '50%:x'],
  ])('takes the credentials out of %s', (text, credentials) => {
    expect(targetUrl(text)).toEqual({ target: 'http://h/', credentials });
  });

  it.each(['', 'http://', 'http://a b/', 'http://h:99999/', 'http://[::1/', 'http://a!b/', 'a..b'])(
    'says that %j is no URL',
    (text) => {
      expect(() => targetUrl(text)).toThrow(expect.objectContaining({ exitCode: 3 }));
    },
  );

  it('knows no other scheme', () => {
    const refusal = (message: string) => expect.objectContaining({ message, exitCode: 1 });
    expect(() => targetUrl('ftp://h')).toThrow(refusal('the scheme ftp is not supported; http and https are'));
  });
});
