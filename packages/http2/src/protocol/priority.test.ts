import { describe, expect, it } from 'vitest';
import { formatPriority, parsePriority } from './priority.ts';

describe('parsePriority', () => {
  it.each([
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7', 7, false],
    ['i', 3, true],
    ['i=?1', 3, true],
    ['i=?0', 3, false],
    ['u=5, i', 5, true],
    ['i,u=5', 5, true],
    [' u=2 ,\ti ', 2, true],
    ['u=1, u=4', 4, false], // the last member of a name counts, RFC 8941 section 3.2
    ['i, i=?0', 3, false],
    ['u=1;x=2;y, i;z', 1, true],
    ['x, *a="b", u=6', 6, false],
  ])('reads %j', (value, urgency, isIncremental) => {
    expect(parsePriority(value)).toEqual({ urgency, isIncremental });
  });

  it.each([
    'u',
    'u=8',
    'u=-1',
    'u=10',
    'u=1.0',
    'u="1"',
    'U=1',
    'u==1',
    'i=1',
    'i=?2',
    'i=true',
    '=1',
    ';',
    ',,',
    '\0',
    '\xff',
  ])('takes nothing from %j', (value) => {
    expect(parsePriority(value)).toEqual({ urgency: 3, isIncremental: false });
  });

  it('looks at so many members and no more', () => {
    const others = (count: number): string => Array.from({ length: count }, (_, index) => `x${index}`).join();
    expect(parsePriority(`${others(31)},u=1`).urgency).toBe(1);
    expect(parsePriority(`${others(32)},u=1`).urgency).toBe(3);
  });

  it('reads long nonsense at once', () => {
    expect(parsePriority('a'.repeat(60_000)).urgency).toBe(3);
    expect(parsePriority(`u=${';'.repeat(60_000)}`).urgency).toBe(3);
    expect(parsePriority(' '.repeat(60_000)).urgency).toBe(3);
  });
});

describe('formatPriority', () => {
  it('writes what is not the default, so that it reads as the same', () => {
    expect(formatPriority({})).toBe('');
    expect(formatPriority({ urgency: 3, isIncremental: false })).toBe('');
    for (let urgency = 0; urgency <= 7; urgency++) {
      for (const isIncremental of [false, true]) {
        expect(parsePriority(formatPriority({ urgency, isIncremental }))).toEqual({ urgency, isIncremental });
      }
    }
    expect(formatPriority({ urgency: 1, isIncremental: true })).toBe('u=1, i');
  });
});
