import { AbortScope } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { HandshakeGate } from './handshake-gate.ts';

describe('HandshakeGate', () => {
  it('lets in as many as there is room for, and the next ones in their order', async () => {
    const { gate, scope } = setUp({ maxConcurrentHandshakes: 2 });
    expect(gate.enter(scope)).toBeUndefined();
    expect(gate.enter(scope)).toBeUndefined();
    const order: string[] = [];
    const [third, fourth] = [gate.enter(scope), gate.enter(scope)];
    void third?.then(() => order.push('third'));
    void fourth?.then(() => order.push('fourth'));
    gate.leave();
    await third;
    expect(order).toEqual(['third']);
    gate.leave();
    await fourth;
    expect(order).toEqual(['third', 'fourth']);
  });

  it('refuses whoever comes when too many wait', async () => {
    const { gate, scope } = setUp({ maxWaitingHandshakes: 1 });
    void gate.enter(scope);
    const waiting = gate.enter(scope);
    await expect(gate.enter(scope)).rejects.toMatchObject({ limit: 'maxWaitingHandshakes', maximum: 1, observed: 2 });
    gate.leave();
    await waiting;
  });

  it('gives no turn to who has given up in the same moment', async () => {
    const { gate, scope, clock } = setUp({});
    void gate.enter(scope);
    const aborted = new AbortScope();
    const [first, second, third] = [gate.enter(aborted), gate.enter(scope), gate.enter(scope)];
    const reason = new Error('enough');
    aborted.abort(reason);
    gate.leave(); // before the promise of the first one tells anybody
    await expect(first).rejects.toBe(reason);
    await second;
    clock.advance(5_000);
    gate.leave();
    await expect(third).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', timeoutMs: 5_000 });
    expect(gate.enter(scope)).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

function setUp(limits: { readonly maxConcurrentHandshakes?: number; readonly maxWaitingHandshakes?: number }) {
  const clock = new FakeClock();
  const { maxConcurrentHandshakes = 1, maxWaitingHandshakes = 10 } = limits;
  const gate = new HandshakeGate({ maxConcurrentHandshakes, maxWaitingHandshakes, timeoutMs: 5_000, clock });
  return { gate, clock, scope: new AbortScope() };
}
