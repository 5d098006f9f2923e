import { describe, expect, it } from 'vitest';
import { jsonErrorOffset } from './json-error-offset.ts';
import { parseJson } from './parse-json.ts';

describe('jsonErrorOffset', () => {
  it.each([
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['{,}', 1],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['[1}', 2],
    ['{"a":1]', 6],
    ['"a\tb"', 2],
    ['"a\\x"', 2],
    ['"a\\u12g4"', 2],
    ['01', 1],
    ['1.', 1],
    ['-', 0],
    ['tru', 0],
    ['[1] x', 4],
    ['', 0],
    ['{"a":', 5],
    ['["\u0085', 3],
  ])('finds where %j goes wrong', (text, offset) => {
    expect(jsonErrorOffset(text)).toBe(offset);
  });

  it('has nothing to say against JSON: it ends where the text does', () => {
    for (const text of ['{"a":[1,-2.5e+3,{"b":{}}],"\\u00e9":[]}', ' true ', '"\u2028"', 'null', '[[],{}]']) {
      expect(jsonErrorOffset(text)).toBe(text.length);
      JSON.parse(text);
    }
  });
});

describe('parseJson', () => {
  it('says line and column, as they are in the whole input', () => {
    const parse = (text: string) => () => parseJson({ text, line: 3, column: 5 }, 'file');
    expect(parse('{"a":\n 1,}')).toThrow('file, line 4, column 4: no JSON: "}" is not expected here');
    expect(parse('{,')).toThrow('file, line 3, column 6: no JSON: "," is not expected here');
    expect(parse('[')).toThrow('file, line 3, column 6: no JSON: it ends too early');
    expect(parseJson({ text: '[1]', line: 1, column: 1 }, 'file')).toEqual([1]);
  });
});
