import { describe, expect, it } from 'vitest';
import { LiteralCache } from './literal-cache.ts';

describe('LiteralCache', () => {
  it('gives a literal back that was kept twice, wherever it stands', () => {
    const cache = new LiteralCache();
    expect(ask(cache, 'abc')).toBe('asked');
    expect(ask(cache, 'abc')).toBe('asked');
    expect(ask(cache, 'abc')).toBe('known: abc');
    const bytes = Buffer.from('xxabcxx');
    expect(cache.find(bytes, 2, 5)).toBe('known: abc');
  });

  it('takes no literal for another one', () => {
    const cache = new LiteralCache();
    const texts = Array.from({ length: 2_000 }, (_, number) => `/${number}`);
    for (let round = 0; round < 3; round++) {
      for (const text of texts) expect(['asked', `known: ${text}`]).toContain(ask(cache, text));
    }
    // "Aa" and "BB" have one hash, and so have what is made of them.
    for (let round = 0; round < 3; round++) ask(cache, 'AaAa');
    expect(ask(cache, 'AaAa')).toBe('known: AaAa');
    for (const text of ['BBBB', 'AaBB', 'BBAa']) expect(ask(cache, text)).toBe('asked');
    // The last one has the place now.
    expect(ask(cache, 'BBAa')).toBe('known: BBAa');
    expect(ask(cache, 'AaAa')).toBe('asked');
  });

  it('is not emptied by what comes once', () => {
    const cache = new LiteralCache();
    for (let round = 0; round < 2; round++) ask(cache, '/again');
    for (let number = 0; number < 1_000; number++) ask(cache, `/once/${number}`);
    expect(ask(cache, '/again')).toBe('known: /again');
  });
});

function ask(cache: LiteralCache, text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const known = cache.find(bytes, 0, bytes.length);
  if (known !== undefined) return known;
  cache.keep(bytes, 0, bytes.length, `known: ${text}`);
  return 'asked';
}
