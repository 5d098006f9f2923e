import { checkLedger } from '@lamella/net-core/testing';
import { AbortScope, createExtensions } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpResponse } from '../message/http-response.ts';
import type { HttpConnection } from './http-connection.ts';
import { OriginPool } from './origin-pool.ts';
import { fullPoolOptions } from './pool-options.ts';

checkLedger({ beforeEach, afterEach });
const pools: OriginPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.destroy(new Error('the test is over'));
});

describe('a request that wants a fresh connection', () => {
  it('gets one in the place of an idle one, if there is no other', async () => {
    const { pool, dials, send, finish } = setup(1);
    send('first');
    await dials.open();
    finish('first');
    send('again', true);
    await dials.open();
    expect(dials.states()).toEqual(['closed', 'open']);
    finish('again');
    expect(pool.idle).toBe(1);
  });

  it('gets one as soon as one that is in use is idle', async () => {
    const { pool, dials, send, finish } = setup(1);
    send('first');
    await dials.open();
    send('again', true);
    await settle();
    expect(dials.states()).toEqual(['open']);
    finish('first');
    await dials.open();
    expect(dials.states()).toEqual(['closed', 'open']);
    finish('again');
    expect(pool.idle).toBe(1);
  });

  it('lets nobody wait behind it while a used one is free', async () => {
    const { dials, send, finish } = setup(2);
    send('first');
    await dials.open();
    finish('first');
    send('again', true);
    send('other');
    finish('other'); // it was sent at once
    await dials.open();
    finish('again');
    expect(dials.states()).toEqual(['open', 'open']);
  });
});

describe('a pool that is destroyed', () => {
  it('gives up what it is opening, though nobody waits for it', async () => {
    const { pool, dials, send, finish } = setup(2);
    send('first');
    await dials.open();
    send('second');
    finish('first'); // the second takes it, and what was opened for it is to spare
    finish('second');
    expect(pool.size).toBe(2);
    pool.destroy(new Error('enough'));
    await settle();
    expect(pool.size).toBe(0);
  });
});

describe('a connection that may have lost its peer', () => {
  it('gets nothing until it is heard', async () => {
    const { pool, dials, send, finish } = setup(2);
    send('first');
    await dials.open();
    finish('first');
    dials.doubt(0, true);
    send('second');
    await dials.open();
    finish('second');
    expect([dials.states(), pool.counts]).toMatchObject([['open', 'open'], { dials: 2, reuses: 0 }]);
    dials.doubt(0, false);
    send('third'); // goes to the one that was heard last
    expect(pool.idle).toBe(1);
    finish('third');
    expect(pool.counts).toMatchObject({ dials: 2, reuses: 1 });
  });

  it('takes those who have waited for it, when it is heard', async () => {
    const { pool, dials, send, finish } = setup(1);
    send('first');
    await dials.open();
    finish('first');
    dials.doubt(0, true);
    send('second');
    expect([pool.waiting, pool.streams]).toEqual([1, 0]);
    dials.doubt(0, false);
    expect([pool.waiting, pool.streams]).toEqual([0, 1]);
    finish('second');
  });
});

function setup(maxConnectionsPerOrigin: number) {
  const connections: FakeConnection[] = [];
  const opening: ((connection: HttpConnection) => void)[] = [];
  const open = (scope: AbortScope): Promise<HttpConnection> =>
    new Promise((resolve, reject) => {
      opening.push(resolve);
      scope.onAbort(reject);
    });
  const counts = { dials: 0, failures: 0, reuses: 0 };
  const identity = { key: 'a', origin: 'http://a.test:80', counts, adaptFields: undefined };
  const pool = new OriginPool(identity, open, {
    options: fullPoolOptions({ maxConnectionsPerOrigin }),
    clock: new FakeClock(),
    isClosing: false,
    mayOpen: () => true,
    onLess() {},
    onIdle() {},
  });
  pools.push(pool);
  const finishers = new Map<string, () => void>();
  return {
    pool,
    dials: {
      /** Lets the connection come that has been dialled for longest. */
      async open(): Promise<void> {
        const connection = new FakeConnection();
        connections.push(connection);
        opening.shift()?.(connection);
        await settle();
      },
      /** Whether the peer of a connection may have gone. */
      doubt(index: number, isInDoubt: boolean): void {
        connections[index]?.doubt(isInDoubt);
      },
      states: () => connections.map(({ state }) => state),
    },
    send(name: string, wantsFresh = false): void {
      const sent = pool.serve(new AbortScope(), wantsFresh, (connection) => {
        const fake = connection as FakeConnection; // `open` gives no others
        finishers.set(name, () => fake.finish());
        return fake.serve();
      });
      sent.catch(() => {});
    },
    finish(name: string): void {
      const finisher = finishers.get(name);
      if (finisher === undefined) throw new Error(`${name} was not sent`);
      finishers.delete(name);
      finisher();
    },
  };
}

/** A connection for one request at a time, which the test finishes. */
class FakeConnection implements HttpConnection {
  readonly protocol = 'fake';
  readonly extensions = createExtensions('connection');
  readonly maxConcurrent = 1;
  readonly idleSinceMs = 0;
  readonly peerIdleTimeoutMs: number = Number.POSITIVE_INFINITY;
  active = 0;
  isInDoubt = false;
  state: 'open' | 'closed' = 'open';
  #listener: (() => void) | undefined;

  readonly onChange = (listener: () => void): void => {
    this.#listener = listener;
  };

  readonly serve = async (): Promise<HttpResponse> => {
    this.active++;
    return HttpResponse.from();
  };

  doubt(isInDoubt: boolean): void {
    this.isInDoubt = isInDoubt;
    this.#listener?.();
  }

  finish(): void {
    this.active--;
    this.#listener?.();
  }

  readonly close = async (): Promise<void> => this.destroy();

  readonly destroy = (): void => {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#listener?.();
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
