import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger, readAll, utf8 } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
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
  it('lets clients go at once that have sent nothing', async () => {
    const { lifecycle, connect, failures } = setUp();
    const near = connect();
    await settle();
    const report = await lifecycle.drain({ graceMs: 5_000 });
    expect(report).toMatchObject({ protocols: { 'tls-handshake': { closed: 1, finished: 0, cut: 0 } } });
    expect((await readAll(near)).length).toBe(0);
    expect(failures).toEqual([]);
    near.destroy();
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

function setUp() {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const failures: unknown[] = [];
  const server = tlsAcceptLayer({ certificates: good, lifecycle, clock })({ serve: async () => {} });
  const connect = () => {
    const [near, far] = memoryPipe();
    server.serve(createConnection(far)).catch((error: unknown) => failures.push(error));
    return near;
  };
  return { clock, lifecycle, failures, connect };
}
