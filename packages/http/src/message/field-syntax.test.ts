import { describe, expect, it } from 'vitest';
import { hasListToken, isFieldValue, isToken, splitList, trimBlanks } from './field-syntax.ts';

describe('isToken', () => {
  it('takes exactly the characters of a token', () => {
    const taken = Array.from({ length: 0x200 }, (_, code) => String.fromCharCode(code)).filter(isToken);
    expect(taken.join('')).toBe("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
    expect(isToken('X-Own')).toBe(true);
    for (const text of ['', ' a', 'a ', 'a b', 'a\n', 'a:']) expect(isToken(text)).toBe(false);
  });
});

describe('isFieldValue', () => {
  it('takes everything of one byte but controls; of controls the tab', () => {
    for (let code = 0; code < 0x200; code++) {
      const isAllowed = code === 0x09 || (code >= 0x20 && code <= 0xff && code !== 0x7f);
      expect(isFieldValue(`a${String.fromCharCode(code)}b`), `U+${code.toString(16)}`).toBe(isAllowed);
    }
    expect([isFieldValue(''), isFieldValue('\u{1f600}')]).toEqual([true, false]);
  });
});

describe('trimBlanks', () => {
  it.each([
    ['', ''],
    [' ', ''],
    [' \t a\t b \t', 'a\t b'],
    ['\xa0a\n', '\xa0a\n'],
    ['a', 'a'],
  ])('of %j makes %j', (text, expected) => {
    expect(trimBlanks(text)).toBe(expected);
  });
});

describe('splitList', () => {
  it.each([
    ['', []],
    [' , ,\t', []],
    ['a', ['a']],
    [' a ,b,, c d ', ['a', 'b', 'c d']],
    ['a="x,y" , b', ['a="x,y"', 'b']],
    ['"x\\",y",z', ['"x\\",y"', 'z']],
    ['"x\\\\",y', ['"x\\\\"', 'y']],
    ['"open,a', ['"open,a']],
    ['"open\\', ['"open\\']],
    ['a\\,b', ['a\\', 'b']],
  ])('of %j makes %j', (value, elements) => {
    expect(splitList(value)).toEqual(elements);
  });
});

describe('hasListToken', () => {
  it.each([
    ['close', true],
    ['CLOSE', true],
    ['keep-alive, Close', true],
    [',close,', true],
    ['closed', false],
    ['xclose', false],
    ['close;q=1', false],
    ['"close"', false],
    ['"a, close"', false],
    ['", close', true],
    ['"a, close, b"', true], // no quoted strings here: others see it as well
    ['clos\u017f', false], // its upper case is another letter's
    ['', false],
  ])('finds close in %j: %j', (value, expected) => {
    expect(hasListToken(value, 'close')).toBe(expected);
  });
});
