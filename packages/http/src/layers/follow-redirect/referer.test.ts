import { describe, expect, it } from 'vitest';
import type { ReferrerPolicy } from './referer.ts';
import { parseReferrerPolicy, refererFor } from './referer.ts';

const PAGE = 'https://a.test/page?secret';

describe('refererFor', () => {
  it.each<[ReferrerPolicy, string | undefined, string | undefined, string | undefined]>([
    // policy, to the same origin, to another one, to one in clear
    ['no-referrer', undefined, undefined, undefined],
    ['no-referrer-when-downgrade', PAGE, PAGE, undefined],
    ['same-origin', PAGE, undefined, undefined],
    ['origin', 'https://a.test/', 'https://a.test/', 'https://a.test/'],
    ['strict-origin', 'https://a.test/', 'https://a.test/', undefined],
    ['origin-when-cross-origin', PAGE, 'https://a.test/', 'https://a.test/'],
    ['strict-origin-when-cross-origin', PAGE, 'https://a.test/', undefined],
    ['unsafe-url', PAGE, PAGE, PAGE],
  ])('%s', (policy, same, cross, inClear) => {
    const targets = ['https://a.test/next', 'https://b.test/', 'http://a.test/'];
    expect(targets.map((to) => refererFor(policy, PAGE, new URL(to)))).toEqual([same, cross, inClear]);
  });

  it('drops what is no URL', () => {
    expect(refererFor('unsafe-url', 'nonsense', new URL('http://a.test/'))).toBeUndefined();
  });
});

describe('parseReferrerPolicy', () => {
  it.each<[string | undefined, ReferrerPolicy | undefined]>([
    ['origin', 'origin'],
    [' ORIGIN ', 'origin'],
    ['no-referrer, unsafe-url', 'unsafe-url'],
    ['origin, some-day', 'origin'],
    ['some-day', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%o is %o', (value, policy) => {
    expect(parseReferrerPolicy(value)).toBe(policy);
  });
});
