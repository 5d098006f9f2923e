import { expect, it } from 'vitest';
import { deflateBudget } from '../handshake/deflate-budget.ts';
import { Deflate } from './deflate.ts';

type Done = (error: Error | null, data: Buffer) => void;

/** An extension whose messages take as long as the test wants. */
function setup() {
  const working: Done[] = [];
  let cleanups = 0;
  const work = (_data: Buffer, _isLast: boolean, done: Done): void => void working.push(done);
  const extension = {
    params: null,
    offer: () => ({}),
    accept: () => ({}),
    compress: work,
    decompress: work,
    cleanup: () => void cleanups++,
  };
  const budget = deflateBudget({ maxBytes: 100 });
  const reservation = budget.reserve(60);
  if (reservation === undefined) throw new Error('there is room');
  return { deflate: new Deflate(extension, 0, reservation), working, budget, cleanups: () => cleanups };
}

const DATA = Buffer.from('x');

it('frees all at once where nothing is under way', () => {
  const { deflate, budget, cleanups } = setup();
  deflate.close();
  deflate.close();
  expect([cleanups(), budget.usedBytes]).toEqual([1, 0]);
});

it('frees nothing before the last message is done, and tells of none that was being inflated', () => {
  const { deflate, working, budget, cleanups } = setup();
  const told: string[] = [];
  deflate.decompress(DATA, true, () => told.push('inflated'));
  deflate.compress(DATA, () => told.push('deflated'));
  deflate.close();
  deflate.decompress(DATA, true, () => told.push('too late'));
  expect([working.length, cleanups(), budget.usedBytes]).toEqual([2, 0, 60]);
  working[0]?.(null, DATA);
  expect([cleanups(), budget.usedBytes, told]).toEqual([0, 60, []]);
  working[1]?.(null, DATA);
  expect([cleanups(), budget.usedBytes, told]).toEqual([1, 0, ['deflated']]);
});
