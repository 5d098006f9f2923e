import { AbortScope, createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { readAll, text } from '../testing/stream-tools.ts';
import { isAnyOf, isProxyProtocol, isSocks5, isTls, startsWith } from './detectors.ts';
import type { ProtocolRouterOptions } from './protocol-router.ts';
import { protocolRouter } from './protocol-router.ts';

checkLedger({ beforeEach, afterEach });
const ends: ByteStream[] = [];
afterEach(() => {
  for (const stream of ends.splice(0)) stream.destroy();
});

const PROXY2 = '\r\n\r\n\0\r\nQUIT\n!';
const TLS = '\x16\x03\x01\x00\x05\x01hello';

describe('protocolRouter', () => {
  it.each([
    ['TLS', TLS, 'tls'],
    ['PROXY protocol 1', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n', 'proxy'],
    ['PROXY protocol 2', PROXY2, 'proxy'],
    ['SOCKS 5', '\x05\x01\x00', 'socks'],
    ['a protocol of its own', 'hello there', 'own'],
    ['something else', 'help', 'fallback'],
    ['an alert of TLS', '\x15\x03\x01\x00\x02\x01\x00', 'fallback'],
    ['a record of TLS without a ClientHello', '\x16\x03\x01\x00\x05\x02hello', 'fallback'],
    ['the begin of PROXY and its end', 'PROX', 'fallback'],
  ])('takes %s where it belongs, with all bytes, dribbled one by one', async (_name, bytes, expected) => {
    const { near, served, seen } = accept();
    for (const byte of bytes) {
      void near.write([Uint8Array.of(byte.charCodeAt(0))]);
      await settle(1);
    }
    await near.closeWrite();
    await served;
    expect(seen).toEqual([[expected, bytes]]);
  });

  it('asks nobody before those in front have said no', async () => {
    const { near, served, seen } = accept({ first: startsWith('hel!') });
    void near.write([Buffer.from('hello')]);
    await near.closeWrite();
    await served;
    expect(seen).toEqual([['own', 'hello']]);
  });

  it('closes what ends before its first byte, and tells nobody', async () => {
    const { near, served, seen } = accept();
    await near.closeWrite();
    await served;
    expect(seen).toEqual([]);
    expect(await near.read()).toBeUndefined();
  });

  it.each([
    ['reset', undefined],
    ['fallback', [['fallback', 'PRO']]],
  ] as const)('takes silence for %s, as told', async (onTimeout, expected) => {
    const { near, served, seen, clock } = accept({ onTimeout, timeoutMs: 100 });
    void near.write([Buffer.from('PRO')]);
    const outcome = expected === undefined ? expect(served).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT' }) : served;
    await settle();
    await clock.advanceAsync(99);
    expect(seen).toEqual([]);
    await clock.advanceAsync(1);
    await near.closeWrite();
    await outcome;
    expect(seen).toEqual(expected ?? []);
    expect(clock.pendingTimers).toBe(0);
  });

  it('resets what nobody takes', async () => {
    const { near, served } = accept({ withFallback: false });
    void near.write([Buffer.from('help')]);
    await served;
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
  });

  it.each(['reset', 'fallback'] as const)('closes who has said nothing when it drains, with %s', async (onTimeout) => {
    const lifecycle = createLifecycle();
    const { near, served, seen, clock } = accept({ onTimeout, lifecycle });
    await clock.advanceAsync(1_000);
    void lifecycle.drain();
    expect(await near.read()).toBeUndefined();
    await near.closeWrite();
    await served;
    expect(seen).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends with the scope of the connection', async () => {
    const { served, scope } = accept();
    const reason = new Error('the server closes');
    scope.abort(reason);
    await expect(served).rejects.toBe(reason);
  });

  it.each([{ routes: [] }, { timeoutMs: 0 }, { maxBytes: 0 }, { onTimeout: 'maybe' as 'reset' }])(
    'refuses %o',
    (options) => {
      const routes = [{ detect: isTls, service: { serve: async () => {} } }];
      expect(() => protocolRouter({ routes, ...options })).toThrow(/must/);
    },
  );
});

interface Setup extends Partial<ProtocolRouterOptions> {
  readonly first?: ReturnType<typeof startsWith>;
  readonly withFallback?: boolean;
}

function accept({ first = startsWith('hello'), withFallback = true, ...options }: Setup = {}) {
  const [near, far] = memoryPipe();
  ends.push(near, far);
  const seen: [name: string, bytes: string][] = [];
  const named = (name: string) => ({
    async serve({ stream }: Connection) {
      seen.push([name, text(await readAll(stream))]);
      stream.destroy();
    },
  });
  const clock = new FakeClock();
  const scope = new AbortScope();
  const router = protocolRouter({
    routes: [
      { detect: first, service: named('own') },
      { detect: isTls, service: named('tls') },
      { detect: isAnyOf(isProxyProtocol), service: named('proxy') },
      { detect: isSocks5, service: named('socks') },
      { detect: startsWith('hello'), service: named('own') },
    ],
    ...(withFallback ? { fallback: named('fallback') } : {}),
    clock,
    ...options,
  });
  return { near, served: router.serve(createConnection(far, { scope })), seen, clock, scope };
}
