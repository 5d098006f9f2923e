import { describe, expect, it } from 'vitest';
import { EventBudget } from './event-budget.ts';

describe('EventBudget', () => {
  it('takes a burst, and not one more', () => {
    const budget = new EventBudget(10, 50, 0);
    expect(overdrawnAt(budget, 50, 0)).toBe(false);
    expect(budget.isOverdrawnBy(0)).toBe(true);
    expect(budget.spent).toBe(51);
  });

  it('takes several at once where one weighs as many, and counts it once', () => {
    const budget = new EventBudget(10, 50, 0);
    for (let index = 0; index < 12; index++) expect(budget.isOverdrawnBy(0, 4)).toBe(false);
    expect(budget.isOverdrawnBy(100, 4)).toBe(true); // 2 were left, and 1 has come
    expect(budget.spent).toBe(13);
  });

  it('fills by its rate, up to the burst', () => {
    const budget = new EventBudget(10, 50, 0);
    overdrawnAt(budget, 50, 0);
    expect(budget.isOverdrawnBy(100)).toBe(false);
    expect(budget.isOverdrawnBy(199)).toBe(true);
    const rested = new EventBudget(10, 50, 0);
    overdrawnAt(rested, 50, 0);
    expect(overdrawnAt(rested, 50, 3_600_000)).toBe(false);
    expect(rested.isOverdrawnBy(3_600_000)).toBe(true);
  });

  it.each([
    [99, false],
    [101, true],
  ])('at %d events a second, of 100 that are allowed, is overdrawn in the end: %s', (perSecond, expected) => {
    const budget = new EventBudget(100, 500, 0);
    let isOverdrawn = false;
    for (let index = 0; index < 100_000; index++) {
      if (budget.isOverdrawnBy((index * 1_000) / perSecond)) isOverdrawn = true;
    }
    expect(isOverdrawn).toBe(expected);
  });

  it('gives back what was earned, up to the burst', () => {
    const budget = new EventBudget(10, 50, 0);
    overdrawnAt(budget, 50, 0);
    budget.earn(2);
    expect([budget.isOverdrawnBy(0), budget.isOverdrawnBy(0), budget.isOverdrawnBy(0)]).toEqual([false, false, true]);
    budget.earn(1_000);
    expect(overdrawnAt(budget, 50, 0)).toBe(false);
    expect(budget.isOverdrawnBy(0)).toBe(true);
  });

  it('without a limit is never overdrawn', () => {
    const budget = new EventBudget(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0);
    expect(overdrawnAt(budget, 10_000, 0)).toBe(false);
    budget.earn(5);
    expect(budget.isOverdrawnBy(0)).toBe(false);
  });
});

/** Whether it was by any of so many events at once. */
function overdrawnAt(budget: EventBudget, events: number, nowMs: number): boolean {
  return Array.from({ length: events }, () => budget.isOverdrawnBy(nowMs)).includes(true);
}
