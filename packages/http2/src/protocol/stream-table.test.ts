import fc from 'fast-check';
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
    expect([table.get(1), table.size, idsOf(table)]).toEqual([stream, 2, [1, 3]]);
    table.delete(stream, 'ended');
    expect([table.get(1), table.size, table.endOf(1)]).toEqual([undefined, 1, 'ended']);
  });

  it('finds each of many, also where several share a place, and takes out only the one', () => {
    const table = new StreamTable<string>(10);
    const ids = [1, 17, 33, 3, 49, 65, 5, 81, 97, 113, 129, 7]; // 8 places at first, 16 later
    const streams = ids.map(newStream);
    for (const stream of streams) table.add(stream);
    expect(ids.map((id) => table.get(id))).toEqual(streams);
    expect(table.get(145)).toBeUndefined();
    expect(idsOf(table)).toEqual(ids.toSorted((one, other) => one - other));

    for (const [index, stream] of streams.entries()) {
      table.delete(stream, 'ended');
      table.delete(stream, 'ended'); // has no effect
      expect([table.size, ids.map((id) => table.get(id)?.id)]).toEqual([
        ids.length - index - 1,
        ids.map((id, at) => (at > index ? id : undefined)),
      ]);
      expect(stream.nextInTable).toBeUndefined();
    }
  });

  it('holds what a Map does, whatever comes and goes', () => {
    const step = fc.record({ id: fc.nat(400).map((index) => 2 * index + 1), isOver: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const table = new StreamTable<string>(10);
        const model = new Map<number, Http2Stream<string>>();
        for (const { id, isOver } of steps) {
          const stream = model.get(id);
          expect(table.get(id)).toBe(stream);
          if (stream === undefined) {
            model.set(id, newStream(id));
            table.add(model.get(id) as Http2Stream<string>); // set just now
          } else if (isOver) {
            table.delete(stream, 'ended');
            model.delete(id);
          }
          expect(table.size).toBe(model.size);
        }
        expect(idsOf(table)).toEqual([...model.keys()].toSorted((one, other) => one - other));
        for (const stream of table.all()) table.delete(stream, 'ended');
        expect([table.size, table.all()]).toEqual([0, []]);
      }),
    );
  });

  it('remembers how the last of them were reset, and takes what it has forgotten for what we have reset', () => {
    const table = new StreamTable<string>(2);
    table.delete(newStream(1), 'reset-by-us');
    table.noteReset(3, 'refused');
    expect([1, 3, 5].map((id) => table.endOf(id))).toEqual(['reset-by-us', 'refused', 'ended']);
    table.delete(newStream(5), 'reset-by-peer');
    expect([1, 3, 5].map((id) => table.endOf(id))).toEqual(['reset-by-us', 'refused', 'reset-by-peer']);
    table.delete(newStream(7), 'ended'); // takes no place
    expect([3, 7].map((id) => table.endOf(id))).toEqual(['refused', 'ended']);
    table.delete(newStream(9), 'reset-by-peer');
    expect([3, 5, 7, 9].map((id) => table.endOf(id))).toEqual([
      'reset-by-us',
      'reset-by-peer',
      'ended',
      'reset-by-peer',
    ]);
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

function idsOf(table: StreamTable<string>): number[] {
  return table.all().map(({ id }) => id);
}

function newStream(id: number): Http2Stream<string> {
  return new Http2Stream<string>(id, 65_535, new ReceiveWindow(65_535, 0));
}
