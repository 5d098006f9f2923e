import { HttpRequest } from '@lamella/http';
import type { Address } from '@lamella/net-core';
import { LocalAddress, PeerAddress, parseAddress, TlsSession } from '@lamella/net-core';
import { createExtensions } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import type { ForwardedStyle } from './forwarded-headers.ts';
import { addForwarded } from './forwarded-headers.ts';

const OURS = ['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: shop.test', 'X-Forwarded-Proto: http'];

describe('what a client claims', () => {
  it.each([
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-FORWARDED-PROTO',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-Ssl',
    'X-Forwarded-Scheme',
    'X-Forwarded',
    'X_Forwarded_For',
    'X.Forwarded.For',
    'x~forwarded-Proto',
    'Forwarded',
    'X-Real-IP',
    'x_real_ip',
  ])('as %s is thrown away', (name) => {
    expect(after([name, 'evil'], 'none')).toEqual(['A: 1']);
    expect(after([name, 'evil'], 'x-forwarded')).toEqual(['A: 1', ...OURS]);
  });

  it.each(['Forward', 'X-Forward', 'X-Real-IPs', 'From', 'X', 'A-X-Forwarded-For'])(
    'as %s says nothing of the kind',
    (name) => {
      expect(after([name, 'fine'], 'none')).toEqual([`${name}: fine`, 'A: 1']);
    },
  );

  it('is believed, and ours appended, if clients are proxies', () => {
    expect(after(['x-forwarded-for', '203.0.113.9'], 'both', { trusts: true })).toEqual([
      'X-Forwarded-For: 203.0.113.9, 192.0.2.1',
      'A: 1',
      'X-Forwarded-Host: shop.test',
      'X-Forwarded-Proto: http',
      'Forwarded: for=192.0.2.1;host="shop.test";proto=http',
    ]);
    expect(after(['Forwarded', 'for=203.0.113.9'], 'forwarded', { trusts: true })).toEqual([
      'Forwarded: for=203.0.113.9, for=192.0.2.1;host="shop.test";proto=http',
      'A: 1',
    ]);
    expect(after(['X-Forwarded-Proto', 'https'], 'x-forwarded', { trusts: true })).toContain(
      'X-Forwarded-Proto: https',
    );
  });
});

describe('the upstream is told', () => {
  it('an IPv6 address bare, and in Forwarded in brackets and quotes (RFC 7239 section 6)', () => {
    const peer = parseAddress('[2001:db8::1]:5000');
    const lines = after(['B', '2'], 'both', { peer });
    expect(lines).toContain('X-Forwarded-For: 2001:db8::1');
    expect(lines).toContain('Forwarded: for="[2001:db8::1]";host="shop.test";proto=http');
  });

  it('that nobody knows who asks over a Unix socket', () => {
    const lines = after(['B', '2'], 'both', { peer: parseAddress('unix:/run/x') });
    expect(lines).toContain('X-Forwarded-For: unknown');
    expect(lines).toContain('Forwarded: for=unknown;host="shop.test";proto=http');
  });

  it('the port, and that the client has come by TLS', () => {
    const lines = after(['B', '2'], 'both', { local: parseAddress('198.51.100.1:8443'), isTls: true });
    expect(lines).toEqual([
      'B: 2',
      'A: 1',
      'X-Forwarded-For: 192.0.2.1',
      'X-Forwarded-Host: shop.test',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Port: 8443',
      'Forwarded: for=192.0.2.1;host="shop.test";proto=https',
    ]);
  });
});

interface Asked {
  readonly trusts?: boolean;
  readonly peer?: Address;
  readonly local?: Address;
  readonly isTls?: boolean;
}

/** The lines that go upstream. */
function after(field: readonly [name: string, value: string], style: ForwardedStyle, asked: Asked = {}): string[] {
  const { trusts = false, peer = parseAddress('192.0.2.1:4000'), local, isTls = false } = asked;
  const connection = createExtensions('connection');
  connection.insert(PeerAddress, peer);
  if (local !== undefined) connection.insert(LocalAddress, local);
  if (isTls) connection.insert(TlsSession, { version: 'TLSv1.3', cipher: 'x' });
  const request = HttpRequest.from({ target: 'http://shop.test/', headers: [field, ['A', '1']] });
  request.extensions.link('ingress', connection);
  const headers = request.headers.clone();
  addForwarded(headers, request, style, trusts);
  return Array.from(headers, ([name, value]) => `${name}: ${value}`);
}
