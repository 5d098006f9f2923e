import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger, readAll, utf8 } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { TlsAcceptOptions } from '@lamella/tls';
import { tlsAcceptLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestPair } from './support/test-certificates.ts';
import { testAuthority } from './support/test-certificates.ts';

checkLedger({ beforeEach, afterEach });

let good: TestPair;
beforeAll(async () => {
  good = await (await testAuthority()).issue(['server.test']);
});

describe('a server that drains', () => {
  it('lets clients go at once that have sent nothing, and those who have just come a moment later', async () => {
    const { lifecycle, connect, failures, clock } = setUp();
    const stored = connect();
    await settle();
    clock.advance(1_000);
    const fresh = connect();
    await settle();
    const draining = lifecycle.drain({ graceMs: 5_000 });
    expect((await readAll(stored)).length).toBe(0);
    clock.advance(999);
    const end = readAll(fresh);
    await settle();
    expect(await Promise.race([end, 'still there'])).toBe('still there');
    clock.advance(1);
    expect((await end).length).toBe(0);
    expect(await draining).toMatchObject({ protocols: { 'tls-handshake': { closed: 2, finished: 0, cut: 0 } } });
    expect(failures).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    for (const near of [stored, fresh]) near.destroy();
  });

  it('gives a handshake that has begun the grace, and breaks it off then', async () => {
    const { lifecycle, connect, failures, clock } = setUp();
    const near = connect();
    void near.write([utf8('\u0016\u0003\u0001')]);
    await settle();
    const draining = lifecycle.drain({ graceMs: 5_000 });
    await settle();
    clock.advance(4_999);
    await settle();
    expect(failures).toEqual([]);
    clock.advance(1);
    expect(await draining).toMatchObject({ protocols: { 'tls-handshake': { cut: 1 } } });
    await settle();
    expect(failures.length).toBe(1);
    await readAll(near).catch(() => {});
    near.destroy();
  });

  it('gives who waits for a turn the grace, as nobody knows what they have sent, and lets them go then', async () => {
    const { lifecycle, connect, failures, clock } = setUp({ maxConcurrentHandshakes: 1 });
    const [first, second, third] = [connect(), connect(), connect()];
    void first.write([utf8('\u0016\u0003\u0001')]);
    await settle();
    const draining = lifecycle.drain({ graceMs: 800 });
    first.destroy();
    await settle(); // the second one has its turn, and says nothing
    clock.advance(799);
    await settle();
    expect(failures.length).toBe(1);
    clock.advance(1);
    expect(await draining).toMatchObject({ protocols: { 'tls-handshake': { closed: 0, finished: 1, cut: 2 } } });
    await settle();
    expect(failures.length).toBe(3);
    expect(clock.pendingTimers).toBe(0);
    for (const near of [second, third]) near.destroy();
  });

  it('gives who has a turn only then a moment', async () => {
    const { lifecycle, connect, failures, clock } = setUp({ maxConcurrentHandshakes: 1 });
    const [first, second] = [connect(), connect()];
    void first.write([utf8('\u0016\u0003\u0001')]);
    await settle();
    const draining = lifecycle.drain({ graceMs: 5_000 });
    clock.advance(400);
    first.destroy();
    await settle();
    const end = readAll(second);
    clock.advance(999);
    await settle();
    expect(await Promise.race([end, 'still there'])).toBe('still there');
    clock.advance(1);
    expect((await end).length).toBe(0);
    expect(await draining).toMatchObject({
      durationMs: 1_400,
      protocols: { 'tls-handshake': { finished: 2, cut: 0 } },
    });
    expect(failures.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
    second.destroy();
  });

  it('takes nobody who comes later', async () => {
    const { lifecycle, connect, failures } = setUp();
    await lifecycle.drain();
    const near = connect();
    await readAll(near);
    await settle();
    expect(failures.length).toBe(1);
    near.destroy();
  });
});

function setUp(limits: Pick<TlsAcceptOptions, 'maxConcurrentHandshakes'> = {}) {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const failures: unknown[] = [];
  const server = tlsAcceptLayer({ certificates: good, lifecycle, clock, ...limits })({ serve: async () => {} });
  const connect = () => {
    const [near, far] = memoryPipe();
    server.serve(createConnection(far)).catch((error: unknown) => failures.push(error));
    return near;
  };
  return { clock, lifecycle, failures, connect };
}
