import { describe, expect, it } from 'vitest';
import { didYouMean, nearNames } from './near-names.ts';

describe('nearNames', () => {
  const names = ['chat.v1.Chat', 'chat.v1.Files', 'grpc.health.v1.Health'];

  it.each([
    ['Chat', ['chat.v1.Chat']],
    ['chat', ['chat.v1.Chat']],
    ['chat.v1.Chart', ['chat.v1.Chat']],
    ['chat.v2.Files', ['chat.v1.Files']],
    ['Helth', ['grpc.health.v1.Health']],
    ['something.else.Entirely', []],
  ])('knows who %s may be', (wanted, near) => {
    expect(nearNames(wanted, names)).toEqual(near);
  });

  it('puts the nearest first, and gives no more than three', () => {
    expect(nearNames('abcd', ['abxx', 'abcx', 'abcd', 'axcx', 'zzzz'])).toEqual(['abcd', 'abcx', 'abxx']);
    expect(didYouMean('Sey', ['Say', 'Join'])).toBe('; did you mean Say?');
    expect(didYouMean('Sey', ['Say\x1b'])).toBe('; did you mean Say\\x1b?');
    expect(didYouMean('Other', ['Say', 'Join'])).toBe('');
  });
});
