import { describe, expect, it } from 'vitest';
import { statusOf } from './status-list.ts';

describe('statusOf', () => {
  it.each([
    ['200', 0.999, 200],
    ['599', 0, 599],
    ['200,503', 0.499, 200],
    ['200,503', 0.5, 503],
    ['200:9,503:1', 0.899, 200],
    ['200:9,503', 0.9, 503],
    ['200:0,404:0.5,500:0', 0, 404],
    ['200:0,404:0.5,500:0', 0.999_999_999_999_999_9, 404],
  ])('chooses of %s at %d', (text, share, status) => {
    expect(statusOf(text, share)).toBe(status);
  });

  it.each(['', '199', '600', '0200', '200,', '200:', '200:-1', '200:1:1', 'OK', '200 ', '200:1e3', '200:1234567'])(
    'refuses %j',
    (text) => {
      expect(() => statusOf(text, 0)).toThrow('codes must be a status from 200 to 599, or a list');
    },
  );

  it('refuses what can choose nothing', () => {
    expect(() => statusOf('200:0,503:0.0', 0)).toThrow('weights of 0 alone');
  });

  it('takes a hundred', () => {
    expect(statusOf(Array(100).fill('204').join(), 0.5)).toBe(204);
    expect(() => statusOf(Array(101).fill('204').join(), 0.5)).toThrow('101 entries; 100 are the most');
  });
});
