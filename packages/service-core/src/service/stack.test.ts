import { describe, expect, it } from 'vitest';
import type { PolyLayer } from './layer.ts';
import { andMatcher, matcherFn, notMatcher, orMatcher } from './matcher.ts';
import { serviceFn } from './service.ts';
import { stack } from './stack.ts';

describe('stack', () => {
  it('makes the first layer the outermost', async () => {
    const order: string[] = [];
    const noting = (name: string): PolyLayer => {
      return (inner) => ({
        async serve(input) {
          order.push(`${name} in`);
          const output = await inner.serve(input);
          order.push(`${name} out`);
          return output;
        },
      });
    };
    const service = stack(
      noting('outer'),
      noting('inner'),
      serviceFn((text: string) => text.toUpperCase()),
    );

    expect(await service.serve('hi')).toBe('HI');
    expect(order).toEqual(['outer in', 'inner in', 'inner out', 'outer out']);
  });

  it('returns a lone service as it is', () => {
    const service = serviceFn((text: string) => text);
    expect(stack(service)).toBe(service);
  });
});

describe('serviceFn', () => {
  it('turns a synchronous throw into a rejection', async () => {
    const service = serviceFn(() => {
      throw new Error('boom');
    });
    await expect(service.serve(undefined)).rejects.toThrow('boom');
  });
});

describe('matchers', () => {
  const long = matcherFn((text: string) => text.length > 3);
  const digits = { match: (text: string) => (/^\d+$/.test(text) ? { value: Number(text) } : undefined) };
  const sign = { match: (text: string) => (text.startsWith('-') ? { negative: true } : undefined) };

  it('merges the captures when both match', () => {
    expect(andMatcher(long, digits).match('1234')).toEqual({ value: 1234 });
    expect(andMatcher(long, digits).match('123')).toBeUndefined();
    expect(andMatcher(long, digits).match('abcd')).toBeUndefined();
  });

  it('takes the captures of the first that matches', () => {
    expect(orMatcher(digits, sign).match('12')).toEqual({ value: 12 });
    expect(orMatcher(digits, sign).match('-x')).toEqual({ negative: true });
    expect(orMatcher(digits, sign).match('x')).toBeUndefined();
  });

  it('inverts', () => {
    expect(notMatcher(long).match('abc')).toEqual({});
    expect(notMatcher(long).match('abcd')).toBeUndefined();
  });
});
