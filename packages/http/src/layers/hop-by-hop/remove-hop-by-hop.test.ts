import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../message/http-headers.ts';
import { removeHopByHop } from './remove-hop-by-hop.ts';

describe('what is meant for one hop', () => {
  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Transfer-Encoding',
    'Upgrade',
  ])('%s is removed, in any case', (name) => {
    expect(after([`${name}: x`, 'A: 1', `${name.toUpperCase()}: y`, `${name.toLowerCase()}: z`])).toEqual(['A: 1']);
  });

  it.each([
    ['one name', ['Connection: X-Private']],
    ['a list', ['Connection: close, X-Private']],
    ['any case', ['cOnnection: x-pRIVATE']],
    ['several fields', ['Connection: close', 'Connection: ,, keep-alive ,x-private']],
  ])('what Connection names is removed: %s', (_, connection) => {
    expect(after(['X-Private: 1', 'A: 2', ...connection, 'X-PRIVATE: 3'])).toEqual(['A: 2']);
  });

  it('what Connection names is known for the trailers, as is what is always for one hop, and what trailers must not say', () => {
    const headers = HttpHeaders.from({ Connection: 'X-Private, Host', Host: 'a.test' });
    const isNoTrailer = removeHopByHop(headers, { keepsUpgrade: true });
    const forOneHop = ['x-private', 'connection', 'te', 'upgrade', 'transfer-encoding', 'proxy-authorization'];
    const ofTheMessage = [
      'host',
      'content-length',
      'content-type',
      'content-encoding',
      'content-range',
      'trailer',
      'via',
    ];
    const ofCredentials = ['authorization', 'cookie', 'set-cookie', 'www-authenticate'];
    const ofTheRequest = ['cache-control', 'expect', 'max-forwards', 'pragma', 'range', 'if-match', 'if-none-match'];
    const ofConditions = ['if-modified-since', 'if-unmodified-since', 'if-range'];
    const ofTheResponse = ['age', 'date', 'expires', 'location', 'retry-after', 'vary', 'warning'];
    const never = [forOneHop, ofTheMessage, ofCredentials, ofTheRequest, ofConditions, ofTheResponse].flat();
    const fine = ['x-other', 'grpc-status', 'content-digest', 'etag', 'server-timing'];
    expect([...never, ...fine].filter(isNoTrailer)).toEqual(never);
  });

  it('a name that is only a part of another is not that other', () => {
    expect(after(['Connection: X-Priv', 'X-Private: 1', 'X: 2'])).toEqual(['X-Private: 1', 'X: 2']);
  });

  it.each([
    'Host: a',
    'Content-Length: 3',
    'Content-Type: a/b',
    'Content-Encoding: gzip',
    'Content-Range: bytes 0-1/2',
    'Range: bytes=0-1',
    'Cookie: a=b',
    'Set-Cookie: a=b',
    'Authorization: x',
    'Cache-Control: no-store',
    'Max-Forwards: 3',
    'Trailer: X',
    'Via: 1.1 x',
    'Forwarded: for=x',
    'X-Forwarded-For: 192.0.2.1',
    'X-Forwarded-Host: a',
    'X-Forwarded-Port: 80',
    'X-Forwarded-Proto: https',
    'X-Real-IP: 192.0.2.1',
  ])('Connection can not take away %s', (line) => {
    const name = line.slice(0, line.indexOf(':'));
    expect(after([`Connection: ${name.toLowerCase()}, ${name}`, line])).toEqual([line]);
  });

  it('everything else stays in its order and case, twice where it was twice', () => {
    const rest = ['b: 1', 'A: 2', 'B: 3', 'a: 4', 'Trailer: T', 'Date: d', 'b: 1'];
    expect(after(['Keep-Alive: 5', ...rest.slice(0, 3), 'Connection: close', ...rest.slice(3)])).toEqual(rest);
  });
});

describe('what goes on to the next hop', () => {
  it('is that trailers are welcome, and nothing else of TE', () => {
    const expected = ['A: 1', 'TE: trailers', 'Connection: TE'];
    expect(after(['TE: gzip, Trailers;x', 'TE: deflate, TRAILERS', 'A: 1', 'Connection: TE'])).toEqual(expected);
    expect(after(['TE: gzip', 'A: 1', 'Connection: TE'])).toEqual(['A: 1']);
  });

  it('is the upgrade, where it is kept', () => {
    const lines = ['Upgrade: websocket', 'Connection: keep-alive, X, UPGRADE', 'X: 1', 'A: 2'];
    expect(after(lines, true)).toEqual(['Upgrade: websocket', 'A: 2', 'Connection: Upgrade']);
    expect(after(lines, false)).toEqual(['A: 2']);
    expect(after([...lines, 'TE: trailers'], true).at(-1)).toBe('Connection: Upgrade, TE');
  });
});

function after(lines: readonly string[], keepsUpgrade = false): string[] {
  const headers = HttpHeaders.from(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const),
  );
  removeHopByHop(headers, { keepsUpgrade });
  return Array.from(headers, ([name, value]) => `${name}: ${value}`);
}
