import { describe, expect, it } from 'vitest';
import { DecoderTable } from './decoder-table.ts';

describe('DecoderTable', () => {
  it('gives the newest entry first, and drops the oldest when the next one does not fit', () => {
    const table = new DecoderTable(102);
    table.add('a', '1');
    table.add('b', '2');
    expect([table.count, table.bytes, entriesOf(table)]).toEqual([2, 68, ['b2', 'a1']]);
    table.add('c', '3');
    expect([table.count, table.bytes, entriesOf(table)]).toEqual([3, 102, ['c3', 'b2', 'a1']]);
    table.add('d', '');
    expect([table.count, table.bytes, entriesOf(table)]).toEqual([3, 101, ['d', 'c3', 'b2']]);
  });

  it('drops as many as one that is larger needs', () => {
    const table = new DecoderTable(102);
    for (const name of 'abc') table.add(name, '1');
    table.add('d', '12');
    expect(entriesOf(table)).toEqual(['d12', 'c1']);
  });

  it('keeps one that just fits, and is empty behind one that does not', () => {
    const table = new DecoderTable(40);
    table.add('a', '');
    table.add('1234', '5678');
    expect([table.bytes, entriesOf(table)]).toEqual([40, ['12345678']]);
    table.add('1234', '56789');
    expect([table.count, table.bytes]).toEqual([0, 0]);
    table.add('b', '');
    expect(entriesOf(table)).toEqual(['b']);
  });

  it('drops what no longer fits when it gets smaller, and nothing when it gets larger', () => {
    const table = new DecoderTable(136);
    for (const name of 'abcd') table.add(name, '1');
    table.resize(103);
    expect([table.maxBytes, table.bytes, entriesOf(table)]).toEqual([103, 102, ['d1', 'c1', 'b1']]);
    table.resize(102);
    expect(table.count).toBe(3);
    table.resize(101);
    expect(entriesOf(table)).toEqual(['d1', 'c1']);
    table.resize(1_000);
    expect(entriesOf(table)).toEqual(['d1', 'c1']);
    table.resize(0);
    expect([table.count, table.bytes]).toEqual([0, 0]);
    table.add('', '');
    expect(table.count).toBe(0);
  });

  it('holds any number of entries, and goes round many times', () => {
    for (const kept of [1, 15, 16, 17, 32, 33, 128]) {
      const table = new DecoderTable(kept * 36);
      for (let number = 1_000; number < 1_500; number++) {
        table.add(`${number}`, '');
        const count = Math.min(kept, number - 999);
        const wanted = Array.from({ length: count }, (_, age) => `${number - age}`);
        expect(entriesOf(table)).toEqual(wanted);
      }
    }
  });

  it('grows in the midst of a round', () => {
    const table = new DecoderTable(34 * 10);
    for (const name of 'abcdefghijklm') table.add(name, '1');
    table.resize(34 * 40);
    for (const name of 'nopqrstuvwxyz') table.add(name, '1');
    expect(entriesOf(table)).toEqual([...'zyxwvutsrqponmlkjihgfed'].map((name) => `${name}1`));
  });
});

function entriesOf(table: DecoderTable): string[] {
  return Array.from({ length: table.count }, (_, age) => table.name(age) + table.value(age));
}
