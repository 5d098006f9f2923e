import { describe, expect, it } from 'vitest';
import { commonLogTime, escapedForLog, logToken, redactedTarget } from './log-text.ts';

describe('text of a log', () => {
  it.each([
    ['plain text, {} []', 'plain text, {} []'],
    ['a"b', 'a\\x22b'],
    ['a\\b', 'a\\x5cb'],
    ['a\\x22b', 'a\\x5cx22b'],
    ['\r\n\0\x1b[31m', '\\x0d\\x0a\\x00\\x1b[31m'],
    ['\x7f\x9b\xe9', '\\x7f\\x9b\\xe9'],
    ['\u2028\u20ac', '\\u2028\\u20ac'],
  ])('%j is written %s', (text, expected) => {
    expect(escapedForLog(text)).toBe(expected);
  });

  it.each([
    [undefined, '-'],
    ['', '-'],
    ['a b', 'a\\x20b'],
  ])('between blanks %j is %s', (text, expected) => {
    expect(logToken(text)).toBe(expected);
  });

  it.each([
    [0, '01/Jan/1970:00:00:00 +0000'],
    [Date.UTC(2026, 11, 31, 23, 59, 59, 999), '31/Dec/2026:23:59:59 +0000'],
  ])('the time %i is %s', (epochMs, expected) => {
    expect(commonLogTime(epochMs)).toBe(expected);
  });

  it.each([
    ['/a', '/a'],
    ['/a?', '/a?'],
    ['/a?k=1&b=2', '/a?k=[redacted]&b=2'],
    ['/a?b=2&K=1=2', '/a?b=2&K=[redacted]'],
    ['/a?%6b=1&%zz=2&k', '/a?%6b=[redacted]&%zz=2&k'],
    ['/k=1?kk=1', '/k=1?kk=1'],
  ])('the target %s is %s', (target, expected) => {
    expect(redactedTarget(target, new Set(['k']))).toBe(expected);
  });
});
