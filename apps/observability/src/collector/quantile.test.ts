import { describe, expect, it } from 'vitest';
import { quantileOf } from './quantile.ts';

describe('quantileOf', () => {
  it.each([
    [0.5, [0, 10, 0, 0], 1.5],
    [1, [0, 10, 0, 0], 2],
    [0.5, [4, 0, 4, 0], 1],
    [0.75, [4, 0, 4, 0], 3],
    [0, [0, 10, 0, 0], 1],
    [0.95, [0, 0, 0, 7], 4], // beyond all bounds
  ])('finds %s of %j at %s', (quantile, counts, value) => {
    expect(quantileOf(quantile, [1, 2, 4], counts)).toBe(value);
  });

  it('finds nothing where nothing is', () => {
    expect(quantileOf(0.5, [1, 2, 4], [0, 0, 0, 0])).toBeUndefined();
    expect(quantileOf(0.5, [], [])).toBeUndefined();
  });
});
