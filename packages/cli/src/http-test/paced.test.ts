import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { paced } from './paced.ts';

describe('paced', () => {
  it('gives each item at its time, which does not depend on when the one before was taken', async () => {
    const { clock, items, taken } = setup(3);
    await items.next();
    clock.advance(90);
    const second = items.next();
    clock.advance(9);
    await settle();
    expect(taken).toEqual([0]);
    clock.advance(1);
    expect(await second).toEqual({ value: 1, done: false });
    clock.advance(500);
    expect(await items.next()).toEqual({ value: 2, done: false });
    expect(await items.next()).toEqual({ value: undefined, done: true });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at once when nobody wants more', async () => {
    const { clock, items, taken } = setup(3);
    await items.next();
    const second = items.next();
    await settle();
    expect(clock.pendingTimers).toBe(1);
    await items.return?.();
    expect(clock.pendingTimers).toBe(0);
    expect(await second).toEqual({ value: undefined, done: true });
    expect(await items.next()).toEqual({ value: undefined, done: true });
    expect(taken).toEqual([0]);
  });
});

function setup(count: number) {
  const clock = new FakeClock();
  const taken: number[] = [];
  const make = (index: number): number => {
    taken.push(index);
    return index;
  };
  return { clock, taken, items: paced({ count, intervalMs: 100, clock, make }) };
}
