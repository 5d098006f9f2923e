import { describe, expect, it } from 'vitest';
import { Http2Stream } from './http2-stream.ts';
import { ReceiveWindow } from './receive-window.ts';
import { StreamTable } from './stream-table.ts';

describe('StreamTable', () => {
  it('has streams until they are over', () => {
    const table = new StreamTable<string>(10);
    const stream = newStream(1);
    table.add(stream);
    table.add(newStream(3));
    expect([table.get(1), table.size, [...table.values()].map(({ id }) => id)]).toEqual([stream, 2, [1, 3]]);
    table.delete(stream, 'ended');
    expect([table.get(1), table.size, table.endOf(1)]).toEqual([undefined, 1, 'ended']);
  });

  it('remembers how the last of them were reset, and forgets the oldest', () => {
    const table = new StreamTable<string>(2);
    table.delete(newStream(1), 'reset-by-us');
    table.noteReset(3, 'refused');
    expect([1, 3, 5].map((id) => table.endOf(id))).toEqual(['reset-by-us', 'refused', 'ended']);
    table.delete(newStream(5), 'reset-by-peer');
    expect([1, 3, 5].map((id) => table.endOf(id))).toEqual(['ended', 'refused', 'reset-by-peer']);
    table.delete(newStream(7), 'ended'); // takes no place
    expect(table.endOf(3)).toBe('refused');
  });

  it('knows the identifiers that were left out, of the last 64 gaps', () => {
    const table = new StreamTable<string>(2);
    table.noteSkipped(0, 1);
    table.noteSkipped(1, 3);
    table.noteSkipped(3, 9);
    expect([1, 3, 5, 7, 9, 11].map((id) => table.wasSkipped(id))).toEqual([false, false, true, true, false, false]);
    for (let index = 0; index < 63; index++) table.noteSkipped(101 + 4 * index, 105 + 4 * index);
    expect([table.wasSkipped(5), table.wasSkipped(103)]).toEqual([true, true]);
    table.noteSkipped(1_001, 1_005);
    expect([table.wasSkipped(5), table.wasSkipped(103), table.wasSkipped(1_003)]).toEqual([false, true, true]);
  });
});

function newStream(id: number): Http2Stream<string> {
  return new Http2Stream<string>(id, 65_535, new ReceiveWindow(65_535, 0));
}
