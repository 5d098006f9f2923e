import { describe, expect, it } from 'vitest';
import { isTableName, NameTable } from './name-table.ts';

describe('NameTable', () => {
  const table = new NameTable<string>();
  for (const name of ['a.test', '*.a.test', 'b.a.test', '192.0.2.1', '2001:db8::1', 'bücher.test'])
    table.add(name, name);
  table.add('a.test', 'another one');

  it.each([
    ['a.test', 'a.test'],
    ['A.TEST.', 'a.test'],
    ['b.a.test', 'b.a.test'],
    ['c.a.test', '*.a.test'],
    ['d.c.a.test', undefined],
    ['.a.test', undefined],
    ['test', undefined],
    ['', undefined],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['xn--bcher-kva.test', 'bücher.test'],
    ['*.a.test', '*.a.test'],
  ])('%j finds %j', (host, expected) => {
    expect(table.get(host)).toBe(expected);
  });

  it.each(['', '*', '*.', 'a.*', '*.*.test', '*a.test', 'a b', '*.192.0.2.1'])('%j is no name', (name) => {
    expect(isTableName(name)).toBe(false);
    expect(() => new NameTable<number>().add(name, 1)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});
