import { describe, expect, it } from 'vitest';
import { neverIndexedNames } from './never-indexed.ts';

describe('neverIndexedNames', () => {
  it('names each field once', () => {
    const fields = [':path', '/', 'a', '1', 'b', '2', 'a', '3'];
    expect(neverIndexedNames(fields, [0, 2, 6])).toEqual(new Set([':path', 'a']));
  });

  it('means the authority, too, where it means Host', () => {
    expect(neverIndexedNames(['host', 'a.test'], [0])).toEqual(new Set(['host', ':authority']));
  });

  it('is nothing where there is none', () => {
    expect(neverIndexedNames(['a', '1'], [])).toBeUndefined();
  });
});
