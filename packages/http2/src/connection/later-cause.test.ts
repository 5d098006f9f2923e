import { expect, it } from 'vitest';
import { LaterCause } from './later-cause.ts';

it('is made when somebody looks, and once', () => {
  let count = 0;
  const cause = new LaterCause(() => ({ count: ++count }));
  expect(count).toBe(0);
  expect(cause.reason).toEqual({ count: 1 });
  expect(cause.reason).toBe(cause.reason);
  expect(count).toBe(1);
});

it('is made once though nothing comes of it', () => {
  let count = 0;
  const cause = new LaterCause(() => void count++);
  expect([cause.reason, cause.reason, count]).toEqual([undefined, undefined, 1]);
});
