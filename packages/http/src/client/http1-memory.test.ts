import { FakeClock } from '@lamella/service-core/testing';
import { expect, it } from 'vitest';
import { Http1Memory } from './http1-memory.ts';

it('holds for ten minutes after it was said last', () => {
  const clock = new FakeClock();
  const memory = new Http1Memory(clock);
  expect(memory.has('a')).toBe(false);
  memory.note('a');
  clock.advance(300_000);
  memory.note('a');
  clock.advance(599_999);
  expect([memory.has('a'), memory.has('b')]).toEqual([true, false]);
  clock.advance(1);
  expect(memory.has('a')).toBe(false);
});

it('is of the 1,000 that have said so last', () => {
  const memory = new Http1Memory(new FakeClock());
  for (let number = 0; number < 1_000; number++) memory.note(`${number}`);
  memory.note('0');
  expect(memory.has('1')).toBe(true);
  memory.note('one more');
  expect(['0', '1', '2', '999', 'one more'].map((key) => memory.has(key))).toEqual([true, false, true, true, true]);
});
