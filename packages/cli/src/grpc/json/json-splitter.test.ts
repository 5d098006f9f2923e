import { describe, expect, it } from 'vitest';
import { JsonSplitter } from './json-splitter.ts';

const TEXT = '{"a":"}\\"{"} [1,[2]]\n"x y" 12 true{}\n\ufeffnull';
const VALUES = [
  { text: '{"a":"}\\"{"}', line: 1, column: 1 },
  { text: '[1,[2]]', line: 1, column: 14 },
  { text: '"x y"', line: 2, column: 1 },
  { text: '12', line: 2, column: 7 },
  { text: 'true', line: 2, column: 10 },
  { text: '{}', line: 2, column: 14 },
  { text: 'null', line: 3, column: 2 },
];

describe('JsonSplitter', () => {
  it('finds the same values however the text is cut', () => {
    for (let at = 0; at <= TEXT.length; at++) expect(split(TEXT.slice(0, at), TEXT.slice(at))).toEqual(VALUES);
    expect(split(...TEXT)).toEqual(VALUES);
  });

  it('gives what ends by itself at once, and a plain value with the space behind it', () => {
    const splitter = new JsonSplitter();
    expect(splitter.push('{"a":1').length).toBe(0);
    expect(splitter.push('}').length).toBe(1);
    expect(splitter.push('""').length).toBe(1);
    expect(splitter.push('1').length).toBe(0);
    expect(splitter.push(' ').length).toBe(1);
    expect(splitter.end()).toBeUndefined();
  });

  it('gives what has not ended, so that somebody can complain of it', () => {
    expect(split('{"a":', ' [')).toEqual([{ text: '{"a": [', line: 1, column: 1 }]);
    expect(split('"\\"')).toEqual([{ text: '"\\"', line: 1, column: 1 }]);
    expect(split('} ,')).toEqual([
      { text: '}', line: 1, column: 1 },
      { text: ',', line: 1, column: 3 },
    ]);
  });
});

function split(...parts: readonly string[]) {
  const splitter = new JsonSplitter();
  const values = parts.flatMap((part) => splitter.push(part));
  const rest = splitter.end();
  return rest === undefined ? values : [...values, rest];
}
