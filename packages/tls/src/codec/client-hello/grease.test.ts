import { expect, it } from 'vitest';
import { isGrease } from './grease.ts';

it('knows the 16 values of RFC 8701, and no other', () => {
  const found = Array.from({ length: 0x10000 }, (_, value) => value).filter(isGrease);
  expect(found).toEqual(Array.from({ length: 16 }, (_, index) => (index * 16 + 10) * 0x101));
});
