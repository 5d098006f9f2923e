import { AbortScope } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { HandshakeEntrant } from './handshake-gate.ts';
import { HandshakeGate } from './handshake-gate.ts';

describe('HandshakeGate', () => {
  it('lets in as many as there is room for, and the next ones in their order', async () => {
    const { gate, scope, guest } = setUp({ maxConcurrentHandshakes: 2 });
    const [first, second] = [guest(), guest()];
    expect(gate.enter(scope, first)).toBeUndefined();
    expect(gate.enter(scope, second)).toBeUndefined();
    const order: string[] = [];
    const [third, fourth] = [gate.enter(scope, guest()), gate.enter(scope, guest())];
    void third?.then(() => order.push('third'));
    void fourth?.then(() => order.push('fourth'));
    gate.leave(first);
    await third;
    expect(order).toEqual(['third']);
    gate.leave(second);
    await fourth;
    expect(order).toEqual(['third', 'fourth']);
  });

  it('keeps a place for who has been given it, and gives no second one to who leaves twice', async () => {
    const { gate, scope, guest } = setUp({});
    const first = guest();
    void gate.enter(scope, first);
    const second = gate.enter(scope, guest());
    gate.leave(first);
    gate.leave(first);
    const third = gate.enter(scope, guest()); // before the second one has come in
    expect(third).toBeInstanceOf(Promise);
    await second;
    expect(gate.enter(scope, guest())).toBeInstanceOf(Promise);
  });

  it('refuses whoever comes when too many wait', async () => {
    const { gate, scope, guest } = setUp({ maxWaitingHandshakes: 1 });
    const first = guest();
    void gate.enter(scope, first);
    const waiting = gate.enter(scope, guest());
    const refused = gate.enter(scope, guest());
    await expect(refused).rejects.toMatchObject({ limit: 'maxWaitingHandshakes', maximum: 1, observed: 2 });
    gate.leave(first);
    await waiting;
  });

  it('has those of the longest line give way when too many wait, the last ones first', async () => {
    const { gate, scope, guest } = setUp({ maxWaitingHandshakes: 4 });
    const holder = guest();
    void gate.enter(scope, holder);
    const happened: string[] = [];
    const come = async (name: string): Promise<void> => {
      const entrant = guest({ source: name.slice(0, 1) });
      try {
        await gate.enter(scope, entrant);
        happened.push(name);
        gate.leave(entrant);
      } catch (error) {
        expect(error).toMatchObject({ limit: 'maxWaitingHandshakes', maximum: 4, observed: 5 });
        happened.push(`not ${name}`);
      }
    };
    const all = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'c1', 'b2', 'd1', 'e1'].map(come);
    await settle();
    expect(happened.toSorted()).toEqual(['not a2', 'not a3', 'not a4', 'not a5', 'not b2', 'not e1']);
    gate.leave(holder);
    await Promise.all(all);
    expect(happened.slice(6)).toEqual(['a1', 'b1', 'c1', 'd1']);
  });

  it('gives no turn to who has given up in the same moment', async () => {
    const { gate, scope, clock, guest } = setUp({});
    const [holder, other] = [guest({ isBusy: true }), guest({ isBusy: true })];
    void gate.enter(scope, holder);
    const aborted = new AbortScope();
    const [first, second, third] = [gate.enter(aborted, guest()), gate.enter(scope, other), gate.enter(scope, guest())];
    const reason = new Error('enough');
    aborted.abort(reason);
    gate.leave(holder); // before the promise of the first one tells anybody
    await expect(first).rejects.toBe(reason);
    await second;
    clock.advance(5_000);
    gate.leave(other);
    await expect(third).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', timeoutMs: 5_000 });
    expect(gate.enter(scope, guest())).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives those who wait their turns by where they come from', async () => {
    const { gate, scope, guest } = setUp({});
    const holder = guest();
    void gate.enter(scope, holder);
    const order: string[] = [];
    const come = (name: string, source: string): Promise<void> => {
      const entrant = guest({ source });
      return Promise.resolve(gate.enter(scope, entrant)).then(() => {
        order.push(name);
        gate.leave(entrant);
      });
    };
    const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((name) => come(name, name.slice(0, 1)));
    gate.leave(holder);
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  describe('while somebody waits', () => {
    it('lets clients go that have been waited for a tenth of the time, as many as wait, the first ones first', async () => {
      const { gate, scope, clock, guest, evicted } = setUp({ maxConcurrentHandshakes: 3 });
      for (const name of ['first', 'second', 'third']) void gate.enter(scope, guest({ name }));
      clock.advance(4_000);
      expect(evicted).toEqual([]); // nobody wants their places
      const waiting = [gate.enter(scope, guest()), gate.enter(scope, guest())];
      clock.advance(125);
      expect(evicted).toEqual(['first', 'second']);
      await Promise.all(waiting);
      expect(clock.pendingTimers).toBe(0);
    });

    it('lets nobody go before that', async () => {
      const { gate, scope, clock, guest, evicted } = setUp({});
      void gate.enter(scope, guest({ name: 'first' }));
      const waiting = gate.enter(scope, guest());
      clock.advance(499);
      expect(evicted).toEqual([]);
      clock.advance(1);
      expect(evicted).toEqual(['first']);
      await waiting;
    });

    it('lets nobody go for whom a certificate is looked for, and gives them the time anew', async () => {
      const { gate, scope, clock, guest, evicted } = setUp({});
      const slow = { name: 'slow', isBusy: true };
      void gate.enter(scope, guest(slow));
      const waiting = gate.enter(scope, guest());
      clock.advance(2_000);
      slow.isBusy = false;
      clock.advance(499);
      expect(evicted).toEqual([]);
      clock.advance(1);
      expect(evicted).toEqual(['slow']);
      await waiting;
    });
  });
});

interface GuestOptions {
  readonly name?: string;
  readonly source?: string;
  readonly isBusy?: boolean;
}

function setUp(limits: { readonly maxConcurrentHandshakes?: number; readonly maxWaitingHandshakes?: number }) {
  const clock = new FakeClock();
  const { maxConcurrentHandshakes = 1, maxWaitingHandshakes = 10 } = limits;
  const gate = new HandshakeGate({ maxConcurrentHandshakes, maxWaitingHandshakes, timeoutMs: 5_000, clock });
  const evicted: string[] = [];
  const guest = (options: GuestOptions = {}): HandshakeEntrant => {
    const { name = '', source = '' } = options;
    const entrant: HandshakeEntrant = {
      source,
      isBusy: () => options.isBusy === true,
      evict(reason) {
        expect(reason).toMatchObject({ limit: 'maxConcurrentHandshakes', timeoutMs: 500 });
        evicted.push(name);
        gate.leave(entrant);
      },
    };
    return entrant;
  };
  return { gate, clock, scope: new AbortScope(), guest, evicted };
}
