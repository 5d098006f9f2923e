import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { RetryBudget, RetryBudgetOptions } from './retry-budget.ts';
import { retryBudget } from './retry-budget.ts';

describe('retryBudget', () => {
  it('allows ratio retries for each call', () => {
    const { budget } = setup({ ratio: 0.2, minRetriesPerSecond: 0 });
    deposit(budget, 4);
    expect(budget.balance).toBe(0);
    expect(budget.tryWithdraw()).toBe(false);
    deposit(budget, 1);
    expect(budget.balance).toBe(1);
    expect(budget.tryWithdraw()).toBe(true);
    expect(budget.tryWithdraw()).toBe(false);
  });

  it('is not led astray by binary fractions', () => {
    const { budget } = setup({ ratio: 0.1, minRetriesPerSecond: 0 });
    deposit(budget, 30);
    expect(budget.balance).toBe(3);
  });

  it('allows minRetriesPerSecond over the window without any call', () => {
    const { budget } = setup({ minRetriesPerSecond: 2, windowMs: 5_000 });
    expect(withdrawAll(budget)).toBe(10);
    expect(budget.balance).toBe(0);
  });

  it('has documented defaults', () => {
    const { budget } = setup({});
    expect(budget.balance).toBe(100);
    deposit(budget, 5);
    expect(budget.balance).toBe(101);
  });

  it('forgets calls and retries when they leave the window', () => {
    const { budget, clock } = setup({ ratio: 1, minRetriesPerSecond: 1, windowMs: 1_000 });
    deposit(budget, 3);
    expect(withdrawAll(budget)).toBe(4);
    clock.advance(999);
    expect(budget.balance).toBe(0);
    clock.advance(1);
    expect(budget.balance).toBe(1);
  });

  it('slides: what came later counts longer', () => {
    const { budget, clock } = setup({ ratio: 1, minRetriesPerSecond: 0, windowMs: 1_000 });
    deposit(budget, 1);
    clock.advance(500);
    deposit(budget, 1);
    clock.advance(499);
    expect(budget.balance).toBe(2);
    clock.advance(1);
    expect(budget.balance).toBe(1);
    clock.advance(500);
    expect(budget.balance).toBe(0);
  });

  it('starts anew after a silence of many windows', () => {
    const { budget, clock } = setup({ minRetriesPerSecond: 1, windowMs: 1_000 });
    withdrawAll(budget);
    clock.advance(1_000_000_000);
    expect(withdrawAll(budget)).toBe(1);
  });

  it('never ends with an infinite reserve', () => {
    const { budget } = setup({ minRetriesPerSecond: Number.POSITIVE_INFINITY });
    for (let retry = 0; retry < 1_000; retry++) expect(budget.tryWithdraw()).toBe(true);
    expect(budget.balance).toBe(Number.POSITIVE_INFINITY);
  });

  it('sets no timer', () => {
    const { budget, clock } = setup({});
    deposit(budget, 1);
    budget.tryWithdraw();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [{ ratio: -0.1 }, 'ratio must be from 0 to 1000, got -0.1'],
    [{ minRetriesPerSecond: -1 }, 'minRetriesPerSecond must be >= 0, got -1'],
    [{ windowMs: 99 }, 'windowMs must be from 100 to 3600000, got 99'],
    [
      { ratio: 0, minRetriesPerSecond: 0 },
      'ratio and minRetriesPerSecond must not both be 0: that allows no retry at all',
    ],
  ])('refuses %o', (options, message) => {
    expect(() => retryBudget(options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Omit<RetryBudgetOptions, 'clock'>) {
  const clock = new FakeClock();
  return { clock, budget: retryBudget({ ...options, clock }) };
}

function deposit(budget: RetryBudget, calls: number): void {
  for (let call = 0; call < calls; call++) budget.deposit();
}

/** @returns How many retries there were. */
function withdrawAll(budget: RetryBudget): number {
  let retries = 0;
  while (budget.tryWithdraw()) retries++;
  return retries;
}
