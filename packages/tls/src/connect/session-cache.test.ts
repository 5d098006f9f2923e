import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { expect, it } from 'vitest';
import type { KnownSession } from './session-cache.ts';
import { SessionCache } from './session-cache.ts';

it('forgets the session that was used the longest time ago', () => {
  const cache = new SessionCache(2);
  cache.set('a', session('1'));
  cache.set('b', session('2'));
  expect(cache.get('a')?.ticket.toString()).toBe('1');
  cache.set('c', session('3'));
  expect(cache.size).toBe(2);
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')?.ticket.toString()).toBe('1');
  cache.set('a', session('4'));
  expect(cache.get('a')?.ticket.toString()).toBe('4');
  cache.delete('a');
  expect(cache.get('a')).toBeUndefined();
  expect(cache.size).toBe(1);
});

it('keeps none if it shall keep none', () => {
  const cache = new SessionCache(0);
  cache.set('a', session('1'));
  expect(cache.size).toBe(0);
});

function session(ticket: string): KnownSession {
  const [pem = ''] = getCACertificates('bundled');
  return { ticket: Buffer.from(ticket), certificate: new X509Certificate(pem), shownAtMs: 0 };
}
