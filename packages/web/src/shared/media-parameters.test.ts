import { describe, expect, it } from 'vitest';
import { parseParameterized } from './media-parameters.ts';

describe('parseParameterized', () => {
  it.each<[string, string, Record<string, string>]>([
    ['text/plain', 'text/plain', {}],
    [' Text/Plain ; Charset=UTF-8', 'text/plain', { charset: 'UTF-8' }],
    ['form-data; name="a b";filename=c\t; x="y" ', 'form-data', { name: 'a b', filename: 'c', x: 'y' }],
    ['a;', 'a', {}],
    ['a; ;\t;b=c;', 'a', { b: 'c' }],
    ['a;b=""', 'a', { b: '' }],
    ['a;b="; c=\\"d\\"; "', 'a', { b: '; c="d"; ' }],
    ['a;b="\xe4\xff"', 'a', { b: '\xe4\xff' }],
    // Backslashes before anything but a quote and a backslash are themselves.
    ['a;b="C:\\x\\y.txt"', 'a', { b: 'C:\\x\\y.txt' }],
    ['a;b="\\\\host\\\\x"', 'a', { b: '\\host\\x' }],
    ['a;b="x\\"', 'a', { b: 'x\\' }],
    ['a;b="x\\" ;c=d', 'a', { b: 'x\\', c: 'd' }],
    ['a;b="x\\";c="y"', 'a', { b: 'x\\', c: 'y' }],
    ['a;b="x\\";y"', 'a', { b: 'x";y' }],
    ['a;b="x\\\\"', 'a', { b: 'x\\' }],
    ['a;b="x\\\\";c=d', 'a', { b: 'x\\', c: 'd' }],
    ['a;b="x\\\\"y"', 'a', { b: 'x\\"y' }],
    ['a;b="x\\\\\\"y"', 'a', { b: 'x\\"y' }],
    ['a;b="x\\\\\\"', 'a', { b: 'x\\\\' }],
  ])('takes %s apart', (text, value, parameters) => {
    const parsed = parseParameterized(text);
    expect(parsed && { ...parsed, parameters: Object.fromEntries(parsed.parameters) }).toEqual({ value, parameters });
  });

  it.each([
    '',
    'a b',
    'a/b/c',
    'a;b',
    'a;b=',
    'a;=c',
    'a;b =c',
    'a;b= c',
    'a;b=c d',
    'a;b="c',
    'a;b="c"d',
    'a;b="c\\"d',
    'a;b="c" "d"',
    'a;b="c"d"',
    'a;b=c;B=d',
  ])('refuses %s', (text) => {
    expect(parseParameterized(text)).toBeUndefined();
  });

  it('reads a row of 60,000 backslashes once, whether a quote closes it or not', () => {
    const row = '\\'.repeat(60_000);
    expect(parseParameterized(`a;b="${row}`)).toBeUndefined();
    expect(parseParameterized(`a;b="${row}"c`)).toBeUndefined();
    expect(parseParameterized(`a;b="${row}"`)?.parameters.get('b')).toBe('\\'.repeat(30_000));
    expect(parseParameterized(`a;b="${'\\"'.repeat(60_000)}`)?.parameters.get('b')).toBe(`${'"'.repeat(59_999)}\\`);
    expect(parseParameterized(`a;b="${'\\" '.repeat(60_000)}c`)).toBeUndefined();
  });

  it('reads a row of 60,000 blanks once', () => {
    const row = ' \t'.repeat(30_000);
    expect(parseParameterized(`a;${row}b="c"${row}`)?.parameters.get('b')).toBe('c');
    expect(parseParameterized(`a;b="c"${row}d`)).toBeUndefined();
    expect(parseParameterized(`a;${row}=`)).toBeUndefined();
  });
});
